"""A player comes back to a session that has lost its client, or takes it over: by code, token or login."""

import re
import secrets
from collections.abc import Iterator
from itertools import count, islice, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.gateway.devices import DevicePolicy
from actors.gateway.messages.book import BookStatus, DescribeBook, SendAway
from actors.gateway.messages.link import DescribeLink, Incoming
from actors.gateway.messages.pool import CountConnections
from actors.gateway.missed_output import LINES_LIMIT
from actors.gateway.reconnect_results import AlreadyUsed, Garbage, SessionClosed, Unavailable, WrongState
from actors.gateway.session import Session
from actors.gateway.session_book import MENU_LIMIT
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_states import SessionState
from actors.rendering import Delivery
from tests.actors.gateway_kit import PASSWORD, Client, GatewayBench
from transports.link.protocol import (
    DisconnectReason,
    Performed,
    Request,
    RoomOutput,
    SelectCharacter,
    StructuredOutput,
    TextOutput,
)
from transports.markup import plain


def code_of(player: Client) -> str:
    """The code that it was told last."""
    found: list[str] = re.findall(r"“reconnect (\S+)”", "\n".join(player.lines))
    return found[-1]


def playing(gateway: GatewayBench, account: str = "Ann") -> tuple[Client, str]:
    """A player on plain telnet, and its code."""
    player = gateway.client().logs_in(account)
    gateway.advance(1)
    code = code_of(player)
    return player.forgets(), code


def data_of(player: Client, package: str) -> list[Any]:
    return [value for name, value in player.data if name == package]


@pytest.fixture
def gateway() -> Iterator[GatewayBench]:
    with GatewayBench() as gateway:
        gateway.starts_world()
        yield gateway


# By code ------------------------------------------------------------------------------------------------


def test_a_player_comes_back_by_its_code_and_sees_what_it_missed_and_where_it_is() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()
        for number in range(3):
            world.tells(TextOutput(f"Bell {number}."))
        gateway.advance(120)

        again = gateway.client().forgets().types(f"reconnect {code.lower()}")

        assert again.lines == [
            "You are back, after 2 minutes.",
            "This is what you have missed:",
            "Bell 0.",
            "Bell 1.",
            "Bell 2.",
            "Here you are.",
        ]
        assert again.prompt == "> "
        assert gateway.sessions() == ["1"]
        assert world.away == set()
        assert again.types("look").saw("Brand does look.")


def test_nothing_is_said_to_have_been_missed_where_there_is_nothing_to_read() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()
        world.tells(StructuredOutput("Char.Vitals", {"hp": 10}))
        gateway.advance(120)

        again = gateway.client().forgets().types(f"reconnect {code}")

        assert again.lines == ["You are back, after 2 minutes.", "Here you are."]


def test_a_code_at_the_prompt_of_the_password_opens_its_session_too() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()

        again = gateway.client().types("Ann", f"reconnect {code}")

        assert again.saw("You are back")
        assert again.echoes
        assert gateway.sessions() == ["1"]


def test_where_a_player_stands_is_not_said_among_what_it_missed_but_what_it_had_asked_for_is() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()
        [session] = world.places
        world.shows(session, RoomOutput("The Quay", "Gulls."))
        world.shows(session, RoomOutput("The Market", "Stalls."), cause=1)
        world.shows(session, TextOutput("It rains."), RoomOutput("The Market", "Stalls."))

        again = gateway.client().forgets().types(f"reconnect {code}")

        assert [line for line in again.lines if "Quay" in line or "Market" in line] == ["The Market"]
        assert again.saw("It rains.")
        assert again.lines[-1] == "Here you are."


def test_who_has_logged_in_is_told_the_code_before_the_world_says_anything() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.client().types("Ann", PASSWORD)
        gateway.keeps_sessions()
        player.forgets().types("1", "look")

        assert code_of(player)
        told, did = (
            next(number for number, line in enumerate(player.lines) if words in line)
            for words in ("“reconnect ", "Brand does look.")
        )
        assert told < did


def test_the_code_stays_the_same_from_character_to_character_and_is_told_once() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player, code = playing(gateway)

        player.types("quit", "1")
        gateway.advance(1)

        assert not player.saw("“reconnect ")
        player.hangs_up()
        assert gateway.client().types(f"reconnect {code}").saw("You are back")


