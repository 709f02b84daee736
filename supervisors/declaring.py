"""A tree of supervisors as data, readable as a table of contents.

::

    GATEWAY = supervisor("gateway", one_for_all, [
        worker("link", GatewayLink, options.link),
        dynamic("sessions", Session, restart=TRANSIENT),
        dynamic("connections", Connection, restart=TEMPORARY, shutdown=1.0),
        worker("pool", Pool),
    ])
    tree = run_tree(system, GATEWAY)

Positional arguments go to the actor, keyword arguments are fields of `ChildSpec` (the actor's own keyword
arguments are `kwargs={...}`). What is declared is checked here, when the module is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from supervisors.backoff import Budget
from supervisors.dynamic_supervisor import DynamicSupervisor, Template
from supervisors.performing import SUPERVISOR_MAILBOX
from supervisors.specs import (
    DEFAULT_CHILD_BUDGET,
    MAX_CONCURRENT_RESTARTS,
    MAX_RESTARTS,
    MAX_SECONDS,
    ActorClass,
    AutoShutdown,
    ChildSpec,
    ChildType,
    DynamicFlags,
    GroupMail,
    OnGiveUp,
    Restart,
    Shutdown,
    Strategy,
    SupervisorFlags,
)
from supervisors.supervisor import Supervisor

one_for_one: Final = Strategy.ONE_FOR_ONE
one_for_all: Final = Strategy.ONE_FOR_ALL
rest_for_one: Final = Strategy.REST_FOR_ONE

PERMANENT: Final = Restart.PERMANENT
TRANSIENT: Final = Restart.TRANSIENT
TEMPORARY: Final = Restart.TEMPORARY

BRUTAL_KILL: Final = Shutdown.BRUTAL_KILL
INFINITY: Final = Shutdown.INFINITY


def worker(id: str, actor: ActorClass, *args: Any, **fields: Any) -> ChildSpec:
    """A child that does the work. `fields` are those of ChildSpec, `args` the actor's."""
    return ChildSpec(id=id, actor=actor, args=args, **fields)


def supervisor(
    id: str,
    strategy: Strategy,
    children: Sequence[ChildSpec],
    *,
    max_restarts: int = MAX_RESTARTS,
    max_seconds: float = MAX_SECONDS,
    auto_shutdown: AutoShutdown = AutoShutdown.NEVER,
    revive_stopped: bool = False,
    on_give_up: OnGiveUp = OnGiveUp.ABNORMAL,
    max_concurrent_restarts: int = MAX_CONCURRENT_RESTARTS,
    group_mail: GroupMail = GroupMail.PURGE,
    **fields: Any,
) -> ChildSpec:
    """A supervisor of `children`, in start order. `fields` are those of its own ChildSpec.

    It is up when all of its children are, each within its own `start_timeout_seconds`.
    """
    flags = SupervisorFlags(
        strategy=strategy,
        max_restarts=max_restarts,
        max_seconds=max_seconds,
        auto_shutdown=auto_shutdown,
        revive_stopped=revive_stopped,
        on_give_up=on_give_up,
        max_concurrent_restarts=max_concurrent_restarts,
        group_mail=group_mail,
    )
    flags.check_all(children)
    return _as_child(id, Supervisor, (flags, tuple(children)), fields)


def dynamic(
    id: str,
    actor: ActorClass | None = None,
    *args: Any,
    max_children: int | None = None,
    max_restarts: int = MAX_RESTARTS,
    max_seconds: float = MAX_SECONDS,
    max_concurrent_restarts: int = MAX_CONCURRENT_RESTARTS,
    child_budget: Budget | None = DEFAULT_CHILD_BUDGET,
    on_give_up: OnGiveUp = OnGiveUp.ABNORMAL,
    own_restart: Restart = Restart.PERMANENT,
    **template: Any,
) -> ChildSpec:
    """A dynamic supervisor. `template` are the fields of its children (`restart=TRANSIENT`).

    `own_restart` is the restart type of the supervisor itself; `child_budget` None lets its children count in
    the window of `max_restarts` in `max_seconds`, as in OTP.
    """
    flags = DynamicFlags(
        max_restarts=max_restarts,
        max_seconds=max_seconds,
        max_children=max_children,
        max_concurrent_restarts=max_concurrent_restarts,
        child_budget=child_budget,
        on_give_up=on_give_up,
    )
    shape = Template(actor=actor, args=args, **template)
    return _as_child(id, DynamicSupervisor, (flags, shape), {"restart": own_restart})


def _as_child(id: str, actor: ActorClass, args: tuple[Any, ...], fields: dict[str, Any]) -> ChildSpec:
    return ChildSpec(
        **{
            "id": id,
            "actor": actor,
            "args": args,
            "type": ChildType.SUPERVISOR,
            "mailbox": SUPERVISOR_MAILBOX,
            **fields,
        }
    )
