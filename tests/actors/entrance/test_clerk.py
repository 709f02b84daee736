"""What a clerk answers, request by request: the rules of accounts and characters, and a typed no."""

from collections.abc import Iterator

import pytest

from actors.storage.entities import EntityRecord
from actors.world.character import Character
from tests.actors.gateway_kit import PASSWORD
from tests.actors.world_kit import RawGateway, WorldBench
from transports.link.protocol import (
    AccountCreated,
    Authenticate,
    Authenticated,
    BackgroundList,
    ChangePassword,
    CharacterCreated,
    CharacterLeft,
    CharacterList,
    CloseSession,
    Command,
    CreateAccount,
    CreateCharacter,
    DisconnectNoted,
    DisconnectReason,
    EntityStateChanged,
    Failure,
    FailureCode,
    LeaveCharacter,
    ListBackgrounds,
    ListCharacters,
    PasswordChanged,
    Performed,
    Prompt,
    QueueStatistics,
    ReplyBody,
    ReportQueues,
    RequestBody,
    RoomOutput,
    SessionClosed,
    SessionDisconnected,
    SessionReconnected,
    SessionResumed,
)

ANN = 7


@pytest.fixture
def bench() -> Iterator[WorldBench]:
    with WorldBench() as bench:
        yield bench


@pytest.fixture
def gateway(bench: WorldBench) -> RawGateway:
    return bench.gateway()


def answer(gateway: RawGateway, body: RequestBody, session: int = 0) -> ReplyBody | FailureCode:
    (found,) = gateway.answers(gateway.asks(body, session))
    return found


# Accounts ----------------------------------------------------------------------------------------------


def test_a_new_account_can_log_in(gateway: RawGateway) -> None:
    created = answer(gateway, CreateAccount("Ann", PASSWORD, ""))
    assert isinstance(created, AccountCreated)

    known = answer(gateway, Authenticate("Ann", PASSWORD, ""))

    assert isinstance(known, Authenticated)
    assert known.account.id == created.account.id
    assert known.characters == ()


def test_a_wrong_password_and_an_unknown_name_get_the_same_no(gateway: RawGateway) -> None:
    answer(gateway, CreateAccount("Ann", PASSWORD, ""))

    assert answer(gateway, Authenticate("Ann", "wrong horse", "")) is FailureCode.BAD_CREDENTIALS
    assert answer(gateway, Authenticate("Bob", PASSWORD, "")) is FailureCode.BAD_CREDENTIALS


@pytest.mark.parametrize("password", ["short", "x" * 129, "annannann"])
def test_a_password_that_protects_nothing_is_refused(gateway: RawGateway, password: str) -> None:
    assert answer(gateway, CreateAccount("Ann", password, "")) is FailureCode.PASSWORD_WEAK


def test_a_no_says_how_to_mend_it(gateway: RawGateway) -> None:
    answer(gateway, CreateAccount("Ann", "short", ""))

    (no,) = gateway.of(Failure)
    assert no.text == "A password has 8 to 128 characters."


def test_a_password_is_changed_by_who_knows_it(gateway: RawGateway) -> None:
    answer(gateway, CreateAccount("Ann", PASSWORD, ""))

    assert answer(gateway, ChangePassword("Ann", PASSWORD, "battery staple")) == PasswordChanged()

    assert answer(gateway, Authenticate("Ann", PASSWORD, "")) is FailureCode.BAD_CREDENTIALS
    assert isinstance(answer(gateway, Authenticate("Ann", "battery staple", "")), Authenticated)


def test_who_does_not_know_the_password_changes_nothing_and_is_told_so(gateway: RawGateway) -> None:
    answer(gateway, CreateAccount("Ann", PASSWORD, ""))

    assert answer(gateway, ChangePassword("Ann", "wrong", "battery staple")) is FailureCode.BAD_CREDENTIALS

    (no,) = gateway.of(Failure)
    assert no.text == "That is not your password. It stays as it is."
    assert isinstance(answer(gateway, Authenticate("Ann", PASSWORD, "")), Authenticated)


@pytest.mark.parametrize("password", ["short", "x" * 129, "annannann"])
def test_no_password_is_changed_for_one_that_protects_nothing(gateway: RawGateway, password: str) -> None:
    answer(gateway, CreateAccount("Ann", PASSWORD, ""))

    assert answer(gateway, ChangePassword("Ann", PASSWORD, password)) is FailureCode.PASSWORD_WEAK


@pytest.mark.parametrize("name", ["", "x", "Ann;drop", "a" * 50])
def test_a_name_that_cannot_be_one_is_refused(gateway: RawGateway, name: str) -> None:
    assert answer(gateway, CreateAccount(name, PASSWORD, "")) is FailureCode.NAME_INVALID


def test_a_name_is_given_once(gateway: RawGateway) -> None:
    answer(gateway, CreateAccount("Ann", PASSWORD, ""))

    assert answer(gateway, CreateAccount("Ann", PASSWORD, "")) is FailureCode.NAME_TAKEN


# Characters --------------------------------------------------------------------------------------------