def test_a_code_opens_its_session_once_and_the_player_gets_another() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()
        again = gateway.client().types(f"reconnect {code}")
        gateway.advance(1)
        another = code_of(again)
        again.hangs_up()

        late = gateway.client().types(f"reconnect {code}")
        assert late.saw(plain(AlreadyUsed.text))
        assert late.prompt.startswith("Your account's name")

        assert late.types(f"reconnect {another}").saw("You are back")


def test_reconnect_in_play_gives_a_code_and_never_reaches_the_world() -> None:
    with GatewayBench(session=SessionOptions(announce_code=False)) as gateway:
        world = gateway.starts_world()
        player = gateway.playing().types("Reconnect")
        gateway.advance(1)
        code = code_of(player)

        player.types("reconnect XXXX-XXXX").hangs_up()
        again = gateway.client().types(f"reconnect {code}")

        assert player.saw("You are here.")
        assert again.saw("You are back")
        assert world.ran == []


@pytest.mark.parametrize("typed", ["reconnect", "reconnect K7QM-2XWD"])
@pytest.mark.parametrize("away", ["", "the server is down"])
def test_after_reconnect_in_play_the_prompt_stands_again(typed: str, away: str) -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.playing().types("look")
        prompt, player.prompt = player.prompt, ""
        gateway.session_vault.away = away

        player.types(typed)
        gateway.advance(1)

        assert player.prompt == prompt


def test_garbage_is_told_and_the_question_is_asked_again() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()

        player = gateway.client().types("reconnect rubbish")

        assert player.saw(plain(Garbage.text))
        assert player.types("ann", PASSWORD).saw("Welcome, Ann!")


def test_what_is_typed_while_a_code_is_looked_up_waits_for_the_session_it_opens() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()
        gateway.session_vault.stands()
        again = gateway.client().types(f"reconnect {code}", "one", "two")
        assert world.ran == []

        gateway.session_vault.goes_on()
        gateway.settle()

        assert world.ran_by("Brand") == ["one", "two"]
        assert again.saw("Brand does two.")


def test_a_session_that_is_over_cannot_be_entered() -> None:
    with GatewayBench(session=SessionOptions(link_dead_seconds=60)) as gateway:
        gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()
        gateway.advance(70)

        again = gateway.client().types(f"reconnect {code}")

        assert not again.saw("You are back")
        assert again.prompt.startswith("Your account's name")


def test_no_code_is_looked_up_without_the_database_and_the_player_is_told() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()
        gateway.session_vault.away = "it rests"

        again = gateway.client().types(f"reconnect {code}")
        assert again.saw(plain(Unavailable.text))

        gateway.session_vault.away = ""
        assert again.types(f"reconnect {code}").saw("You are back")


def test_every_way_in_is_counted() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()
        gateway.client().types(f"reconnect {code}")
        gateway.client().types(f"reconnect {code}", "reconnect rubbish")

        status = gateway.ask("session_book", DescribeBook())

        assert isinstance(status, BookStatus)
        assert status.resumes == {"resumed": 1, AlreadyUsed.name: 1, Garbage.name: 1}


def test_a_token_that_is_shown_in_play_is_counted_as_the_wrong_state_and_used_by_nobody() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        page = gateway.client("websocket").logs_in()
        gateway.advance(1)
        token = data_of(page, "session.token")[-1]["token"]

        page.sends_data("session.resume", {"token": token})

        [refused] = data_of(page, "session.resume-failed")
        assert refused["reason"] == WrongState.name
        status = gateway.ask("session_book", DescribeBook())
        assert isinstance(status, BookStatus)
        assert status.resumes == {WrongState.name: 1}
        page.hangs_up()
        again = gateway.client("websocket").sends_data("session.resume", {"token": token})
        assert again.saw("You are back")


def test_a_token_whose_session_ends_in_that_moment_is_counted_as_that_and_not_as_a_return() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()
        session = gateway.system.find("/gateway/sessions/1")
        assert session is not None
        vault = gateway.session_vault
        vault.stands()
        again = gateway.client().types(f"reconnect {code}")
        # The answer is under way when the session goes.
        vault.goes_on()
        session.tell(SendAway("", DisconnectReason.KICKED))
        gateway.settle()

        status = gateway.ask("session_book", DescribeBook())

        assert isinstance(status, BookStatus)
        assert status.resumes == {SessionClosed.name: 1}
        assert again.saw(plain(SessionClosed.text))


