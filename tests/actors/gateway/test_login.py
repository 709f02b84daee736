"""The login dialogue, played through with a world that is a table."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.dialogue import (
    AskFor,
    Echo,
    Ended,
    Entered,
    LoggedIn,
    Rejoin,
    Running,
    Say,
    Send,
    ShowToken,
    Step,
    TokenShown,
    Typed,
)
from actors.gateway.login import LoginDialogue
from actors.gateway.reconnect_token import TOKEN_LETTERS
from tests.actors.login_scripts import Player, WorldTable
from transports.link.protocol import Authenticate, Authenticated, FailureCode, SelectCharacter

PASSWORD = "correct horse"


def world() -> WorldTable:
    table = WorldTable()
    table.add("Ann", PASSWORD, "Brand", "Cora")
    table.add("Dora", PASSWORD)
    return table


def test_a_player_is_greeted_by_the_banner_and_asked_for_an_account() -> None:
    player = Player()

    assert player.saw("Wyld Actors")
    assert "account" in player.prompt
    assert not player.hidden


def test_name_and_password_lead_to_the_menu() -> None:
    player = Player(world()).types("ann", PASSWORD)

    assert player.saw("Welcome, Ann!")
    assert player.saw("1  Brand, Sailor (The Quay)")
    assert player.dialogue.step is Step.MENU


def test_the_password_is_typed_unseen_and_everything_else_is_not() -> None:
    player = Player(world())
    seen = [player.hidden]
    for line in ("ann", PASSWORD):
        player.types(line)
        seen.append(player.hidden)

    assert seen == [False, True, False]


def test_the_echo_comes_back_before_anything_is_said() -> None:
    player = Player(world()).types("ann")
    player.effects.clear()

    player.types("wrong")

    kinds = [type(effect) for effect in player.effects]
    assert kinds.index(Echo) < kinds.index(Say)


def test_a_wrong_password_and_an_unknown_account_look_the_same() -> None:
    answers = []
    for account in ("ann", "ghost"):
        player = Player(world()).types(account)
        player.effects.clear()
        player.types("wrong password")
        answers.append([effect for effect in player.effects if not isinstance(effect, Send)])

    assert answers[0] == answers[1]


def test_the_third_wrong_password_ends_the_conversation() -> None:
    player = Player(world()).types("ann", "one wrong", "ann", "two wrong", "ann")
    assert not player.done(Ended)

    player.types("three wrong")

    assert player.saw("one wrong password too many")
    assert player.dialogue.step is Step.ENDED
    assert player.types("ann").dialogue.step is Step.ENDED


def test_a_new_account_is_made_with_its_password_typed_twice() -> None:
    player = Player(world()).types("new", "eve", "long enough", "long enough")

    assert [effect.account.name for effect in player.done(LoggedIn) if isinstance(effect, LoggedIn)] == [
        "Eve"
    ]
    assert player.saw("You have no character yet")
    assert player.dialogue.step is Step.CHARACTER_NAME


def test_two_different_passwords_are_asked_for_again() -> None:
    player = Player().types("new", "eve", "long enough", "long enoughh")

    assert player.saw("do not match")
    assert player.dialogue.step is Step.NEW_PASSWORD
    assert player.hidden


@pytest.mark.parametrize("word", ["", "back", " Back "])
def test_a_player_can_turn_back_before_choosing_a_password(word: str) -> None:
    player = Player().types("new", "evee", word)

    assert player.dialogue.step is Step.NEW_ACCOUNT
    assert not player.hidden


@pytest.mark.parametrize("word", ["", "back", " Back "])
def test_a_player_can_turn_back_from_a_password_and_that_is_no_attempt(word: str) -> None:
    player = Player(world()).types("ann", word, "ann", word, "ann", word, "ann", PASSWORD)

    assert not player.saw("do not match")
    assert player.saw("Welcome, Ann!")


@pytest.mark.parametrize("word", ["?", "help", "list", "look"])
def test_the_backgrounds_can_be_read_again(word: str) -> None:
    player = Player(world()).types("dora", PASSWORD, "Evee")
    player.shown.clear()

    player.types(word)

    assert player.saw("1  Sailor")
    assert not player.saw("no such background")
    assert player.dialogue.step is Step.BACKGROUND


def test_a_word_that_nobody_can_be_called_is_not_taken_for_a_new_name() -> None:
    player = Player(world()).types("nobody")

    assert player.saw("Type the name of your account")
    assert not player.saw("choose another")


@pytest.mark.parametrize(
    ("password", "why"), [("short", "at least 8"), ("x" * 129, "at most 128"), ("Evangeline", "first thing")]
)
def test_a_bad_password_is_refused_with_its_reason(password: str, why: str) -> None:
    player = Player().types("new", "evangeline", password)

    assert player.saw(why)
    assert player.dialogue.step is Step.NEW_PASSWORD


def test_a_taken_account_name_is_said_and_another_is_asked_for() -> None:
    player = Player(world()).types("new", "ann", "long enough", "long enough")

    assert player.saw("That name is taken")
    assert player.dialogue.step is Step.NEW_ACCOUNT


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("an", "at least 3"),
        ("a" * 17, "at most 16"),
        ("ann4", "letters a to z only"),
        ("zoë", "letters a to z only"),
        ("who", "misunderstood"),
        ("an\x1b[31m", "Control characters"),
        ("a\x02npc\x03b\x04", "Control characters"),
    ],
)
def test_a_name_that_nobody_can_have_is_refused_with_its_reason(name: str, why: str) -> None:
    player = Player().types("new", name)

    assert player.saw(why)
    assert player.dialogue.step is Step.NEW_ACCOUNT


@pytest.mark.parametrize("choice", ["2", "cora", "CORA", "play cora"])
def test_a_character_is_chosen_by_number_or_name(choice: str) -> None:
    player = Player(world()).types("ann", PASSWORD, choice)

    (entered,) = player.done(Entered)
    assert isinstance(entered, Entered)
    assert entered.selected.character.name == "Cora"
    assert player.dialogue.step is Step.PLAYING


def test_a_choice_without_a_list_gets_the_list_first() -> None:
    """The world could not be asked when the player came out of the game."""
    player = Player(world()).types("ann", PASSWORD, "1")
    player.answers = False
    player._take(player.rules.returned(player.dialogue))
    player._take(player.rules.failed(player.dialogue, FailureCode.UNAVAILABLE, "Not now."))
    player.shown.clear()

    player.types("1").world_answers()

    assert not player.saw("no such character")
    assert player.saw("1  Brand, Sailor (The Quay)")
    assert player.dialogue.step is Step.MENU


@pytest.mark.parametrize("choice", ["0x", "3", "nobody", "-1", "99999999999999999999"])
def test_an_unknown_choice_is_said_and_the_menu_stays(choice: str) -> None:
    player = Player(world()).types("ann", PASSWORD, choice)

    assert player.saw("no such character")
    assert player.dialogue.step is Step.MENU


def test_a_new_player_goes_from_the_banner_into_the_world_in_six_lines() -> None:
    player = Player().types("new", "eve", "long enough", "long enough", "Evita", "scholar")

    (entered,) = player.done(Entered)
    assert isinstance(entered, Entered)
    assert (entered.selected.character.name, entered.selected.character.background) == ("Evita", "scholar")


def test_the_backgrounds_are_shown_with_what_they_give() -> None:
    player = Player(world()).types("dora", PASSWORD, "Dorothy")

    assert player.saw("1  Sailor: You know ropes and weather.")
    assert player.saw("strength 12, luck 9")


def test_a_taken_character_name_is_said_and_another_is_asked_for() -> None:
    player = Player(world()).types("dora", PASSWORD, "Cora", "1")

    assert player.saw("That name is taken")
    assert player.types("Corinna", "1").done(Entered)


def test_a_character_in_the_making_can_be_given_up() -> None:
    player = Player(world()).types("dora", PASSWORD, "Dorothy", "back")

    assert player.dialogue.step is Step.MENU
    assert not player.done(Entered)


def test_no_more_characters_than_the_account_may_have() -> None:
    table = world()
    table.limit = 2
    player = Player(table).types("ann", PASSWORD, "create")

    assert player.saw("at most 2 characters")
    assert player.dialogue.step is Step.MENU


def test_help_and_list_answer_at_the_menu() -> None:
    player = Player(world()).types("ann", PASSWORD, "help", "list")

    assert player.saw("create   make a new character")
    assert "\n".join(player.shown).count("Your characters:") == 2


@pytest.mark.parametrize("lines", [["quit"], ["ann", PASSWORD, "quit"]])
def test_quit_says_farewell(lines: list[str]) -> None:
    player = Player(world()).types(*lines)

    assert player.done(Ended)
    assert player.saw("Farewell")


def test_what_is_typed_before_the_world_answers_is_heard_afterwards_in_order() -> None:
    player = Player(world())
    player.answers = False
    player.types("ann", PASSWORD, "cora", "look", "north")
    assert not player.done(LoggedIn)

    player.world_answers()

    assert player.done(Entered)
    assert player.done(Typed) == [Typed("look"), Typed("north")]


def test_more_early_lines_than_allowed_are_refused_aloud() -> None:
    player = Player(world())
    player.answers = False
    player.types("ann", PASSWORD, *["look"] * 17)

    assert "\n".join(player.shown).count("was not taken") == 1
    assert len(player.dialogue.early) == 16


def test_a_player_who_waits_for_an_absent_world_is_told() -> None:
    player = Player(world())
    player.answers = False
    player.types("ann", PASSWORD)

    _, away = player.rules.world_away(player.dialogue)
    _, back = player.rules.world_back(player.dialogue)

    assert [type(effect) for effect in (*away, *back)] == [Say, Say]


def test_a_player_who_waits_for_nothing_is_not_troubled_by_an_absent_world() -> None:
    player = Player(world())

    assert player.rules.world_away(player.dialogue)[1] == ()


@pytest.mark.parametrize("code", [FailureCode.UNAVAILABLE, FailureCode.OVERLOADED, FailureCode.INTERNAL])
def test_a_failure_of_the_world_is_not_counted_as_a_wrong_password(code: FailureCode) -> None:
    player = Player(world())
    player.answers = False
    for _ in range(5):
        player.types("ann", PASSWORD)
        player._take(player.rules.failed(player.dialogue, code, "The world is elsewhere."))

    assert player.saw("The world is elsewhere.")
    assert player.dialogue.step is Step.ACCOUNT


@pytest.mark.parametrize("code", [FailureCode.TOO_MANY_ATTEMPTS, FailureCode.ACCOUNT_LOCKED])
def test_a_locked_account_ends_the_conversation(code: FailureCode) -> None:
    player = Player(world())
    player.answers = False
    player.types("ann", PASSWORD)

    player._take(player.rules.failed(player.dialogue, code, "Not now."))

    assert player.saw("Not now.")
    assert player.dialogue.step is Step.ENDED


def test_a_character_that_leaves_the_world_brings_the_player_back_to_the_menu() -> None:
    player = Player(world()).types("ann", PASSWORD, "1")

    player._take(player.rules.returned(player.dialogue, "You lie down to sleep."))

    assert player.saw("You lie down to sleep.")
    assert player.dialogue.step is Step.MENU
    assert player.types("quit").saw("Farewell")


def test_no_representation_of_a_dialogue_shows_a_password() -> None:
    player = Player(world())
    player.answers = False
    player.types("new", "eve", PASSWORD)
    shown = [repr(player.dialogue)]
    player.types(PASSWORD, PASSWORD)
    shown += [repr(player.dialogue), repr(player.effects)]

    assert PASSWORD not in "".join(shown)


def test_the_address_of_the_client_goes_with_its_attempts() -> None:
    player = Player(world()).types("ann", PASSWORD)

    assert [effect.request for effect in player.done(Send) if isinstance(effect, Send)] == [
        Authenticate("Ann", PASSWORD, "203.0.113.9")
    ]


WORDS = st.sampled_from(
    ["new", "quit", "back", "ann", "Brand", "eve", "1", "2", "create", "list", "help", "", PASSWORD, "sailor"]
)


@given(st.lists(WORDS | st.text(max_size=20), max_size=25))
def test_whatever_is_typed_the_player_is_asked_again_or_the_conversation_is_over(lines: list[str]) -> None:
    player = Player(world())
    for line in lines:
        player.effects.clear()
        player.types(line)
        if player.dialogue.step in (Step.ENDED, Step.PLAYING):
            break

        assert isinstance(player.effects[-1], AskFor)
        assert player.hidden is (player.dialogue.step.value.endswith("password"))


@given(st.lists(WORDS, max_size=12), st.integers(0, 12))
def test_a_silent_world_changes_nothing_but_the_time(lines: list[str], silent_from: int) -> None:
    prompt = Player(world()).types(*lines)
    late = Player(world()).types(*lines[:silent_from])
    late.answers = False
    late.types(*lines[silent_from:])

    late.world_answers()

    assert late.dialogue == prompt.dialogue
    assert [effect for effect in late.effects if isinstance(effect, Send)] == [
        effect for effect in prompt.effects if isinstance(effect, Send)
    ]


def test_one_set_of_rules_serves_many_players() -> None:
    rules = LoginDialogue()
    first, _ = rules.begin()
    second, _ = rules.begin()

    after, _ = rules.heard(first, "new")

    assert (after.step, second.step) == (Step.NEW_ACCOUNT, Step.ACCOUNT)


# Coming back ---------------------------------------------------------------------------------------------


TOKEN = "A" * TOKEN_LETTERS


@pytest.mark.parametrize("line", ["reconnect K7QM-2XWD", "  Reconnect   K7QM-2XWD "])
def test_a_code_at_the_door_is_shown_to_the_book_as_it_was_typed(line: str) -> None:
    player = Player(world()).types(line)

    assert player.done(ShowToken) == [ShowToken("K7QM-2XWD")]
    assert isinstance(player.dialogue.request, TokenShown)


def test_a_word_that_is_too_long_for_a_name_is_a_token() -> None:
    assert Player(world()).types(TOKEN).done(ShowToken) == [ShowToken(TOKEN)]


BEFORE_LOGIN = {
    "password": ["ann"],
    "new account": ["new"],
    "new password": ["new", "Zoe"],
    "repeated password": ["new", "Zoe", "correct horse"],
}


@pytest.mark.parametrize("lines", BEFORE_LOGIN.values(), ids=BEFORE_LOGIN)
@pytest.mark.parametrize("shown", ["K7QM-2XWD", "k7qm2xwd", TOKEN])
def test_a_code_is_no_password_whatever_is_asked_for(lines: list[str], shown: str) -> None:
    player = Player(world()).types(*lines, f"reconnect {shown}")

    assert player.effects[-1] == ShowToken(shown)
    assert not player.hidden
    assert player.dialogue.failures == 0


def test_a_password_may_begin_with_the_word_reconnect() -> None:
    table = WorldTable()
    table.add("Ann", "reconnect the dots", "Brand")

    player = Player(table).types("ann", "reconnect the dots")

    assert player.saw("Welcome, Ann")


def test_a_refused_code_leads_back_to_the_question_that_it_was_typed_at() -> None:
    player = Player(world()).types("ann", "reconnect K7QM-2XWD")

    player._take(player.rules.token_refused(player.dialogue, "It is too late."))

    assert player.saw("It is too late.")
    assert (player.prompt, player.hidden) == ("Password: ", True)


def test_reconnect_alone_is_explained() -> None:
    player = Player(world()).types("reconnect")

    assert player.saw("Without a code just log in")
    assert player.dialogue.step is Step.ACCOUNT


def test_a_token_that_opens_nothing_leads_back_to_the_question_and_what_was_typed_meanwhile_is_heard() -> (
    None
):
    player = Player(world()).types("reconnect K7QM-2XWD", "ann")
    assert player.dialogue.early == ("ann",)

    player._take(player.rules.token_refused(player.dialogue, "It is too late."))

    assert player.saw("It is too late.")
    assert player.dialogue.step is Step.PASSWORD
    assert player.hidden


def test_a_program_may_show_its_token_whatever_is_asked_but_not_while_an_answer_is_awaited() -> None:
    player = Player(world()).types("ann")
    player._take(player.rules.shows_token(player.dialogue, TOKEN))
    assert player.done(ShowToken) == [ShowToken(TOKEN)]

    waiting = Player(world())
    waiting.answers = False
    waiting.types("ann", PASSWORD)
    waiting._take(waiting.rules.shows_token(waiting.dialogue, TOKEN))
    assert waiting.done(ShowToken) == []


def test_no_representation_of_a_dialogue_or_an_effect_shows_a_token() -> None:
    player = Player(world()).types(f"reconnect {TOKEN}", TOKEN)

    assert TOKEN not in repr(player.dialogue)
    assert TOKEN not in repr(player.effects)


def logged_in_while_brand_plays(away_seconds: float | None) -> Player:
    player = Player(world())
    player.answers = False
    player.types("ann", PASSWORD)
    reply = player.world.answer(Authenticate("Ann", PASSWORD))
    assert isinstance(reply, Authenticated)
    running = (Running(7, reply.characters[0].id, away_seconds),)
    player._take(player.rules.answered(player.dialogue, reply, running))
    return player


def test_the_menu_says_who_is_in_the_world_already() -> None:
    assert logged_in_while_brand_plays(120).saw(
        "Brand, Sailor (The Quay), in the world, you were away for 2 min"
    )
    assert logged_in_while_brand_plays(None).saw("in the world, played from elsewhere")


def test_the_menu_says_who_is_in_the_world_with_another_gateway() -> None:
    table = world()
    table.characters[1][0] = msgspec.structs.replace(table.characters[1][0], is_played=True)

    assert Player(table).types("ann", PASSWORD).saw("Brand, Sailor (The Quay), in the world already")


def test_who_is_in_the_world_is_joined_there_and_not_selected() -> None:
    player = logged_in_while_brand_plays(120)
    character = player.dialogue.characters[0].id

    player.types("1", "look")

    assert player.done(Rejoin) == [Rejoin(7, character)]
    assert player.dialogue.early == ("look",)
    assert not any(
        isinstance(one.request, SelectCharacter) for one in player.done(Send) if isinstance(one, Send)
    )


def test_a_session_that_has_just_ended_leaves_its_character_to_be_selected() -> None:
    player = logged_in_while_brand_plays(120).types("1")

    player._take(player.rules.not_rejoined(player.dialogue))

    assert isinstance(player.dialogue.request, SelectCharacter)


def test_a_session_that_does_not_take_the_client_says_why_and_the_menu_asks_again() -> None:
    player = logged_in_while_brand_plays(None).types("1")

    player._take(player.rules.not_rejoined(player.dialogue, "Not now."))

    assert player.saw("Not now.")
    assert player.dialogue.request is None
    assert player.prompt == "Which one? "
