from actors.world.behaviours.innkeeper import Innkeeper
from actors.world.testing import World


def test_each_newcomer_is_welcomed() -> None:
    with World() as world:
        inn = world.room("inn")
        keeper = world.spawn(Innkeeper, inn)
        ann = world.player("Ann", inn)
        assert ann.heard("Welcome to the Gilded Stag, Ann!")

        world.crash(keeper)
        world.advance(seconds=600)
        assert ann.heard("rings the bell.")
        assert keeper.state.greeted == 1
