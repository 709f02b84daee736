"""The clients of one session: usually one, none while it is away, several where an account may share. Pure.

What is told a *device* of the player, as opposed to a client program or its kind, is a connection that is
attached now. The policy decides what becomes of those that are there when another one comes:

| policy | another device logs in | the same one is back (it shows a token) |
|---|---|---|
| `one` | is refused while one is there | takes the place of the half-open connection it had |
| `takeover` | takes the place of the one that is there | the same |
| `share` | comes beside it: all see all, and what each types is one order of lines | the same |
"""

import enum

import msgspec

from transports.link.protocol import OutputNumber
from wyld_actors import Ref

__all__ = ["Device", "DevicePolicy", "is_admitted", "is_sure", "own_number", "seen_by_all", "stay_beside"]


class DevicePolicy(enum.StrEnum):
    """Whether one session may have several clients."""

    ONE = "one"
    TAKEOVER = "takeover"
    SHARE = "share"


class Device(msgspec.Struct, frozen=True):
    """A connection. One that `confirms` says what its player has seen, which is all up to `seen`; what is
    written to another counts as seen. One that `takes_tokens` is a program that keeps one for its next
    connection. The first one, and one that has shown a token, `goes_on` with the numbers of its lines."""

    connection: Ref
    confirms: bool = False
    seen: OutputNumber = 0
    takes_tokens: bool = False
    goes_on: bool = False

    def has_seen(self, number: OutputNumber) -> "Device":
        """The device that has said so."""
        return Device(self.connection, True, number, self.takes_tokens, self.goes_on)

    def taking_tokens(self) -> "Device":
        """The device whose program has said so."""
        return Device(self.connection, self.confirms, self.seen, True, self.goes_on)


def own_number(devices: tuple[Device, ...], number: int | None, last: int) -> int:
    """A line's number by which it is known if it comes again; 0 if it is not to be taken for that.

    `last` is the highest that has come. Several devices count each for itself, and so does one that has
    logged in anew.
    """
    if not number or len(devices) != 1:
        return 0
    return number if number > last or devices[0].goes_on else 0


def is_admitted(policy: DevicePolicy, devices: tuple[Device, ...], *, shows_token: bool) -> bool:
    """Whether another connection may come to these."""
    return policy is not DevicePolicy.ONE or shows_token or not devices


def stay_beside(policy: DevicePolicy, devices: tuple[Device, ...]) -> tuple[Device, ...]:
    """Those that stay when another connection comes; the others are told why they go."""
    return devices if policy is DevicePolicy.SHARE else ()


def is_sure(devices: tuple[Device, ...]) -> bool:
    """Whether everything written counts as seen: somebody is there, and nobody has to confirm."""
    return bool(devices) and not any(device.confirms for device in devices)


def seen_by_all(devices: tuple[Device, ...], written: OutputNumber) -> OutputNumber:
    """Up to where nobody lacks anything; `written` is the number of the last output."""
    return min([device.seen for device in devices if device.confirms], default=written)
