from actors.world.behaviours.sexton import Sexton
from actors.world.testing import World


def test_who_heard_the_bell_is_asked_and_not_laughed_at() -> None:
    with World() as world:
        yard = world.room("yard")
        world.spawn(Sexton, yard, name="Moll")
        ann = world.player("Ann", yard)

        ann.types("say I heard a bell.")

        assert ann.lines[-1].startswith("Moll says, “Under the water?")


def test_respect_for_the_dead_is_returned_and_nothing_else_is() -> None:
    with World() as world:
        yard = world.room("yard")
        world.spawn(Sexton, yard, name="Moll")
        ann = world.player("Ann", yard)

        assert ann.types(":dances.") == ["Ann dances."]
        assert ann.types(":bows low.")[-1] == "Moll takes off her hat to Ann, and says nothing, kindly."
