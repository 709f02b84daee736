"""Lines and what they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.world.commands import (
    Close,
    Command,
    Drop,
    Emote,
    Get,
    Give,
    Help,
    Inventory,
    Look,
    Mistake,
    Move,
    Nothing,
    Open,
    Put,
    Quit,
    Say,
    Score,
    Target,
    Tell,
    Who,
    Yell,
)
from actors.world.directions import Direction
from actors.world.grammar import BY_WORD, MARKS_LIMIT, MEANT, VERBS, clean, parse


def target(*words: str, ordinal: int = 1) -> Target:
    return Target(words, ordinal)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", Nothing()),
        ("   ", Nothing()),
        ("n", Move(Direction.NORTH)),
        ("North", Move(Direction.NORTH)),
        ("nw", Move(Direction.NORTHWEST)),
        ("no", Move(Direction.NORTH)),
        ("d", Move(Direction.DOWN)),
        ("go up", Move(Direction.UP)),
        ("walk se", Move(Direction.SOUTHEAST)),
        ("look", Look()),
        ("l", Look()),
        ("look lantern", Look(target("lantern"))),
        ("l at the brass lantern", Look(target("brass", "lantern"))),
        ("exa 2.lantern", Look(target("lantern", ordinal=2))),
        ("read the notice", Look(target("notice"))),
        ("x ann", Look(target("ann"))),
        ("say Hello there!", Say("Hello there!")),
        ("'Hello", Say("Hello")),
        ("'  Hello", Say("Hello")),
        ("emote waves.", Emote("waves.")),
        (":waves.", Emote("waves.")),
        ("tell Ann meet me", Tell("Ann", "meet me")),
        ("yell fire!", Yell("fire!")),
        ("who", Who()),
        ("get lantern", Get(target("lantern"))),
        ("take the lantern", Get(target("lantern"))),
        ("get all", Get(Target((), is_all=True))),
        ("get 5 coins", Get(Target(("coins",), count=5))),
        ("get two brass lanterns", Get(Target(("brass", "lanterns"), count=2))),
        ("get 0 coins", Get(target("0", "coins"))),
        ("get -5 coins", Get(target("-5", "coins"))),
        ("get 1.5 coins", Get(target("1.5", "coins"))),
        ("get 1.000 coins", Get(target("1.000", "coins"))),
        ("get 9999999999 coins", Get(target("9999999999", "coins"))),
        ("get 7", Get(target("7"))),
        ("get gem from the bag", Get(target("gem"), target("bag"))),
        ("get all gems out of 2.bag", Get(Target(("gems",), is_all=True), target("bag", ordinal=2))),
        ('get "note from bob" from bag', Get(target("note", "from", "bob"), target("bag"))),
        ('get "note from bob"', Get(target("note", "from", "bob"))),
        ("get gem from", Get(target("gem", "from"))),
        ("put gem in bag", Put(target("gem"), target("bag"))),
        ("put all into my bag", Put(Target((), is_all=True), target("bag"))),
        ("put 2 gems bag", Put(Target(("gems",), count=2), target("bag"))),
        ('put "coin in amber" in bag', Put(target("coin", "amber"), target("bag"))),
        ("look in bag", Look(target("bag"), is_inside=True)),
        ("look in", Look(target("in"))),
        ("give 5 coins to ann", Give(Target(("coins",), count=5), target("ann"))),
        ('get "coil of rope"', Get(target("coil", "rope"))),
        ("drop 3.lantern", Drop(target("lantern", ordinal=3))),
        ("give lantern to ann", Give(target("lantern"), target("ann"))),
        (
            "give lantern ann",
            Give(target("lantern"), target("ann"), Give(target("ann"), target("lantern"))),
        ),
        ("get all.lantern", Get(Target(("lantern",), is_all=True))),
        ("get all the lanterns", Get(Target(("lanterns",), is_all=True))),
        ("give 2.brass lantern to Ann", Give(target("brass", "lantern", ordinal=2), target("ann"))),
        ('give "letter to bob" to ann', Give(target("letter", "to", "bob"), target("ann"))),
        ('give 2."letter to bob" ann', Give(target("letter", "to", "bob", ordinal=2), target("ann"))),
        ("open oak door", Open(target("oak", "door"))),
        ("shut north", Close(target("north"))),
        ("i", Inventory()),
        ("inven", Inventory()),
        ("sc", Score()),
        ("help", Help()),
        ("? Look", Help("look")),
        ("quit", Quit()),
    ],
)
def test_a_line_means_one_command(line: str, command: Command) -> None:
    assert parse(line) == command


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("lok", "There is no command 'lok'. Did you mean 'look'?"),
        ("xyzzy", "There is no command 'xyzzy'. Type 'help' to see the commands."),
        ("zz9", "There is no command 'zz9'. Type 'help' to see the commands."),
        ("talk to marta", "There is no command 'talk'. Did you mean 'say'?"),
        ("pet cat", "There is no command 'pet'. Did you mean 'emote'?"),
        ("exit", "There is no command 'exit'. Did you mean 'quit'?"),
        ("qu ick", "'quit' stands alone. Type: quit"),
        ("say", "Say what? Type: say TEXT  or  'TEXT"),
        ("get", "Get what? Type: get THING [from BAG]"),
        ("tell", "Tell whom? Type: tell NAME TEXT"),
        ("tell ann", "Tell ann what? Type: tell NAME TEXT"),
        ("give", "Give what to whom? Type: give THING to SOMEBODY"),
        ("give lantern", "Give lantern to whom? Type: give THING to SOMEBODY"),
        ("give 2.lantern to", "Give 2.lantern to whom? Type: give THING to SOMEBODY"),
        ("put gem", "Put what into what? Type: put THING in BAG"),
        ("put gem in all", "Put what into what? Type: put THING in BAG"),
        ("give to ann", "Give what to whom? Type: give THING to SOMEBODY"),
        ("attack", "There is no command 'attack'. Type 'help' to see the commands."),
        ("inventroy", "There is no command 'inventroy'. Did you mean 'inventory'?"),
        ("say \u200b", "Say what? Type: say TEXT  or  'TEXT"),
        ("say \u00ad\u2060", "Say what? Type: say TEXT  or  'TEXT"),
        ("w ho", "'west' stands alone. Type: west"),
        ("e", None),
        ("go home", "Go where? The directions are north, northeast,"),
        ("ope", "Open what? Type: open DOOR  or  open DIRECTION"),
        ("s o", "'south' stands alone. Type: south"),
        ("", None),
    ],
)
def test_what_cannot_be_read_is_answered_with_how_to_do_it(line: str, text: str | None) -> None:
    command = parse(line)

    if text is None:
        assert not isinstance(command, Mistake)
    else:
        assert isinstance(command, Mistake)
        assert command.text.startswith(text)


def test_a_beginning_that_fits_several_verbs_names_them() -> None:
    assert parse("sou") == Move(Direction.SOUTH)

    assert parse("g lantern") == Get(target("lantern"))
    assert parse("in lantern") == Mistake("'inventory' stands alone. Type: inventory")
    assert parse("c door") == Close(target("door"))
    assert parse("h") == Help()
    assert parse("o") == Mistake("Open what? Type: open DOOR  or  open DIRECTION")
    assert parse("gett x") == Mistake("There is no command 'gett'. Did you mean 'get'?")
    assert parse("ni") == Mistake("There is no command 'ni'. Type 'help' to see the commands.")
    assert parse("a") == Mistake("There is no command 'a'. Type 'help' to see the commands.")
    assert parse("gi") == Mistake("Give what to whom? Type: give THING to SOMEBODY")
    assert parse("em") == Mistake("Emote what? Type: emote TEXT  or  :TEXT")


def test_what_is_meant_by_a_word_that_is_no_verb_is_a_verb() -> None:
    assert BY_WORD.keys().isdisjoint(MEANT)
    assert BY_WORD.keys() >= set(MEANT.values())


def test_no_word_names_two_verbs() -> None:
    words = [word for verb in VERBS for word in (verb.name, *verb.aliases)]

    assert len(words) == len(set(words))


def test_what_cannot_be_seen_is_taken_out_of_speech() -> None:
    assert parse("say a\x02error\x03b\x1b[31m\u202ec\td\ud800") == Say("aerrorb[31mc d")


def test_a_letter_carries_no_tower_of_marks() -> None:
    assert parse("say Z" + "\u0301" * 60 + "!") == Say("Z" + "\u0301" * MARKS_LIMIT + "!")


def test_letters_of_all_scripts_stay() -> None:
    assert parse("say Grüße, 世界, نمی\u200cخواهم 👩\u200d🚀") == Say(
        "Grüße, 世界, نمی\u200cخواهم 👩\u200d🚀"
    )


@given(st.text())
def test_no_line_makes_the_parser_raise(line: str) -> None:
    assert isinstance(parse(line), Command)


@given(st.sampled_from([verb.name for verb in VERBS]), st.text())
def test_no_rest_of_a_line_makes_the_parser_raise(verb: str, rest: str) -> None:
    assert isinstance(parse(f"{verb} {rest}"), Command)


@given(st.text(st.characters()))
def test_a_cleaned_line_holds_no_control_and_can_be_encoded(line: str) -> None:
    cleaned = clean(line)

    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in cleaned)
    assert cleaned.encode().decode() == cleaned