# By token -----------------------------------------------------------------------------------------------


def test_a_page_comes_back_by_itself_and_gets_only_what_is_not_on_it() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        page = gateway.client("websocket").logs_in()
        gateway.advance(1)
        token = data_of(page, "session.token")[-1]["token"]
        (session,) = world.places
        world.shows(session, TextOutput("Seen."))
        gateway.settle()
        seen = data_of(page, "session.seq")[-1]
        page.sends_data("session.seen", seen)
        world.shows(session, TextOutput("Written, and never shown."))
        gateway.settle()
        page.hangs_up()
        world.shows(session, TextOutput("Missed."))
        gateway.settle()

        again = gateway.client("websocket").forgets()
        again.sends_data("session.resume", {"token": token, "seen": seen})

        assert [line for line in again.lines if line.endswith(("Seen.", "shown.", "Missed."))] == [
            "Written, and never shown.",
            "Missed.",
        ]
        assert data_of(again, "session.resumed") == [{"seen": seen, "missed": 0}]
        gateway.advance(1)
        assert data_of(again, "session.token")[-1]["token"] != token


def test_a_page_that_comes_back_late_is_told_why_it_cannot() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        page = gateway.client("websocket").logs_in()
        gateway.advance(1)
        token = data_of(page, "session.token")[-1]["token"]
        page.types("quit", "quit")

        again = gateway.client("websocket").sends_data("session.resume", {"token": token, "seen": 0})

        (failed,) = data_of(again, "session.resume-failed")
        assert failed["reason"] in (SessionClosed.name, "unknown_session")
        assert again.types("ann", PASSWORD).saw("Welcome, Ann!")


@pytest.mark.parametrize("seen", [10**30, -5])
def test_a_page_that_claims_to_have_what_there_never_was_is_shown_all(seen: int) -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        page = gateway.client("websocket").logs_in()
        gateway.advance(1)
        token = data_of(page, "session.token")[-1]["token"]
        page.sends_data("session.seen", seen).hangs_up()
        world.tells(TextOutput("Missed."))
        gateway.advance(1)

        again = gateway.client("websocket").sends_data("session.resume", {"token": token, "seen": seen})

        assert again.saw("Missed.")
        assert again.sends_data("session.seen", seen).types("look").saw("Brand does look.")
        gateway.advance(1)
        assert gateway.ask("link", DescribeLink()).is_up


def test_a_page_whose_session_crashed_is_given_a_token_that_is_kept_alive() -> None:
    with GatewayBench(session=SessionOptions(playing_idle_seconds=600, link_dead_seconds=600)) as gateway:
        gateway.starts_world()
        page = gateway.client("websocket").logs_in()
        gateway.advance(1)
        gateway.crash("sessions/1", Incoming([Delivery(Performed(99))], 1))
        for _ in range(8):
            gateway.advance(300)
            page.types("look")
        page.hangs_up()

        token = data_of(page, "session.token")[-1]["token"]
        again = gateway.client("websocket").sends_data("session.resume", {"token": token, "seen": 0})

        assert again.saw("You are back")


def test_a_gmcp_client_that_knows_the_package_comes_back_by_it() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        player = gateway.client().sends_data("Core.Supports.Set", ["Char 1", "Wyld.Resume 1"]).logs_in()
        gateway.advance(1)
        (given,) = data_of(player, "Wyld.Resume.Token")
        assert not player.saw("“reconnect")
        player.hangs_up()

        again = gateway.client().sends_data("Wyld.Resume", {"token": given["token"]})

        assert again.saw("You are back")
        assert gateway.sessions() == ["1"]


def test_a_whole_token_at_the_door_is_one_too() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        page = gateway.client("websocket").logs_in()
        gateway.advance(1)
        token = data_of(page, "session.token")[-1]["token"]
        page.hangs_up()

        assert gateway.client().types(token).saw("You are back")


def test_a_token_lives_as_long_as_its_session() -> None:
    with GatewayBench(session=SessionOptions(playing_idle_seconds=600, link_dead_seconds=600)) as gateway:
        gateway.starts_world()
        player, code = playing(gateway)
        for _ in range(20):
            gateway.advance(300)
            player.types("look")
        player.hangs_up()
        gateway.advance(500)

        assert gateway.client().types(f"reconnect {code}").saw("You are back")


