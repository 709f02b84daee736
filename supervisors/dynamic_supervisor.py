"""The dynamic supervisor: any number of children, started by call, in no order.

For sessions, connections, world entities. Its template says what all children have in common;
`SpawnChild` adds the rest, `StartChild` brings a complete specification instead. The rules are in
`dynamic_engine`, what is done about them in `performing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from supervisors.acting import SupervisorActor
from supervisors.backoff import Backoff, Budget
from supervisors.calls import SpawnChild, StartChild
from supervisors.dynamic_engine import DynamicEngine
from supervisors.errors import InvalidSpec
from supervisors.services import Services
from supervisors.specs import (
    DEFAULT_BACKOFF,
    START_TIMEOUT_SECONDS,
    ActorClass,
    ChildSpec,
    ChildType,
    DynamicFlags,
    Mail,
    Restart,
    Shutdown,
)
from wyld_actors import Context, Mailbox, on


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What the children of a dynamic supervisor have in common; fields as in `ChildSpec`.

    The arguments of a child are the template's followed by its own (OTP's simple_one_for_one).
    """

    actor: ActorClass | None = None
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    restart: Restart = Restart.PERMANENT
    shutdown: float | Shutdown | None = None
    type: ChildType = ChildType.WORKER
    mail: Mail = Mail.KEEP
    mailbox: Mailbox | None = None
    backoff: Backoff = DEFAULT_BACKOFF
    budget: Budget | None = None
    start_timeout_seconds: float | None = START_TIMEOUT_SECONDS
    message_retries: int = 0

    def spec(self, call: SpawnChild, id: str) -> ChildSpec:
        """The specification of one child. Raises InvalidSpec when nobody names the class."""
        actor = call.actor or self.actor
        if actor is None:
            mend = "Name it in SpawnChild(actor, ...) or in the declaration of the dynamic supervisor."
            raise InvalidSpec(f"child {id!r}", "actor", "an actor class", None, mend)
        return ChildSpec(
            id=id,
            actor=actor,
            args=(*self.args, *call.args),
            kwargs={**self.kwargs, **call.kwargs},
            restart=self.restart,
            shutdown=self.shutdown,
            type=self.type,
            mail=self.mail,
            mailbox=self.mailbox,
            backoff=self.backoff,
            budget=self.budget,
            start_timeout_seconds=self.start_timeout_seconds,
            message_retries=self.message_retries,
        )


class DynamicSupervisor(SupervisorActor):
    """See the module."""

    def __init__(
        self,
        flags: DynamicFlags,
        template: Template,
        *,
        services: Services | None = None,
        on_up: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(services, on_up)
        self.engine = self._pool = DynamicEngine(flags, template, source=self.services.source)
        self._last_number = 0

    @on(SpawnChild)
    def spawn_child(self, ctx: Context, call: SpawnChild) -> None:
        try:
            template = self._pool.template
            assert isinstance(template, Template)
            spec = template.spec(call, call.id or self._number())
        except InvalidSpec as error:
            # The caller's mistake is the caller's error: nobody else's children end for it.
            ctx.defer_reply().fail(error)
        else:
            self.call(ctx, StartChild(spec))

    def _number(self) -> str:
        while True:
            self._last_number += 1
            if str(self._last_number) not in self.engine.children:
                return str(self._last_number)
