"""The help topics that a new server has: there are those a player looks for, and they tell the truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.gateway import session_words
from actors.world import phrases
from actors.world.atlas import parse
from actors.world.directions import Direction
from actors.world.grammar import BY_WORD, VERBS, Verb
from actors.world.helpbook import parse_help
from transports.markup import plain

CONFIG = Path(__file__).parents[3] / "config"
FILES = [(path.name, path.read_text(encoding="utf-8")) for path in sorted((CONFIG / "help").glob("*.txt"))]
TEXTS = {name.removesuffix(".txt"): text for name, text in FILES}
BOOK = parse_help(FILES)
BANNER = (CONFIG / "banners" / "welcome.txt").read_text(encoding="utf-8")
# The width at which the gateway breaks lines, see actors/wrapping.py.
COLUMNS = 78


def test_there_is_a_topic_for_each_thing_that_players_ask_about() -> None:
    assert set(TEXTS) == {
        "builders",
        "characters",
        "clients",
        "colours",
        "commands",
        "communication",
        "movement",
        "reconnecting",
        "restarts",
        "start",
        "things",
    }


@pytest.mark.parametrize("topic", TEXTS)
def test_a_topic_is_listed_and_can_be_read(topic: str) -> None:
    assert topic in BOOK.text("")
    assert plain(BOOK.text(topic)) == f"{topic.capitalize()}\n{TEXTS[topic].strip()}"


@pytest.mark.parametrize("topic", TEXTS)
def test_no_topic_hides_the_help_of_a_command(topic: str) -> None:
    assert topic not in BY_WORD


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_command_stands_in_a_topic_and_has_its_own_help(verb: Verb) -> None:
    assert any(verb.name in text for text in TEXTS.values())
    assert not BOOK.text(verb.name).startswith("There is no help")


@pytest.mark.parametrize("text", [*TEXTS.values(), BANNER], ids=[*TEXTS, "banner"])
def test_lines_fit_a_terminal_of_eighty_columns_and_use_its_letters(text: str) -> None:
    assert text.isascii()
    assert "\t" not in text
    assert max(len(line) for line in text.splitlines()) <= COLUMNS


def test_the_banner_fits_a_phone() -> None:
    assert max(len(line) for line in BANNER.splitlines()) <= 40


def test_what_a_restart_shows_is_quoted_as_it_is_shown() -> None:
    for shown in (session_words.BREATH_HELD, session_words.BREATH_DRAWN, phrases.FAILED.text):
        assert plain(shown) in TEXTS["restarts"]


def test_all_ten_directions_are_named() -> None:
    for way in Direction:
        assert way.value in TEXTS["movement"]


def test_the_first_steps_can_be_taken_where_a_new_character_wakes() -> None:
    world = [(path.name, path.read_text(encoding="utf-8")) for path in (CONFIG / "world").glob("*.toml")]
    atlas = parse(world)

    assert atlas.rooms[atlas.start].name.removeprefix("The ") in TEXTS["start"]
    assert any("cat" in npc.keywords and npc.room == atlas.start for npc in atlas.npcs.values())
    assert atlas.rooms[atlas.start].exits[Direction.NORTH].room == "harbour/inn"
