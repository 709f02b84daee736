"""The child specifications of a zone."""

from __future__ import annotations

import pytest

from actors.world.behaviours.innkeeper import Innkeeper
from actors.world.errors import UnknownBehaviourError
from actors.world.item import Item
from actors.world.npc import Npc
from actors.world.restoring import restore
from actors.world.room import Room
from actors.world.surroundings import Surroundings
from actors.world.testing import World
from actors.world.zones import child_id, presence_child, zone_children
from supervisors.specs import Restart
from tests.actors.world.sample import atlas
from wyld_actors import ActorSystem, Registry


def test_a_zone_starts_its_rooms_before_what_is_in_them() -> None:
    around = Surroundings(atlas(), Registry())

    children = zone_children("harbour", around, restore(around.atlas))

    assert [(child.id, child.actor) for child in children] == [
        ("room:quay", Room),
        ("room:inn", Room),
        ("room:cellar", Room),
        ("item:lantern", Item),
        ("item:lantern#2", Item),
        ("item:anchor", Item),
        ("npc:innkeeper", Npc),
    ]
    assert {child.restart for child in children} == {Restart.PERMANENT}


def test_the_specifications_can_be_started_as_they_are() -> None:
    system = ActorSystem("zones")
    around = Surroundings(atlas(), system.registry)
    for child in (presence_child(around), *zone_children("harbour", around, restore(around.atlas))):
        system.create_cell(child.actor, child.args, dict(child.kwargs), name=child.id).start()
    system.settle()

    quay = around.find("room:harbour/quay")
    assert quay is not None
    assert quay.cell.good_state.things[0].name == "a brass lantern"
    assert around.presence is not None
    system.stop()


def test_a_behaviour_that_nobody_registered_is_named() -> None:
    around = Surroundings(atlas(), Registry())

    with pytest.raises(UnknownBehaviourError, match="no behaviour is called 'Npc'; known are Innkeeper"):
        zone_children("harbour", around, restore(around.atlas), {"Innkeeper": Innkeeper})


def test_the_id_of_a_child_is_that_of_the_entity_without_its_zone() -> None:
    assert child_id("npc:harbour/innkeeper") == "npc:innkeeper"


def test_an_entity_that_starts_anew_goes_on_from_its_last_record() -> None:
    """A supervisor above gave up, so the cell is another one; the world does not begin again."""
    with World(atlas()) as world:
        ann, quay = world.player("Ann"), world.entity("room:harbour/quay")
        ann.types("get lantern")
        before, plan = world.things(), quay.ref.cell.instance.plan  # type: ignore[union-attr]
        quay.ref.stop()
        world.settle()

        cell = world.system.create_cell(
            Room, (world.around, plan), {"state": Room.State(quay.id)}, name="room-again"
        )
        cell.start()
        world.settle()

        assert world.things() == before
        assert ann.types("look")[0] == "The Old Quay"
