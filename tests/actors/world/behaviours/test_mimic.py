import pytest

from actors.world.behaviours.fishmonger import Fishmonger
from actors.world.behaviours.mimic import Mimic, ending
from actors.world.testing import World


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("never", "never"),
        ("I will  never leave you again", "never leave you again"),
    ],
)
def test_the_last_four_words_are_kept(text: str, kept: str) -> None:
    assert ending(text) == kept


def test_what_was_said_comes_back_once_when_time_has_passed() -> None:
    with World() as world:
        stones = world.room("stones")
        raven = world.spawn(Mimic, stones, name="Corbel")
        ann = world.player("Ann", stones)

        ann.types("say I will never leave you again")
        world.crash(raven)
        world.advance(seconds=200)

        echoes = [line for line in ann.lines if line.startswith("Corbel says")]
        assert echoes == ["Corbel says, “never leave you again”"]


def test_only_players_are_worth_repeating() -> None:
    with World() as world:
        market = world.room("market")
        raven = world.spawn(Mimic, market)
        world.spawn(Fishmonger, market)

        world.advance(seconds=180)

        assert raven.state.heard == ""
