"""The cast of a test world: what a test holds in its hands for a room, an npc or a player."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from actors.rendering import told
from actors.world.atlas_records import RoomKey, RoomPlan
from actors.world.character import Character
from actors.world.messages.playing import ClientBack, ClientLost
from actors.world.messages.subjects import Person
from actors.world.session import CloseWorldSession, Line
from transports.link.protocol import EntityId, OutputBody, RoomOutput, SessionId
from transports.markup import plain
from wyld_actors import Ref

if TYPE_CHECKING:
    from actors.world.testing import World


class EntityHandle:
    """An actor of a test world."""

    def __init__(self, world: World, ref: Ref) -> None:
        self.world = world
        self.ref = ref

    @property
    def state(self) -> Any:
        """Its last good record."""
        return self.ref.cell.good_state

    @property
    def id(self) -> EntityId:
        entity: EntityId = self.state.id
        return entity

    @property
    def incarnation(self) -> int:
        return self.ref.cell.incarnation


class RoomHandle(EntityHandle):
    """A room of a test world."""

    @property
    def plan(self) -> RoomPlan:
        return self.world.around.atlas.rooms[RoomKey(self.id.removeprefix("room:"))]

    @property
    def thing_names(self) -> list[str]:
        return [thing.name for thing in self.state.things]

    @property
    def occupant_names(self) -> list[str]:
        return [person.name for person in self.state.occupants]


class Player(EntityHandle):
    """A player: types lines and remembers all that was shown."""

    def __init__(self, world: World, ref: Ref, session: Ref, number: SessionId) -> None:
        super().__init__(world, ref)
        self.session = session
        self.number = number
        self.typed = 0

    def types(self, line: str) -> list[str]:
        """Type a line and let everything happen; what was shown meanwhile."""
        before = len(self.outputs)
        self.begins(line)
        self.world.settle()
        return _lines(self.outputs[before:])

    def begins(self, line: str) -> None:
        """Type a line, with nothing having happened yet: to let several players act at once."""
        self.typed += 1
        self.session.tell(Line(self.typed, line))

    def leaves(self) -> None:
        """Close the session."""
        self.session.tell(CloseWorldSession())
        self.world.settle()

    def loses_client(self, seconds: float = 4.0) -> None:
        """The client is gone for so long, and not back yet: by default long enough for others to notice."""
        self.session.tell(ClientLost())
        self.world.advance(seconds)

    def has_client_back(self) -> list[str]:
        """The client is there again; what it is shown then."""
        before = len(self.outputs)
        self.session.tell(ClientBack())
        self.world.settle()
        return _lines(self.outputs[before:])

    def heard(self, text: str) -> bool:
        """Whether any line so far holds `text`."""
        return any(text in line for line in self.lines)

    def forgets(self) -> None:
        """Forget what was shown so far."""
        self.outputs.clear()

    @property
    def outputs(self) -> list[OutputBody]:
        """All that was shown, as records."""
        return self.world.records.outputs[self.number]

    @property
    def lines(self) -> list[str]:
        """All that was shown, as plain lines."""
        return _lines(self.outputs)

    @property
    def view(self) -> RoomOutput:
        """The last room that was shown."""
        return [body for body in self.outputs if isinstance(body, RoomOutput)][-1]

    @property
    def is_in_play(self) -> bool:
        return self.ref.is_alive()

    @property
    def thing_names(self) -> list[str]:
        return [thing.name for thing in self.state.things]

    @property
    def person(self) -> Person:
        instance = self.ref.cell.instance
        assert isinstance(instance, Character)
        return instance.person


def _lines(bodies: Sequence[OutputBody]) -> list[str]:
    return [line for body in bodies for line in _shown(body)]


def _shown(body: OutputBody) -> Iterator[str]:
    yield from plain(told(body)).splitlines()
