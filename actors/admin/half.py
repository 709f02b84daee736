"""What differs between the processes: the gateway knows connections, the world its database and checkpoints.

The face that `app` and `metrics` see, and the asking that both halves do. Nobody is waited for long: who
does not answer is a finding.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol, TypeVar

import msgspec
from prometheus_client.core import Metric

from actors.admin.checks import Check, silent
from actors.admin.errors import NotAnswered
from wyld_actors import ActorDeadError, ActorError, ActorSystem, Message

ASK_SECONDS: Final = 1.0

Status = TypeVar("Status")


class SessionRow(msgspec.Struct, frozen=True):
    """One session. Times in seconds; `peer` is where the client comes from. One that an earlier life of the
    gateway had and that is not back yet has no path."""

    path: str
    state: str
    account: str | None = None
    character: str | None = None
    protocol: str | None = None
    peer: str | None = None
    age_seconds: float | None = None
    idle_seconds: float | None = None
    lines_waiting: int = 0


class SessionsView(msgspec.Struct, frozen=True):
    """The first sessions, how many there are altogether, and how many in each state."""

    sessions: Sequence[SessionRow]
    total: int
    by_state: dict[str, int]


class Half(Protocol):
    """One of the two processes, as its operators' interface sees it."""

    @property
    def name(self) -> str:
        """The first part of its paths: "gateway" or "world"."""

    def link(self) -> Any:
        """The state of the link. Raises NotAnswered."""

    def sessions(self, limit: int, state: str = "") -> SessionsView:
        """Who is here: the first of them, or of those in one state."""

    def checks(self) -> list[Check]:
        """What must be well for the process to be ready."""

    def metrics(self) -> Iterable[Metric]:
        """What only this process can measure. What does not answer is left out."""


def ask_registered(system: ActorSystem, name: str, question: Message) -> Any:
    """Ask the actor with this registered name. Raises NotAnswered."""
    ref = system.registry.whereis(name)
    if ref is None:
        raise NotAnswered(f"{name} is not there")
    try:
        return ref.ask(question, timeout=ASK_SECONDS)
    except (ActorError, ActorDeadError) as error:
        raise NotAnswered(f"{name} does not answer: {error}") from error


def checked(name: str, ask: Callable[[], Status], check: Callable[[Status], Check]) -> Check:
    """The check of a part by what it says of itself; one that does not answer fails."""
    try:
        return check(ask())
    except NotAnswered as error:
        return silent(name, str(error))


def if_answered(ask: Callable[[], Status], measure: Callable[[Status], Iterator[Metric]]) -> Iterator[Metric]:
    """The metrics of a part; none of one that does not answer."""
    try:
        status = ask()
    except NotAnswered:
        return
    yield from measure(status)
