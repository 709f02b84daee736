"""Small rules: matching words to things, backgrounds, sentences, help, and the table of directions."""

from __future__ import annotations

import pytest

from actors.world import phrases
from actors.world.atlas_lines import LineIndex
from actors.world.backgrounds import (
    ATTRIBUTES,
    BACKGROUNDS,
    BASE,
    POINTS,
    attributes_of,
    called,
    carrying_limit,
)
from actors.world.commands import Target
from actors.world.directions import Direction
from actors.world.grammar import VERBS, parse_target
from actors.world.helpbook import HelpBook, parse_help
from actors.world.matching import all_meant, meant
from actors.world.messages.subjects import Goods, Thing
from actors.world.taking import takeable
from transports.markup import plain, styled

BRASS = Thing("1", "a brass lantern", ("brass", "lantern"))
IRON = Thing("2", "an iron lantern", ("iron", "lantern"))
ROPE = Thing("3", "a coil of rope", ("coil", "rope"), weight=3)
ALL = (BRASS, IRON, ROPE)
# Where the summaries stand, one under the other; directions have a line of their own.
HELP_COLUMN = 35
WALKS = {f"Walk {way.value}." for way in Direction}


@pytest.mark.parametrize(
    ("words", "thing"),
    [
        ("lantern", BRASS),
        ("2.lantern", IRON),
        ("iron lantern", IRON),
        ("lan ir", IRON),
        ("3.lantern", None),
        ("brass rope", None),
        ("r", ROPE),
        ("all", None),
    ],
)
def test_every_word_must_begin_a_keyword(words: str, thing: Thing | None) -> None:
    target = parse_target(words)

    assert target is not None
    assert meant(target, ALL) == thing


def test_all_means_everything_and_no_words_mean_nothing() -> None:
    assert all_meant(Target((), is_all=True), ALL) == ALL
    assert all_meant(Target(()), ALL) == ()


@pytest.mark.parametrize(
    ("words", "things"),
    [
        ("all lantern", (BRASS, IRON)),
        ("all.lantern", (BRASS, IRON)),
        ("all the lanterns", (BRASS, IRON)),
        ("lanterns", (BRASS, IRON)),
        ("iron lanterns", (IRON,)),
        ("lantern", (BRASS,)),
        ("2.lanterns", (IRON,)),
        ("3.lanterns", ()),
        ("all bells", ()),
        ("bells", ()),
    ],
)
def test_all_of_a_kind_and_a_plural_mean_each_of_them(words: str, things: tuple[Thing, ...]) -> None:
    target = parse_target(words)

    assert target is not None
    assert all_meant(target, ALL) == things


def test_a_keyword_that_looks_like_a_plural_is_found_first() -> None:
    glasses = Thing("5", "some glasses", ("glasses",))

    assert all_meant(Target(("glasses",)), (Thing("6", "a glass", ("glass",)), glasses)) == (glasses,)
    assert meant(Target(("lanterns",)), ALL) == BRASS


def test_what_is_too_heavy_or_fixed_is_left() -> None:
    anchor = Thing("4", "an anchor", takeable=False)

    assert takeable((BRASS, ROPE, anchor, IRON), 4) == (BRASS, ROPE)
    assert takeable((ROPE, BRASS, IRON), 2) == (BRASS, IRON)


def test_each_background_spends_the_same_points_on_the_nine_attributes() -> None:
    for background in BACKGROUNDS:
        attributes = background.attributes
        assert tuple(attributes) == ATTRIBUTES
        assert sum(attributes.values()) == len(ATTRIBUTES) * BASE + POINTS
        assert all(BASE <= value <= 20 for value in attributes.values())


def test_a_background_that_is_gone_leaves_the_base() -> None:
    assert set(attributes_of("pirate").values()) == {BASE}
    assert carrying_limit({}) == 30
    assert called("pirate") == "pirate"
    assert called("thief") == "Rooftop thief"


def test_going_one_way_and_back_leads_home() -> None:
    assert len(Direction) == 10
    assert all(way.opposite.opposite is way for way in Direction)


def test_a_sentence_begins_with_a_capital_inside_its_style() -> None:
    assert phrases.capitalised(styled("item", "an anchor")) == styled("item", "An anchor")
    assert phrases.capitalised("") == ""


def test_lists_read_as_people_write_them() -> None:
    assert phrases.joined([]) == "nothing"
    assert phrases.joined(["a"]) == "a"
    assert phrases.joined(["a", "b"]) == "a and b"
    assert phrases.joined(["a", "b", "c"]) == "a, b and c"
    assert plain(phrases.listed(Goods((BRASS, BRASS, ROPE)))) == "two brass lanterns and a coil of rope"


def test_every_verb_has_help_and_stands_in_the_contents() -> None:
    book = HelpBook()

    for verb in VERBS:
        assert verb.summary in book.text(verb.name)
        assert verb.summary in {line[HELP_COLUMN:] for line in plain(book.text("")).split("\n")} | WALKS
        assert verb.name in book.text("")


def test_a_written_topic_comes_before_the_table_and_is_listed() -> None:
    book = parse_help(
        [("help/look.txt", "Use your eyes.\n"), ("help/newbie.txt", "Walk \x02error\x03around.")]
    )

    assert plain(book.text("look")) == "Look\nUse your eyes."
    assert "look, newbie" in book.text("")
    assert book.text("newbie").endswith("Walk erroraround.")
    assert plain(book.text("newb")) == "Newbie\nWalk erroraround."
    assert book.text("newbee") == "There is no help about 'newbee'. Did you mean 'newbie'?"
    assert book.text("zzzz").endswith("Type 'help' for the topics.")


def test_a_line_of_a_key_is_found_past_multi_line_strings_and_dotted_keys() -> None:
    text = (
        '[rooms.quay]\ntext = """\nname = 1\n"""\nexits.north = "x"\n[items."old coin"]\nname = "c" # [x]\n'
    )
    lines = LineIndex(text)

    assert lines.line(("rooms", "quay", "text")) == 2
    assert lines.line(("rooms", "quay", "name")) == 1
    assert lines.line(("rooms", "quay", "exits", "north")) == 5
    assert lines.line(("rooms", "quay", "exits")) == 5
    assert lines.line(("items", "old coin", "name")) == 7
    assert lines.line(("npcs",)) == 1