def test_who_came_back_by_a_code_cannot_be_thrown_out_by_an_older_token() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        page = gateway.client("websocket").logs_in().types("reconnect")
        gateway.advance(1)
        token, code = data_of(page, "session.token")[-1]["token"], code_of(page)
        page.hangs_up()
        phone = gateway.client().types(f"reconnect {code}")
        gateway.advance(1)

        again = gateway.client("websocket").sends_data("session.resume", {"token": token, "seen": 0})

        (failed,) = data_of(again, "session.resume-failed")
        assert failed["reason"] == "wrong_secret"
        assert phone.is_open


# By the token that the client itself has made --------------------------------------------------------------


def page_with_token(gateway: GatewayBench) -> tuple[Client, str]:
    page = gateway.client("websocket").logs_in()
    gateway.advance(1)
    return page, data_of(page, "session.token")[-1]["token"]


def made() -> str:
    """The secret of a next token."""
    return secrets.token_urlsafe(32)


def following(token: str, secret: str) -> str:
    """The next token, by what its client knows."""
    return token[:12] + secret


def shows(page: Client, token: str, secret: str, seen: int = 0) -> Client:
    return page.sends_data("session.resume", {"token": token, "seen": seen, "next": secret})


def reasons(page: Client) -> list[str]:
    return [failed["reason"] for failed in data_of(page, "session.resume-failed")]


def test_the_token_that_a_page_has_made_is_the_one_it_is_told(gateway: GatewayBench) -> None:
    page, token = page_with_token(gateway)
    page.hangs_up()
    secret = made()

    again = shows(gateway.client("websocket"), token, secret)
    gateway.advance(1)

    assert [told["token"] for told in data_of(again, "session.token")] == [following(token, secret)]


def test_a_page_that_never_heard_the_answer_comes_back_by_what_it_has_made(
    gateway: GatewayBench,
) -> None:
    page, token = page_with_token(gateway)
    page.hangs_up()
    world = gateway.world
    assert world is not None
    world.tells(TextOutput("Missed."))
    gateway.session_vault.stands()
    first, second = made(), made()
    shows(gateway.client("websocket"), token, first).hangs_up()
    gateway.session_vault.goes_on()
    gateway.settle()

    again = shows(gateway.client("websocket"), token, second)
    assert reasons(again) == [AlreadyUsed.name]
    shows(again, following(token, first), second)

    assert again.saw("Missed.")
    assert again.types("look").saw("Brand does look.")
    gateway.advance(1)
    assert data_of(again, "session.token")[-1]["token"] == following(token, second)


def test_it_comes_back_also_when_the_gateway_was_killed_with_the_answer(gateway: GatewayBench) -> None:
    page, token = page_with_token(gateway)
    page.hangs_up()
    gateway.session_vault.loses_answers = True
    first, second = made(), made()
    shows(gateway.client("websocket"), token, first)
    gateway.gateway_dies()
    gateway.session_vault.loses_answers = False
    gateway.gateway_begins()

    again = shows(gateway.client("websocket"), token, second)
    shows(again, following(token, first), second)

    assert reasons(again) == [AlreadyUsed.name]
    assert again.saw("You are back")


def test_who_may_try_again_uses_the_token_it_has_made_if_the_other_was_taken(
    gateway: GatewayBench,
) -> None:
    page, token = page_with_token(gateway)
    page.hangs_up()
    gateway.session_vault.loses_answers = True
    first, second = made(), made()
    again = shows(gateway.client("websocket"), token, first)
    gateway.session_vault.loses_answers = False

    shows(again, token, second)
    shows(again, following(token, first), second)

    assert reasons(again) == [Unavailable.name, AlreadyUsed.name]
    assert again.saw("You are back")


def test_of_two_holders_of_a_token_one_goes_on_and_no_guess_helps_the_other(gateway: GatewayBench) -> None:
    page, token = page_with_token(gateway)
    page.hangs_up()
    mine, theirs = made(), made()
    one = shows(gateway.client("websocket"), token, mine)

    other = shows(gateway.client("websocket"), token, theirs)
    shows(other, following(token, theirs), made())
    shows(other, token, mine)

    assert reasons(other) == [AlreadyUsed.name, "wrong_secret", AlreadyUsed.name]
    assert one.is_open
    assert one.types("look").saw("Brand does look.")


