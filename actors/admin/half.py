"""What differs between the processes: the gateway knows connections, the world its database and checkpoints.

The face that `app` and `metrics` see, and the asking that both halves do. Nobody is waited for long: who
does not answer is a finding.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

import msgspec
from prometheus_client.core import Metric

from actors.admin.checks import Check
from actors.admin.errors import NotAnswered
from wyld_actors import ActorDeadError, ActorError, ActorSystem, Message

ASK_SECONDS: Final = 1.0


class SessionRow(msgspec.Struct, frozen=True):
    """One session. Times in seconds; `peer` is where the client comes from."""

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

    def sessions(self, limit: int) -> SessionsView:
        """Who is here."""

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
