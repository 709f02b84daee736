"""What a room shows of itself to one viewer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.world.atlas_records import RoomKey
from actors.world.messages.subjects import Goods, Person, Thing
from actors.world.scene import Scene
from tests.actors.world.sample import atlas
from transports.link.protocol import OccupantKind, RoomExit
from wyld_actors import Actor, ActorSystem

REF = ActorSystem("scene").create_cell(Actor, name="somebody").ref
QUAY = atlas().rooms[RoomKey("harbour/quay")]
ANN, BOB = Person("character:ann", "Ann", REF, 1), Person("character:bob", "Bob", REF, 2)
MARTA = Person("npc:marta", "Marta", REF, hears=frozenset({"Said"}))
CAT = Person("npc:cat", "a cat", REF, hears=frozenset({"Said", "Arrived"}))


def scene(*occupants: Person, things: tuple[Thing, ...] = (), doors: dict[str, bool] | None = None) -> Scene:
    return Scene(QUAY, "The Harbour", Goods(things), occupants, doors or {})


def test_the_viewer_is_left_out_of_the_view() -> None:
    seen = scene(ANN, MARTA, BOB).view(ANN.id).occupants

    assert [(one.name, one.kind) for one in seen] == [
        ("Marta", OccupantKind.NPC),
        ("Bob", OccupantKind.PLAYER),
    ]


def test_who_is_not_there_sees_everybody() -> None:
    assert len(scene(ANN, BOB).view("character:cid").occupants) == 2


def test_equal_things_are_counted() -> None:
    things = (Thing("1", "a rope"), Thing("2", "a lamp"), Thing("3", "a rope"))

    assert [(item.name, item.count, item.id) for item in scene(things=things).view("").items] == [
        ("a rope", 2, "1"),
        ("a lamp", 1, "2"),
    ]


def test_a_door_shows_how_it_stands_now_or_else_as_written() -> None:
    assert RoomExit("north", "oak door", True) in scene().view("").exits
    assert RoomExit("north", "oak door", False) in scene(doors={"north": False}).view("").exits


def test_an_event_is_for_those_npcs_that_want_it() -> None:
    crowd = scene(ANN, MARTA, CAT)

    assert crowd.listeners("Said") == (MARTA, CAT)
    assert crowd.listeners("Arrived") == (CAT,)
    assert crowd.listeners("Departed") == ()


@given(st.sets(st.integers(1, 9)), st.integers(1, 9))
def test_the_audience_is_every_session_but_the_speakers(sessions: set[int], speaker: int) -> None:
    crowd = scene(MARTA, *(Person(f"character:{number}", str(number), REF, number) for number in sessions))

    expected = {number for number in sessions if number != speaker}
    assert set(crowd.audience_but(f"character:{speaker}")) == expected
    assert set(crowd.audience((f"character:{speaker}", "npc:marta"))) == expected
    assert set(crowd.audience()) == sessions