def test_the_session_does_not_revoke_what_its_client_has_made_meanwhile(gateway: GatewayBench) -> None:
    page, token = page_with_token(gateway)
    first = made()
    gateway.session_vault.stands()
    shows(gateway.client("websocket"), token, first).hangs_up()
    gateway.session_vault.goes_on()
    for _ in range(30):
        # The half-open client is not found out, and its session keeps alive what it gave it.
        gateway.advance(120)
        page.types("look")

    assert shows(gateway.client("websocket"), following(token, first), made()).saw("You are here as well")


def test_a_client_program_on_telnet_makes_its_next_token_as_well(gateway: GatewayBench) -> None:
    _, token = page_with_token(gateway)
    secret = made()

    again = gateway.client().sends_data("Wyld.Resume", {"token": token, "next": secret})
    again.sends_data("Core.Supports.Set", ["Wyld.Resume 1"])
    gateway.advance(1)

    assert data_of(again, "Wyld.Resume.Token")[-1]["token"] == following(token, secret)
    again.hangs_up()
    back = gateway.client().sends_data("Wyld.Resume", {"token": following(token, secret)})
    assert back.saw("You are back")


def test_a_next_token_that_is_none_is_refused_and_uses_up_nothing(gateway: GatewayBench) -> None:
    _, token = page_with_token(gateway)
    again = gateway.client().sends_data("Wyld.Resume", {"token": token, "next": "rubbish"})

    assert [failed["reason"] for failed in data_of(again, "Wyld.Resume.Failed")] == [Garbage.name]

    assert again.sends_data("Wyld.Resume", {"token": token, "next": made()}).saw("You are here as well")


# By login -----------------------------------------------------------------------------------------------


def test_who_logs_in_is_offered_the_character_that_is_still_in_the_world() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        gateway.playing().hangs_up()
        world.tells(TextOutput("A bell."))
        gateway.advance(120)

        again = gateway.client().types("ann", PASSWORD)
        assert again.saw("Brand, Sailor (The Quay), in the world, you were away for 2 minutes")
        again.types("1", "look")

        assert again.saw("A bell.")
        assert again.saw("Brand does look.")
        assert gateway.sessions() == ["1"]
        assert len(world.places) == 1


def test_lines_typed_ahead_of_a_login_go_to_the_session_that_it_leads_to() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        gateway.playing().hangs_up()

        gateway.client().pastes("ann", PASSWORD, "1", "one", "two", "three")

        assert world.ran_by("Brand") == ["one", "two", "three"]
        assert gateway.sessions() == ["1"]


def test_a_session_that_ended_while_its_player_chose_is_begun_anew() -> None:
    with GatewayBench(session=SessionOptions(link_dead_seconds=60)) as gateway:
        world = gateway.starts_world()
        gateway.playing().hangs_up()
        gateway.advance(50)
        again = gateway.client().types("ann", PASSWORD)
        gateway.advance(20)
        assert gateway.sessions() == ["2"]

        assert again.types("1", "look").saw("Brand does look.")
        assert world.ran_by("Brand") == ["look"]


# Somebody is still there ---------------------------------------------------------------------------------


def test_a_half_open_client_is_taken_over_told_why_and_closed() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        old, code = playing(gateway)

        new = gateway.client().types(f"reconnect {code}")

        assert old.saw("Your character is being played from elsewhere now.")
        assert old.closed_for == "taken_over"
        assert new.types("look").saw("Brand does look.")
        assert gateway.record_of().state is SessionState.PLAYING
        assert world.away == set()
        assert gateway.ask("pool", CountConnections()) == 1


def test_one_device_only_refuses_another_login_and_lets_the_same_one_in() -> None:
    with GatewayBench(session=SessionOptions(devices=DevicePolicy.ONE)) as gateway:
        gateway.starts_world()
        old, code = playing(gateway)

        new = gateway.client().types("ann", PASSWORD, "1")
        assert new.saw("with another of your devices")
        assert old.is_open

        assert gateway.client().types(f"reconnect {code}").saw("You are here as well")
        assert not old.is_open


