"""What plays the outside of a test world: the link, the keeper, and a supervisor that restarts at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from actors.world.messages.keeper import SaveCharacter, Traded
from actors.world.outlet import KEEPER, OUTLET, EmitTo, EmitToMany, Performed, Released
from transports.link.protocol import EntityId, OutputBody, SessionId
from wyld_actors import Actor, ChildExited, ChildStarted, Context, Record, on

# Restarts of one actor after which the kit believes in an endless loop and lets it lie.
_RESTART_LIMIT = 50


class Crash(NamedTuple):
    """A handler, or the start of an actor, raised."""

    path: str
    error: BaseException
    traceback: str


@dataclass(slots=True)
class Records:
    """All that left the world, and the crashes in it."""

    outputs: dict[SessionId, list[OutputBody]] = field(default_factory=lambda: defaultdict(list))
    performed: list[Performed] = field(default_factory=list)
    released: list[Released] = field(default_factory=list)
    saved: dict[EntityId, Record] = field(default_factory=dict)
    trades: int = 0
    crashes: list[Crash] = field(default_factory=list)


class Restarter(Actor):
    """Restarts what crashed at once, and lets go of what ended well."""

    def __init__(self, records: Records) -> None:
        super().__init__()
        self._records = records

    @on(ChildStarted)
    def started(self, ctx: Context, _: ChildStarted) -> None:
        pass

    @on(ChildExited)
    def exited(self, ctx: Context, exited: ChildExited) -> None:
        cell = exited.cell
        reason = exited.reason
        if reason.error is not None:
            self._records.crashes.append(Crash(str(cell.path), reason.error, reason.traceback))
        if exited.reason.is_clean or exited.incarnation >= _RESTART_LIMIT:
            cell.discard()
        else:
            cell.start()


class RecordingOutlet(Actor):
    """Remembers what each session was shown."""

    def __init__(self, records: Records) -> None:
        super().__init__()
        self._records = records

    def on_start(self) -> None:
        super().on_start()
        self.ctx.system.registry.register(OUTLET, self.ctx.ref)

    @on(EmitTo)
    def emit(self, ctx: Context, emit: EmitTo) -> None:
        self._records.outputs[emit.session].append(emit.body)

    @on(EmitToMany)
    def emit_to_many(self, ctx: Context, emit: EmitToMany) -> None:
        for session in emit.sessions:
            self._records.outputs[session].append(emit.body)

    @on(Performed)
    def performed(self, ctx: Context, performed: Performed) -> None:
        self._records.performed.append(performed)

    @on(Released)
    def released(self, ctx: Context, released: Released) -> None:
        self._records.released.append(released)


class RecordingKeeper(Actor):
    """Remembers the characters that left play."""

    def __init__(self, records: Records) -> None:
        super().__init__()
        self._records = records

    def on_start(self) -> None:
        super().on_start()
        self.ctx.system.registry.register(KEEPER, self.ctx.ref)

    @on(SaveCharacter)
    def save(self, ctx: Context, save: SaveCharacter) -> None:
        self._records.saved[save.id] = save.state

    @on(Traded)
    def note(self, ctx: Context, _: Traded) -> None:
        self._records.trades += 1
