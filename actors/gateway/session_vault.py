"""What the book of sessions wants of a database, and how it asks without waiting.

A `Vault` waits for its answers; an `Errand` is an actor that waits in place of the book. It tells the book
what it heard and ends. One that crashes is noticed by the book's monitor.

Times are of the actor system's clock: whoever keeps a vault knows what they mean on the wall.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from actors.gateway.errors import GatewayError
from actors.gateway.reconnect_results import ResumeRefusal
from actors.gateway.session_record import SessionId, SessionRecord
from actors.gateway.session_writes import Batch
from wyld_actors import Actor, Context, Message, Ref, on


class VaultAway(GatewayError):
    """The vault cannot be asked now. Whether what was asked has happened, nobody knows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client has shown. `session` is what a token names; a code names none. `next_digest` is of the
    token that its client has made for the next time."""

    digest: bytes = field(repr=False)
    session: SessionId | None = None
    next_digest: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """What was shown was good for this session. `is_next_kept` if what its client has made is now."""

    session: SessionId
    is_next_kept: bool = False


class Vault(Protocol):
    """Every method raises VaultAway, or whatever else is a bug."""

    def save(self, batch: Batch) -> frozenset[bytes]:
        """Write all of it, or nothing: the digests of those tokens that are good now.

        One that is kept again may have been revoked meanwhile. Writing the same again does no harm.
        """

    def load(self) -> list[SessionRecord]:
        """The sessions of this gateway that are not closed, oldest first, as they were last written."""

    def take(self, shown: Sequence[Shown]) -> list[Opened | ResumeRefusal]:
        """Consume these and keep those made for the next time, together or not at all: for each what it
        opens, or why it was not consumed, in order."""

    def trim(self) -> int:
        """Drop what has had its time: how many sessions."""


class Begin(Message, frozen=True):
    """To an errand by itself."""


class Returned(Message, frozen=True):
    """To the book: what `errand` has heard. `problem` says why nothing; `is_crash` if a bug is the reason."""

    errand: Ref
    answer: Any = None
    problem: str = ""
    is_crash: bool = False


class Errand(Actor):
    """Asks one thing, tells the answer, ends."""

    may_be_interrupted = False

    def __init__(self, sender: Ref, question: Callable[[], Any]) -> None:
        super().__init__()
        self._sender = sender
        self._question = question

    def on_start(self) -> None:
        self.ctx.ref.tell(Begin())

    @on(Begin)
    def run(self, ctx: Context, _: Begin) -> None:
        try:
            returned = Returned(ctx.ref, self._question())
        except VaultAway as away:
            returned = Returned(ctx.ref, problem=away.reason or "no answer")
        self._sender.tell(returned)
        ctx.stop()