def test_shared_devices_all_see_everything_and_type_one_order_of_lines() -> None:
    with GatewayBench(session=SessionOptions(devices=DevicePolicy.SHARE)) as gateway:
        world = gateway.starts_world()
        desk, _ = playing(gateway)
        phone = gateway.client("websocket").types("ann", PASSWORD, "1")
        assert phone.saw("You are here as well.")

        desk.types("one")
        phone.types("two")
        desk.types("three")

        assert world.ran_by("Brand") == ["one", "two", "three"]
        for client in (desk, phone):
            assert [client.saw(f"Brand does {line}.") for line in ("one", "two", "three")] == [True] * 3
        desk.hangs_up()
        assert gateway.record_of().state is SessionState.PLAYING
        phone.hangs_up()
        assert gateway.record_of().state is SessionState.DISCONNECTED


# What was missed -----------------------------------------------------------------------------------------


def test_more_than_can_be_kept_is_said_aloud() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()
        for number in range(LINES_LIMIT + 20):
            world.tells(TextOutput(f"Bell {number}."))
        gateway.settle()

        again = gateway.client().types(f"reconnect {code}")

        assert again.saw("20 lines of it are lost")
        assert not again.saw("Bell 19.")
        assert [line for line in again.lines if line.startswith("Bell")] == [
            f"Bell {number}." for number in range(20, LINES_LIMIT + 20)
        ]


def test_what_was_shown_once_is_not_shown_to_the_next_client() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player, code = playing(gateway)
        world.tells(TextOutput("A bell."))
        gateway.settle()
        player.hangs_up()

        assert not gateway.client().types(f"reconnect {code}").saw("A bell.")


def test_the_output_of_the_last_lines_is_there_for_the_client_that_comes_back() -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player, code = playing(gateway)
        world.performs = False
        player.types("one", "two").hangs_up()
        world.goes_on()
        gateway.settle()

        again = gateway.client().types(f"reconnect {code}")

        assert [line for line in again.lines if line.startswith("Brand does")] == [
            "Brand does one.",
            "Brand does two.",
        ]


def test_only_a_session_that_somebody_looks_at_takes_its_character_from_another() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        here = gateway.playing("Bob")
        gateway.playing("Ann").hangs_up()
        gateway.kills_world()

        world = gateway.starts_world()

        gives_way = {
            place_of(one): one.body.gives_way
            for one in world.requests
            if isinstance(one.body, SelectCharacter)
        }
        assert here.is_open
        assert gives_way == {1: False, 2: True}


def place_of(request: Request) -> int:
    """The first, second, third session of its gateway's life."""
    return request.session & 0xFFFF


def test_who_comes_back_while_the_world_is_away_is_told_and_its_lines_are_kept() -> None:
    with GatewayBench() as gateway:
        first = gateway.starts_world()
        player, code = playing(gateway)
        player.hangs_up()
        first.saves()
        gateway.settle()
        gateway.kills_world()
        again = gateway.client().types(f"reconnect {code}", "one")
        assert again.saw("The world holds its breath.")

        world = gateway.starts_world(remembering=first)

        assert world.ran_by("Brand") == ["one"]
        assert again.saw("Here you are.")


def test_who_was_at_the_menu_comes_back_to_the_menu() -> None:
    with GatewayBench() as gateway:
        gateway.starts_world()
        page = gateway.client("websocket").types("ann", PASSWORD)
        gateway.advance(1)
        token = data_of(page, "session.token")[-1]["token"]
        page.hangs_up()

        again = gateway.client("websocket").sends_data("session.resume", {"token": token, "seen": 0})

        assert again.saw("Your characters:")
        assert again.types("1", "look").saw("Brand does look.")


# Moving --------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    before=st.integers(0, 3),
    # How many lines are typed in one read, one read after the other; the world works a little between them.
    # With the login no more than are kept while it is looked up (`early_lines`): what is past that is
    # refused.
    reads=st.lists(st.integers(1, 4), min_size=1, max_size=8).filter(lambda reads: sum(reads) <= 12),
    by_login=st.booleans(),
)
def test_lines_typed_while_a_client_moves_are_each_run_once_and_in_order(
    before: int, reads: list[int], by_login: bool
) -> None:
    with GatewayBench() as gateway:
        world = gateway.starts_world()
        player, code = playing(gateway)
        player.types(*(f"before {number}" for number in range(before))).hangs_up()
        again = gateway.client()
        way_in = ["ann", PASSWORD, "1"] if by_login else [f"reconnect {code}"]
        for line in way_in:
            again.types_unseen(line)

        count = 0
        for size in reads:
            again.pastes_unseen(*(f"line {number}" for number in range(count, count + size)))
            count += size
            gateway.works_a_little()
        gateway.settle()

        lines = [f"before {number}" for number in range(before)] + [f"line {n}" for n in range(count)]
        assert world.ran_by("Brand") == lines
        assert gateway.sessions() == ["1"]