def test_a_new_character_is_on_the_list(bench: WorldBench, gateway: RawGateway) -> None:
    account = bench.account()

    created = answer(gateway, CreateCharacter(account, "Ann", "wanderer"))

    assert isinstance(created, CharacterCreated)
    listed = answer(gateway, ListCharacters(account))
    assert isinstance(listed, CharacterList)
    assert [one.name for one in listed.characters] == ["Ann"]
    assert listed.characters[0].place == ""


def test_the_list_says_where_each_one_is(bench: WorldBench, gateway: RawGateway) -> None:
    account = bench.account("Ann")
    bench.vault.put(Character.State(id="character:ann", room="room:town/market"))

    listed = answer(gateway, ListCharacters(account))

    assert isinstance(listed, CharacterList)
    assert listed.characters[0].place == "The Market"


def test_the_list_says_who_is_in_the_world(bench: WorldBench, gateway: RawGateway) -> None:
    account = bench.account("Ann", "Amy")
    gateway.selects(account, 2, 7)

    listed = answer(gateway, ListCharacters(account))

    assert isinstance(listed, CharacterList)
    assert {one.name: one.is_played for one in listed.characters} == {"Ann": False, "Amy": True}


def test_one_state_that_cannot_be_read_keeps_no_other_from_the_list(
    bench: WorldBench, gateway: RawGateway
) -> None:
    account = bench.account("Ann", "Amy")
    bench.vault.entities["character:ann"] = EntityRecord("character:ann", "character", b"\xc1")
    bench.vault.put(Character.State(id="character:amy", room="room:town/market"))

    listed = answer(gateway, ListCharacters(account))

    assert isinstance(listed, CharacterList)
    assert [one.place for one in listed.characters] == ["", "The Market"]


def test_there_is_room_for_so_many_characters(bench: WorldBench, gateway: RawGateway) -> None:
    account = bench.account("Ann", "Amy", "Abe", "Ada", "Ari", "Asa", "Ava", "Aya")

    assert answer(gateway, CreateCharacter(account, "Alf", "wanderer")) is FailureCode.TOO_MANY_CHARACTERS


def test_a_background_has_to_exist(bench: WorldBench, gateway: RawGateway) -> None:
    known = answer(gateway, ListBackgrounds())
    assert isinstance(known, BackgroundList)
    assert "wanderer" in {one.id for one in known.backgrounds}

    no = answer(gateway, CreateCharacter(bench.account(), "Ann", "dragon"))

    assert no is FailureCode.UNKNOWN_BACKGROUND


# Sessions ----------------------------------------------------------------------------------------------


def test_a_session_that_plays_nobody_cannot_leave_or_come_back(gateway: RawGateway) -> None:
    assert answer(gateway, LeaveCharacter(), ANN) is FailureCode.NO_SUCH_SESSION
    assert answer(gateway, SessionReconnected("telnet"), ANN) is FailureCode.NO_SUCH_SESSION


def test_a_character_leaves_on_request(bench: WorldBench, gateway: RawGateway) -> None:
    gateway.selects(bench.account("Ann"), 1, ANN)
    assert answer(gateway, SessionReconnected("telnet"), ANN) == SessionResumed("character:ann")

    assert answer(gateway, LeaveCharacter(), ANN) == CharacterLeft(0)

    bench.advance(0.2)
    assert not bench.half.has("characters/character:ann")


def test_a_character_whose_client_is_gone_stays_and_does_what_was_typed(
    bench: WorldBench, gateway: RawGateway
) -> None:
    gateway.selects(bench.account("Ann"), 1, ANN)

    noted = answer(gateway, SessionDisconnected(DisconnectReason.CLIENT_LOST, 900.0), ANN)
    gateway.sends(Command(ANN, 1, "get lantern"))

    assert noted == DisconnectNoted(900.0)
    assert Performed(1, "> ") in gateway.shown(ANN)


def test_a_client_that_is_back_is_shown_the_room_and_then_the_prompt(
    bench: WorldBench, gateway: RawGateway
) -> None:
    gateway.selects(bench.account("Ann"), 1, ANN)
    answer(gateway, SessionDisconnected(DisconnectReason.CLIENT_LOST), ANN)
    seen = len(gateway.shown(ANN))

    resumed = answer(gateway, SessionReconnected("telnet", away_seconds=60.0), ANN)
    bench.advance(0.2)

    *states, room, prompt = gateway.shown(ANN)[seen:]
    assert resumed == SessionResumed("character:ann")
    assert [type(state) for state in states] == [EntityStateChanged] * 2
    assert isinstance(room, RoomOutput)
    assert prompt == Prompt("> ")


def test_the_session_that_a_gateway_closes_ends(bench: WorldBench, gateway: RawGateway) -> None:
    gateway.selects(bench.account("Ann"), 1, ANN)

    assert answer(gateway, CloseSession(DisconnectReason.QUIT), ANN) == SessionClosed()

    bench.advance(0.2)
    assert bench.half.link.streams.get(ANN) is None


def test_the_queues_are_reported(bench: WorldBench, gateway: RawGateway) -> None:
    gateway.selects(bench.account("Ann"), 1, ANN)
    gateway.sends(Command(ANN, 1, "look"))

    queues = answer(gateway, ReportQueues())

    assert isinstance(queues, QueueStatistics)
    assert (queues.sessions, queues.commands_waiting, queues.commands_not_durable) == (1, 0, 1)
    assert queues.outputs_unacknowledged > 0
