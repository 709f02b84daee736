from actors.world.behaviours.charcoal_burner import WATCHING, CharcoalBurner
from actors.world.testing import World


def test_the_fires_are_minded_in_turn() -> None:
    with World() as world:
        clearing = world.room("clearing")
        hob = world.spawn(CharcoalBurner, clearing, name="Hob")
        ann = world.player("Ann", clearing)

        world.advance(seconds=240 * len(WATCHING))

        assert ann.lines[-len(WATCHING) :] == [f"Hob {look}" for look in WATCHING]
        assert hob.state.looks == len(WATCHING)


def test_the_water_is_spoken_of_before_the_drawings_of_it() -> None:
    with World() as world:
        clearing = world.room("clearing")
        world.spawn(CharcoalBurner, clearing)
        ann = world.player("Ann", clearing)

        ann.types("say Why do you draw the mere?")

        assert ann.heard("It stands a hand higher than last year.")
