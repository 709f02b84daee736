"""Messages that crash their receiver: which of them are tried again, and when one is put aside.

A message that crashed its handler is dropped; its crash report names it. An actor may ask for it to be tried
again at the head of its mailbox, so many times. Who crashes the actor once too often is parked in the dead
letters, where an operator finds it, and the actor goes on. "The same message" is the same envelope or
another one with the same type and content, so what a player types again counts as well.

The sources agree on dropping (OTP, Akka); Thespian tries once more and gives the message back as poison.
"""

from __future__ import annotations

import enum
from typing import Any, Final

import msgspec

__all__ = ["MessageFate", "Suspects"]

# Different messages remembered for each actor that crashed, and for how long: a bug shows itself
# by few messages, and who meets it after a quarter of an hour has another conversation.
REMEMBERED: Final = 16
REMEMBERED_SECONDS: Final = 900.0

# Fields that tell two deliveries of the same content apart.
_INCIDENTAL: Final = frozenset({"number", "attempt"})


class MessageFate(enum.Enum):
    """What becomes of the message whose handler crashed."""

    DROPPED = "dropped"
    RETRIED = "retried"
    """It is the first that the next incarnation handles."""
    PARKED = "parked"
    """It crashed the actor before: it is in the dead letters now."""


class Suspects:
    """What crashed one actor lately. Keeps texts, no messages."""

    __slots__ = ("_crashes",)

    def __init__(self) -> None:
        self._crashes: dict[tuple[type, str], tuple[int, float]] = {}

    def judge(self, message: object, retries: int, now: float) -> MessageFate:
        """Count one crash by `message`; it may be tried again until it crashed more than `retries` times."""
        key = fingerprint(message)
        count, at = self._crashes.pop(key, (0, now))
        count = 1 if now - at > REMEMBERED_SECONDS else count + 1
        self._crashes[key] = (count, now)
        if len(self._crashes) > REMEMBERED:
            del self._crashes[next(iter(self._crashes))]
        if count <= retries:
            return MessageFate.RETRIED
        return MessageFate.PARKED if count > 1 else MessageFate.DROPPED


def fingerprint(message: object) -> tuple[type, str]:
    """Type and content, without what is only about the delivery. Contents without a text are all alike."""
    try:
        return type(message), repr(_content(message))
    except Exception:  # noqa: BLE001 - an author's __repr__ must not turn one crash into another
        return type(message), ""


def _content(message: object) -> Any:
    if not isinstance(message, msgspec.Struct):
        return message
    fields = message.__struct_fields__
    return [getattr(message, name) for name in fields if name not in _INCIDENTAL]