@pytest.mark.parametrize("count", [10, pytest.param(500, marks=pytest.mark.slow)])
def test_however_many_come_back_at_once_each_session_has_exactly_one_owner(count: int) -> None:
    with GatewayBench(max_sessions=4000) as gateway:
        world = gateway.starts_world()
        names = [f"He{letters}" for letters in islice(map("".join, product("abcdefgh", repeat=4)), count)]
        for name in names:
            gateway.table.add(name, PASSWORD, name)
        players = [gateway.client().logs_in(name) for name in names]
        gateway.advance(1)
        codes = [code_of(player) for player in players]
        for player in players[::2]:
            player.hangs_up()

        # Each code is shown twice at the same time: one of the two is too late.
        comers = [gateway.client() for _ in range(2 * count)]
        for comer, code in zip(comers, [*codes, *codes], strict=True):
            comer.types_unseen(f"reconnect {code}")
        gateway.settle()
        gateway.advance(1)

        back = [comer for comer in comers if comer.saw("You are")]
        assert len(back) == count
        assert not any(player.is_open for player in players)
        for comer in back:
            comer.types_unseen("look")
        gateway.settle()
        assert sorted(world.ran) == [(name, "look") for name in names]
        assert gateway.ask("pool", CountConnections()) == 2 * count


# How many wait ------------------------------------------------------------------------------------------


def test_of_those_who_left_at_the_menu_of_one_account_the_last_few_wait(gateway: GatewayBench) -> None:
    player, code = playing(gateway)
    player.hangs_up()
    gateway.playing("Bob").hangs_up()

    for _ in range(10):
        gateway.client().types("Ann", PASSWORD).hangs_up()

    assert len(gateway.sessions()) == 2 + MENU_LIMIT
    assert gateway.client().types(f"reconnect {code}").saw("You are back")


def test_who_is_at_the_menu_stays_whoever_leaves(gateway: GatewayBench) -> None:
    there = [gateway.client().types("Ann", PASSWORD).forgets() for _ in range(10)]

    for _ in range(10):
        gateway.client().types("Ann", PASSWORD).hangs_up()

    assert all(client.is_open and not client.lines for client in there)


# What goes wrong on the way -----------------------------------------------------------------------------


def _crashes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The session that is to take a client stumbles over the first one."""
    good, calls = Session._show_missed, count()

    def bad(self: Session, *arguments: Any) -> None:
        if not next(calls):
            raise ValueError("a bug")
        good(self, *arguments)

    monkeypatch.setattr(Session, "_show_missed", bad)


def test_who_shows_a_code_to_a_session_that_crashes_over_it_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, gateway: GatewayBench
) -> None:
    player, code = playing(gateway)
    player.hangs_up()
    _crashes_once(monkeypatch)

    again = gateway.client().types(f"reconnect {code}")
    gateway.advance(1)

    assert again.saw(plain(Unavailable.text))
    assert again.prompt.startswith("Your account's name")
    assert again.logs_in().saw("You are back")
    assert gateway.sessions() == ["1"]


def test_who_chooses_a_running_character_whose_session_crashes_over_it_chooses_again(
    monkeypatch: pytest.MonkeyPatch, gateway: GatewayBench
) -> None:
    playing(gateway)[0].hangs_up()
    _crashes_once(monkeypatch)

    again = gateway.client().logs_in()
    gateway.advance(1)

    assert again.saw(plain(Unavailable.text))
    assert again.prompt.startswith("Which one?")
    assert again.types("1").saw("You are back")
    assert gateway.sessions() == ["1"]


def test_whoever_shows_one_wrong_thing_after_the_other_is_answered_later(gateway: GatewayBench) -> None:
    guesser = gateway.client().forgets()

    guesser.types(*["reconnect rubbish"] * 6)
    told_at_once = guesser.lines.count(plain(Garbage.text))
    gateway.advance(3.5)

    assert told_at_once == 3
    assert guesser.lines.count(plain(Garbage.text)) == 6
    assert guesser.types("ann", PASSWORD).saw("Welcome, Ann!")
