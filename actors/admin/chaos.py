"""Trouble on purpose, to see that it does no harm: kill, crash, freeze, delay.

An actor meets it in its own turn, as it would meet its own bug. Nothing of this is in the runtime's way: the
instance gets a table of handlers of its own for as long as the trouble lasts, and the next incarnation knows
nothing of it.
"""

from collections.abc import Callable
from typing import Any, Final

import gevent

from actors.admin.errors import NotPossible
from actors.admin.finding import find_cell
from supervisors.acting import SupervisorActor
from wyld_actors import Actor, ActorSystem, Cell, CellState, Context, Envelope, ExitKind, ExitReason, Message

# Longer trouble than this is no test any more.
SECONDS_LIMIT: Final = 300.0
DELAY_SECONDS_LIMIT: Final = 10.0

Handler = Callable[[Any, Any, Any], Any]


class ChaosError(Exception):
    """An operator wanted this actor to crash."""


class Chaos(Message, frozen=True):
    """What the actor stumbles over: `seconds` of waiting, or a crash."""

    seconds: float | None = None


def kill(system: ActorSystem, path: str) -> str:
    """End the incarnation from outside, whatever it is doing."""
    cell = _running(system, path)
    cell.kill(ExitReason(ExitKind.KILLED, detail="chaos"))
    return "killed"


def crash(system: ActorSystem, path: str) -> str:
    """Raise in its handler."""
    _stumble(_running(system, path), Chaos())
    return "it will crash on its next turn"


def freeze(system: ActorSystem, path: str, seconds: float) -> str:
    """Let it wait in a handler, as on an answer that does not come."""
    cell = _running(system, path)
    _refuse_supervisors(cell)
    _check(seconds, SECONDS_LIMIT, "seconds")
    _stumble(cell, Chaos(seconds))
    return f"frozen for {seconds:g} s"


def delay(system: ActorSystem, path: str, delay_seconds: float, seconds: float) -> str:
    """Let every message wait for `delay_seconds` before it is handled, for `seconds`."""
    cell = _running(system, path)
    _refuse_supervisors(cell)
    _check(seconds, SECONDS_LIMIT, "seconds")
    _check(delay_seconds, DELAY_SECONDS_LIMIT, "the delay")
    instance = _instance(cell)
    vars(instance)["handlers"] = _Delayed(instance.handlers, delay_seconds)
    system.clock.call_later(seconds, lambda: vars(instance).pop("handlers", None) and None)
    return f"every message takes {delay_seconds:g} s longer for {seconds:g} s"


class _Delayed(dict[type, Handler]):
    """A table of handlers each of which waits first."""

    def __init__(self, handlers: dict[type, Handler], seconds: float) -> None:
        super().__init__({kind: self._late(handler, seconds) for kind, handler in handlers.items()})

    @staticmethod
    def _late(handler: Handler, seconds: float) -> Handler:
        def handle_late(actor: Any, ctx: Any, message: Any) -> Any:
            gevent.sleep(seconds)
            return handler(actor, ctx, message)

        return handle_late


def _stumble(cell: Cell, chaos: Chaos) -> None:
    instance = _instance(cell)
    vars(instance)["handlers"] = {**instance.handlers, Chaos: _handle}
    cell.post_step(Envelope(chaos))


def _handle(_actor: Actor, _ctx: Context, chaos: Chaos) -> None:
    if chaos.seconds is None:
        raise ChaosError("an operator wanted it: chaos crash")
    gevent.sleep(chaos.seconds)


def _running(system: ActorSystem, path: str) -> Cell:
    cell = find_cell(system, path)
    if cell.state is not CellState.RUNNING:
        raise NotPossible(f"{cell.path} is {cell.state.value}, not running")
    return cell


def _instance(cell: Cell) -> Actor:
    assert cell.instance is not None, "it runs"
    return cell.instance


def _refuse_supervisors(cell: Cell) -> None:
    if issubclass(cell.actor_class, SupervisorActor):
        raise NotPossible(f"{cell.path} is a supervisor; its children need it at all times")


def _check(seconds: float, limit: float, what: str) -> None:
    if not 0 < seconds <= limit:
        raise NotPossible(f"{what} must be above 0 and at most {limit:g} s, not {seconds:g}")
