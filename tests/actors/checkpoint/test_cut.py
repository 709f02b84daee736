"""What a checkpoint makes of mail that has not been read: things, doors, commands and farewells.

The actors here never run: a cell with a state and with mail that waits is all that the rules look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actors.checkpoint.cut import Cut, cut
from actors.world.character import Character
from actors.world.commands import Target
from actors.world.directions import Direction
from actors.world.messages.keeper import SaveCharacter
from actors.world.messages.playing import Answer, CommandFailed, CommandPerformed, Perform
from actors.world.messages.subjects import Goods, Person, Thing
from actors.world.messages.transfers import PassOn, Receive, Returned
from actors.world.messages.ways import DoorMoved
from actors.world.outlet import EmitTo, EmitToMany, Performed, Released
from actors.world.room import Room
from actors.world.session import WorldSession
from actors.world_link.session_streams import NOWHERE, StreamPoint
from transports.link import protocol as wire
from transports.link.protocol import Outcome, TextOutput
from transports.link.streams import TailRecord
from wyld_actors import Actor, ActorSystem, Cell, Message

ANN, BOB = 7, 8
LANTERN = Thing("item:lantern", "a brass lantern")
ROPE = Thing("item:rope", "a coil of rope")


class Service(Actor):
    """The link or the keeper, as far as its mailbox is concerned."""


class Scene:
    """A world that stands still: two characters with their sessions, a room, and a service."""

    def __init__(self) -> None:
        self._system = ActorSystem()
        self.ann = self._cell(Character, Character.State(id="character:ann", session=ANN, number=1))
        self.bob = self._cell(Character, Character.State(id="character:bob", session=BOB, number=2))
        self.quay = self._cell(Room, Room.State(id="room:quay", doors={"north": True}))
        self.anns = self._cell(WorldSession, WorldSession.State(session=ANN, current=5, applied=4))
        self.bobs = self._cell(WorldSession, WorldSession.State(session=BOB, current=3, applied=2))
        self.link = self._cell(Service, None)
        self.points = {
            ANN: StreamPoint(1, 4, TailRecord(10, 10), "character:ann"),
            BOB: StreamPoint(2, 2, TailRecord(20, 20), "character:bob"),
        }
        self.gone: list[Cell] = []
        self.saved: Mapping[str, Any] = {}

    def _cell(self, actor: type[Actor], state: object) -> Cell:
        return self._system.create_cell(actor, (None, None), {"state": state})

    def saves(self) -> Cut:
        cells = [self.ann, self.bob, self.quay]
        by_id = {cell.good_state.id: cell for cell in cells if cell not in self.gone}
        return cut(
            [cell for cell in (*cells, self.anns, self.bobs) if cell.depth],
            [self.link],
            cell_of=by_id.get,
            point_of=lambda session: self.points.get(session, NOWHERE),
            saved=self.saved,
        )


def wait(cell: Cell, *messages: Message) -> None:
    for message in messages:
        cell.ref.tell(message)


def things(made: Cut, entity: str) -> Sequence[Thing]:
    state: Any = made.entities[entity]
    found: Sequence[Thing] = state.things
    return found


def bodies(made: Cut, session: int) -> list[object]:
    return [body for _, body, _ in made.sessions[session].tail.entries]


# Things ------------------------------------------------------------------------------------------------


def test_at_rest_there_is_nothing_to_correct() -> None:
    assert Scene().saves() == Cut()


def test_things_on_their_way_go_back_to_who_gave_them() -> None:
    scene = Scene()
    wait(scene.ann, Receive(Goods((LANTERN,)), scene.quay.ref))

    made = scene.saves()

    assert things(made, "room:quay") == (LANTERN,)
    assert "character:ann" not in made.entities


def test_things_that_are_passed_on_go_back_over_both_steps() -> None:
    scene = Scene()
    wait(scene.quay, PassOn(Goods((LANTERN,)), scene.ann.ref, receiver=Target(("bob",))))

    assert things(scene.saves(), "character:ann") == (LANTERN,)


def test_things_of_a_giver_who_has_left_play_are_in_his_farewell() -> None:
    scene = Scene()
    wait(scene.quay, Receive(Goods((LANTERN,)), scene.ann.ref))
    wait(scene.link, SaveCharacter("character:ann", Character.State(id="character:ann", things=(ROPE,))))

    made = scene.saves()

    left: Any = made.left["character:ann"]
    assert left.things == (ROPE, LANTERN)
    assert made.entities == {}


def test_things_of_a_giver_whose_farewell_is_collected_already_are_added_to_it() -> None:
    scene = Scene()
    scene.gone = [scene.ann]
    scene.saved = {"character:ann": Character.State(id="character:ann", things=(ROPE,))}
    wait(scene.quay, Receive(Goods((LANTERN,)), scene.ann.ref))

    assert things(scene.saves(), "character:ann") == (ROPE, LANTERN)


def test_things_of_a_giver_of_whom_nothing_is_known_stay_with_the_receiver() -> None:
    scene = Scene()
    scene.gone = [scene.ann]
    wait(scene.quay, Receive(Goods((LANTERN,)), scene.ann.ref))

    assert things(scene.saves(), "room:quay") == (LANTERN,)


def test_things_that_come_back_are_where_they_come_back_to() -> None:
    scene = Scene()
    wait(scene.ann, Returned(Goods((LANTERN,))))

    assert things(scene.saves(), "character:ann") == (LANTERN,)


def test_coins_on_their_way_go_back_to_the_purse_they_came_from() -> None:
    scene = Scene()
    wait(scene.bob, Receive(Goods(coins=5), scene.ann.ref))
    wait(scene.ann, Receive(Goods(coins=2), scene.quay.ref), Returned(Goods(coins=1)))

    made = scene.saves()

    ann, quay = made.entities["character:ann"], made.entities["room:quay"]
    assert (ann.coins, quay.coins) == (6, 2)  # type: ignore[attr-defined]


def test_several_things_of_one_giver_are_all_kept() -> None:
    scene = Scene()
    wait(scene.ann, Receive(Goods((LANTERN,)), scene.quay.ref))
    wait(scene.bob, Receive(Goods((ROPE,)), scene.quay.ref))

    assert things(scene.saves(), "room:quay") == (LANTERN, ROPE)


def test_a_door_that_moved_has_moved_on_both_sides() -> None:
    scene = Scene()
    who = Person("character:ann", "Ann", scene.ann.ref, ANN)
    wait(scene.quay, DoorMoved(who, Direction.NORTH, False, True))

    state: Any = scene.saves().entities["room:quay"]

    assert state.doors == {"north": False}


# Commands ----------------------------------------------------------------------------------------------


def test_a_command_that_is_complete_is_counted_with_what_it_showed() -> None:
    scene = Scene()
    wait(scene.link, EmitTo(ANN, 5, TextOutput("Done.")), Performed(ANN, 5, "> "))

    made = scene.saves()

    assert made.sessions[ANN].applied == 5
    assert bodies(made, ANN) == [TextOutput("Done."), wire.Performed(5, "> ")]


def test_a_command_whose_session_has_still_to_be_told_is_complete() -> None:
    scene = Scene()
    wait(scene.anns, CommandPerformed(5, "> "))

    made = scene.saves()

    assert made.sessions[ANN].applied == 5
    assert bodies(made, ANN) == [wire.Performed(5, "> ")]


def test_a_command_whose_character_has_still_to_be_told_is_complete() -> None:
    scene = Scene()
    wait(scene.ann, Answer(5, (TextOutput("You drop it."),)))

    made = scene.saves()

    assert made.sessions[ANN].applied == 5
    assert bodies(made, ANN) == [TextOutput("You drop it."), wire.Performed(5, "> ")]


def test_a_command_that_failed_counts_as_failed() -> None:
    scene = Scene()
    wait(scene.anns, CommandFailed(5))

    assert bodies(scene.saves(), ANN) == [wire.Performed(5, "> ", Outcome.FAILED)]


def test_a_late_word_about_an_earlier_command_counts_nothing() -> None:
    scene = Scene()
    wait(scene.anns, CommandPerformed(4, "> "), CommandFailed(3))

    assert scene.saves().sessions == {}


def test_a_command_that_is_not_complete_is_not_counted_and_shows_nothing_to_anybody() -> None:
    scene = Scene()
    wait(scene.ann, Perform(5, "say hello"))
    wait(scene.link, EmitToMany((BOB,), 5, TextOutput("Ann says, “hello”"), ANN))

    assert scene.saves().sessions == {}


def test_what_others_saw_of_a_complete_command_is_kept_for_them() -> None:
    scene = Scene()
    said = TextOutput("Ann says, “hello”")
    wait(scene.link, EmitToMany((BOB,), 5, said, ANN), Performed(ANN, 5, "> "))

    made = scene.saves()

    assert made.sessions[BOB].tail.entries == ((5, said, ANN),)
    assert made.sessions[BOB].applied == 2


def test_what_nobody_caused_is_kept_at_once() -> None:
    scene = Scene()
    wait(scene.link, EmitToMany((ANN, BOB), 0, TextOutput("A bell rings.")))

    made = scene.saves()

    assert bodies(made, ANN) == bodies(made, BOB) == [TextOutput("A bell rings.")]


def test_a_release_on_its_way_ends_the_stay() -> None:
    scene = Scene()
    wait(scene.link, Performed(ANN, 5, ""), Released(ANN, 1, 5, "Bye."))

    made = scene.saves()

    assert made.sessions[ANN].character == ""
    assert made.sessions[ANN].applied == 5
    assert bodies(made, ANN)[-1] == wire.CharacterReleased(1, "Bye.")


def test_outputs_for_a_session_that_is_over_are_nobodys() -> None:
    scene = Scene()
    scene.points.clear()
    wait(scene.link, EmitTo(ANN, 0, TextOutput("Hello?")), Performed(ANN, 5, ""), Released(ANN, 1, 5))

    assert scene.saves().sessions == {}


def test_outputs_get_the_numbers_after_those_that_are_given() -> None:
    scene = Scene()
    wait(scene.link, Performed(ANN, 5, "> "))

    tail = scene.saves().sessions[ANN].tail

    # Not agreed: the gateway may come to know it by another number.
    assert (tail.last, tail.agreed) == (11, 10)
