"""A world for tests: rooms, npcs and players in virtual time, without server, database or sleeps.

    with World() as world:
        inn = world.room("inn")
        keeper = world.spawn(Innkeeper, inn)
        ann = world.player("Ann", inn)
        assert ann.heard("Welcome to the Gilded Stag, Ann!")

The entities are the real ones under a supervisor that restarts them at once; only what lies outside the
world (link, keeper) is played by recorders. Every call lets the actors work until nothing is left to do, and
raises UnexpectedCrash if one of them crashed in it that the test did not expect to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from actors.world.atlas import parse
from actors.world.atlas_records import (
    Atlas,
    ExitPlan,
    ItemKey,
    ItemPlan,
    NpcKey,
    NpcPlan,
    RoomKey,
    RoomPlan,
    Zone,
)
from actors.world.atlas_schema import keywords_of
from actors.world.behaviours import BEHAVIOURS
from actors.world.character import Character, newborn
from actors.world.directions import Direction
from actors.world.gathering import gather
from actors.world.holder import Holder
from actors.world.item import Item
from actors.world.messages.subjects import Goods, Thing
from actors.world.messages.transfers import Receive
from actors.world.npc import Npc
from actors.world.outlet import Performed, Released
from actors.world.presence import Presence
from actors.world.remembering import check_memory
from actors.world.restoring import Start, restore, thing_of
from actors.world.room import Room
from actors.world.saving import Saved
from actors.world.session import WorldSession
from actors.world.surroundings import Surroundings
from actors.world.testing_cast import EntityHandle, Player, RoomHandle
from actors.world.testing_records import RecordingKeeper, RecordingOutlet, Records, Restarter
from actors.world.transfers import watch
from transports.link.protocol import EntityId
from wyld_actors import (
    Actor,
    ActorSystem,
    ExitKind,
    ExitReason,
    Mailbox,
    ManualClock,
    Record,
    Ref,
)

__all__ = ["EntityHandle", "InjectedCrash", "Player", "RoomHandle", "UnexpectedCrash", "World"]

_ZONE = "test"


class InjectedCrash(Exception):
    """Raised in a handler by `World.crash_on`, or by one of a test that is meant to crash."""


class UnexpectedCrash(Exception):
    """A handler raised. Its error, with the traceback, is the cause of this one."""


class World:
    """A small world, or the one of an atlas. Use it as a context manager."""

    def __init__(
        self,
        atlas: Atlas | None = None,
        saved: Sequence[Saved] = (),
        behaviours: Mapping[str, type[Npc]] = BEHAVIOURS,
    ) -> None:
        self.system = ActorSystem("test", ManualClock())
        self.around = Surroundings(atlas or _empty_atlas(), self.system.registry)
        self.watch = watch(self.system, self.around)
        self.records = Records()
        self._sessions = 0
        self._judged = 0
        self._expected: tuple[type[BaseException], ...] = (InjectedCrash,)
        self._root = self.system.spawn(Restarter, self.records, name="world").cell
        self.system.spawn(RecordingOutlet, self.records, name="outlet", mailbox=Mailbox(100_000))
        self.system.spawn(RecordingKeeper, self.records, name="keeper")
        self._child("presence", Presence, self.around)
        if atlas is not None:
            self._populate(restore(atlas, saved, behaviours), behaviours)
        self.settle()

    @classmethod
    def of(cls, folder: Path, *modules: str) -> Self:
        """The world of the files in `folder`, with these modules of behaviours as well: as a server has it
        by `world.files` and `world.behaviours`. Raises AtlasError, UnusableModuleError."""
        behaviours = gather(modules)
        files = [(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))]
        return cls(parse(files, behaviours=behaviours), behaviours=behaviours)

    @property
    def performed(self) -> list[Performed]:
        """The commands that are complete, of all sessions, in their order."""
        return self.records.performed

    @property
    def released(self) -> list[Released]:
        """The sessions whose characters have left the world."""
        return self.records.released

    @property
    def saved(self) -> dict[EntityId, Record]:
        """The characters that have left play, as they were handed to the keeper."""
        return self.records.saved

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.system.stop()

    # ------------------------------------------------------------------------- making things

    def room(self, key: str, name: str = "", description: str = "", **exits: str | RoomHandle) -> RoomHandle:
        """A room with exits by direction: `world.room("cellar", up=inn)`. One named only by its key may
        come later."""
        room_key = _room_key(key)
        ways = {
            Direction(way): ExitPlan(
                Direction(way), target.plan.key if isinstance(target, RoomHandle) else _room_key(target)
            )
            for way, target in exits.items()
        }
        return self.add_room(RoomPlan(room_key, _ZONE, name or key.title(), description, ways))

    def add_room(self, plan: RoomPlan) -> RoomHandle:
        """A room as the atlas would describe it."""
        atlas = self.around.atlas
        if not atlas.rooms:
            self.around.atlas = atlas = dataclasses.replace(atlas, start=plan.key)
        _table(atlas.rooms)[plan.key] = plan
        ref = self._child(
            f"room:{plan.key}", Room, self.around, plan, state=Room.State(id=f"room:{plan.key}")
        )
        self.settle()
        return RoomHandle(self, ref)

    def spawn(self, behaviour: type[Npc], room: RoomHandle, name: str = "", **state: Any) -> EntityHandle:
        """An npc in a room; `state` are fields of its State. Raises UnsaveableStateError."""
        check_memory(behaviour)
        number = len(self.around.atlas.npcs) + 1
        name = name or behaviour.__name__
        key = NpcKey(f"{_ZONE}/{behaviour.__name__.lower()}-{number}")
        plan = NpcPlan(key, _ZONE, name, keywords_of(name), f"{name}.", behaviour.__name__, room.plan.key)
        _table(self.around.atlas.npcs)[key] = plan
        begin = behaviour.State(id=f"npc:{key}", room=room.id, **state)
        ref = self._child(f"npc:{key}", behaviour, self.around, plan, state=begin)
        self.settle()
        return EntityHandle(self, ref)

    def item(self, name: str, room: RoomHandle, **fields: Any) -> Thing:
        """An item that lies in a room; `fields` are those of an ItemPlan, such as weight and takeable."""
        number = len(self.around.atlas.items) + 1
        key = ItemKey(f"{_ZONE}/{name.replace(' ', '-')}-{number}")
        fields = {"article": "a", "description": f"It is a {name}.", "keywords": keywords_of(name)} | fields
        plan = ItemPlan(key, _ZONE, name, **fields)
        _table(self.around.atlas.items)[key] = plan
        thing = thing_of(plan, f"item:{key}")
        self._child(thing.id, Item, self.around, plan, state=Item.State(id=thing.id))
        room.ref.tell(Receive(Goods((thing,)), room.ref))
        self.settle()
        return thing

    def player(self, name: str, room: RoomHandle | None = None, background: str = "wanderer") -> Player:
        """A player whose character has just come into the world."""
        state = newborn(self.around.atlas, f"character:{name.lower()}", self._sessions + 1, name, background)
        return self.enter(state.replace(room=room.id) if room else state)

    def enter(self, state: Character.State) -> Player:
        """A player whose character comes into the world with this state."""
        character = self.around.find(state.id)
        if character is None:
            character = self._child(state.id, Character, self.around, state=state)
        self._sessions += 1
        begin = WorldSession.State(session=self._sessions, character=state.number, name=state.name)
        session = self._child(f"session-{self._sessions}", WorldSession, self.around, character, state=begin)
        self.settle()
        return Player(self, character, session, self._sessions)

    # ------------------------------------------------------------------------- time and crashes

    def settle(self) -> None:
        """Let the actors work until nothing is left to do. Raises UnexpectedCrash."""
        self.system.settle()
        self._judge_crashes()

    def advance(self, seconds: float) -> None:
        """Let time pass, timer by timer. Raises UnexpectedCrash."""
        self.system.advance(seconds)
        self._judge_crashes()

    @contextmanager
    def expects_crash(self, error: type[BaseException]) -> Iterator[None]:
        """Within this, handlers may raise such an error, and at least one of them has to."""
        before, self._expected = self._expected, (*self._expected, error)
        seen = len(self.records.crashes)
        try:
            yield
        finally:
            self._expected = before
        raised = [crash.error for crash in self.records.crashes[seen:]]
        assert any(isinstance(one, error) for one in raised), f"no handler raised {error.__name__}"

    def crash(self, entity: EntityHandle) -> None:
        """Crash an actor between two messages; it is restarted at once."""
        entity.ref.cell.kill(ExitReason(ExitKind.CRASH, InjectedCrash("by the test")))
        self.settle()

    def crash_on(self, entity: EntityHandle, message_type: type) -> None:
        """Let the next handler for `message_type` of this actor do its work and then raise."""
        instance = entity.ref.cell.instance
        assert instance is not None
        handler = instance.handlers[message_type]

        def crash(actor: Any, ctx: Any, message: Any) -> None:
            handler(actor, ctx, message)
            raise InjectedCrash(message_type.__name__)

        # The instance's own table, for this incarnation only: the next one is as its class says.
        vars(instance)["handlers"] = {**instance.handlers, message_type: crash}

    def _judge_crashes(self) -> None:
        crashes = self.records.crashes
        fresh, self._judged = crashes[self._judged :], len(crashes)
        for crash in fresh:
            if not isinstance(crash.error, self._expected):
                # The reason keeps the traceback as text only, lest an error keep frames alive.
                raise UnexpectedCrash(f"{crash.path} crashed.\n{crash.traceback}") from crash.error

    def entity(self, entity: EntityId) -> EntityHandle:
        """The entity with this id."""
        ref = self.around.find(entity)
        assert ref is not None, f"there is no {entity}"
        return EntityHandle(self, ref)

    def things(self) -> list[EntityId]:
        """The ids of all things that anybody holds, sorted: each should be there once."""
        return sorted(thing.id for goods in self._goods() for thing in _with_contents(goods.things))

    def coins(self) -> int:
        """How many coins there are, in purses and on floors: as many as there were before."""
        return sum(goods.coins for goods in self._goods())

    def _goods(self) -> list[Goods]:
        states = [*(cell.good_state for cell in self.around.cells()), *self.saved.values()]
        return [Goods(state.things, state.coins) for state in states if isinstance(state, Holder.State)]

    def _child(self, name: str, actor_class: type[Actor], *args: Any, **kwargs: Any) -> Ref:
        name = name.replace("/", ".")
        cell = self.system.create_cell(actor_class, args, kwargs, name=name, parent=self._root)
        cell.start()
        return cell.ref

    def _populate(self, start: Start, behaviours: Mapping[str, type[Npc]]) -> None:
        for key, plan in self.around.atlas.rooms.items():
            self._child(f"room:{key}", Room, self.around, plan, state=start.records[f"room:{key}"])
        for entity, item in start.items.items():
            self._child(entity, Item, self.around, item, state=start.records[entity])
        for npc in self.around.atlas.npcs.values():
            entity = f"npc:{npc.key}"
            self._child(entity, behaviours[npc.behaviour], self.around, npc, state=start.records[entity])


def _with_contents(things: tuple[Thing, ...]) -> list[Thing]:
    return [one for thing in things for one in (thing, *_with_contents(thing.contents))]


def _empty_atlas() -> Atlas:
    return Atlas(RoomKey(""), {_ZONE: Zone(_ZONE, "The Test", False, (), (), ())}, {}, {}, {})


def _room_key(key: str) -> RoomKey:
    return RoomKey(key if "/" in key else f"{_ZONE}/{key}")


def _table(mapping: Any) -> dict[Any, Any]:
    """An atlas cannot be changed; the one that a kit makes for itself has plain dicts, and grows."""
    assert isinstance(mapping, dict), "a world with an atlas of its own takes no more rooms"
    return mapping
