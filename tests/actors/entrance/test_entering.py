"""Coming into play: who may, as what, and what happens when something is in the way."""

from collections.abc import Iterator

import pytest

from actors.storage.entities import EntityRecord
from actors.world.character import Character
from actors.world.messages.playing import Retire
from tests.actors.world_kit import RawGateway, WorldBench
from transports.link.protocol import (
    CharacterSelected,
    Command,
    DisconnectSession,
    FailureCode,
    ListCharacters,
    Performed,
    RoomOutput,
    SelectCharacter,
)

ANN, BOB = 7, 8


@pytest.fixture
def bench() -> Iterator[WorldBench]:
    with WorldBench() as bench:
        yield bench


def selected(gateway: RawGateway, request: int) -> CharacterSelected:
    (answer,) = gateway.answers(request)
    assert isinstance(answer, CharacterSelected), answer
    return answer


def room(gateway: RawGateway, session: int = ANN) -> str:
    """The last room that was shown."""
    return [body.name for body in gateway.shown(session) if isinstance(body, RoomOutput)][-1]


def performed(gateway: RawGateway, session: int = ANN) -> list[int]:
    return [body.number for body in gateway.shown(session) if isinstance(body, Performed)]


# As what -----------------------------------------------------------------------------------------------


def test_one_who_was_never_in_the_world_begins_in_the_start_room(bench: WorldBench) -> None:
    gateway = bench.gateway()

    answer = selected(gateway, gateway.selects(bench.account("Ann"), 1, ANN))

    assert answer.character.room == "room:harbour/quay"
    assert answer.applied == answer.outputs == 0
    assert room(gateway) == "The Old Quay"


def test_one_who_was_saved_is_where_he_was(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.put(Character.State(id="character:ann", number=1, name="Ann", room="room:town/market"))

    gateway.selects(account, 1, ANN)

    assert room(gateway) == "The Market"


def test_one_who_has_left_and_is_not_written_yet_is_where_he_was(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    gateway.selects(account, 1, ANN)
    gateway.sends(Command(ANN, 1, "east"), Command(ANN, 2, "quit"))

    # From another client, before anything is saved.
    gateway.selects(account, 1, BOB)

    assert room(gateway, BOB) == "The Market"


def test_one_whose_state_cannot_be_read_is_never_begun_anew(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.entities["character:ann"] = EntityRecord("character:ann", "character", b"\xc1")

    number = gateway.selects(account, 1, ANN)

    assert gateway.answers(number) == [FailureCode.WRONG_STATE]
    assert bench.vault.entities["character:ann"].state == b"\xc1"
    assert not isinstance(gateway.answers(gateway.asks(ListCharacters(account)))[0], FailureCode)


def test_a_session_that_is_new_to_this_world_goes_on_after_what_its_gateway_says(bench: WorldBench) -> None:
    gateway = bench.gateway()

    answer = selected(gateway, gateway.selects(bench.account("Ann"), 1, ANN, applied=41))

    assert answer.applied == 41
    assert performed(gateway.sends(Command(ANN, 42, "look"))) == [42]


# Who may -----------------------------------------------------------------------------------------------


def test_nobody_plays_the_character_of_another_account(bench: WorldBench) -> None:
    gateway = bench.gateway()
    bench.account("Ann")
    other = bench.account("Bob")

    assert gateway.answers(gateway.selects(other, 1, ANN)) == [FailureCode.NO_SUCH_CHARACTER]


def test_what_is_too_late_is_not_begun(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.is_slow = True
    number = gateway.selects(account, 1, ANN, seconds=2.0)

    bench.advance(1.5)
    bench.vault.hurries(bench)

    assert gateway.answers(number) == [FailureCode.DEADLINE_PASSED]
    assert not bench.half.has("characters/character:ann")


def test_without_a_database_nobody_comes_in_and_the_next_try_succeeds(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.is_away = True
    assert gateway.answers(gateway.selects(account, 1, ANN)) == [FailureCode.UNAVAILABLE]

    bench.vault.is_away = False

    assert selected(gateway, gateway.selects(account, 1, ANN))


def test_the_next_stay_waits_until_the_end_of_the_last_one_is_saved(bench: WorldBench) -> None:
    """The gateway numbers its lines from there on: no world may go back to before it."""
    gateway = bench.gateway()
    account = bench.account("Ann", "Amy")
    gateway.selects(account, 1, ANN)
    gateway.sends(Command(ANN, 1, "look"))
    bench.saves()
    # Out of play without a command: the numbers alone do not say that anything has happened.
    bench.half.ref("characters/character:ann").tell(Retire())
    bench.settle()

    number = gateway.selects(account, 2, ANN)

    assert selected(gateway, number).applied == 1
    assert bench.vault.positions.get(ANN) is None or bench.vault.positions[ANN].character is None


# In the way --------------------------------------------------------------------------------------------


def test_a_character_that_is_played_is_taken_over(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    gateway.selects(account, 1, ANN)
    gateway.sends(Command(ANN, 1, "get lantern"))

    gateway.selects(account, 1, BOB)

    assert isinstance(gateway.shown(ANN)[-1], DisconnectSession)
    gateway.sends(Command(BOB, 1, "drop lantern"))
    assert performed(gateway, BOB) == [1]


def test_a_session_without_client_takes_a_character_from_nobody(bench: WorldBench) -> None:
    east, west = bench.gateway("east"), bench.gateway("west")
    account = bench.account("Ann")
    west.selects(account, 1, BOB)

    ghost = east.asks(SelectCharacter(account, 1, gives_way=True), ANN)

    assert east.answers(ghost) == [FailureCode.ALREADY_PLAYING]
    assert performed(west.sends(Command(BOB, 1, "look")), BOB) == [1]


def test_a_session_without_client_is_brought_back_where_nobody_else_plays_its_character(
    bench: WorldBench,
) -> None:
    east, west = bench.gateway("east"), bench.gateway("west")
    account = bench.account("Ann")
    west.selects(account, 1, BOB)
    west.sends(Command(BOB, 1, "quit"))
    bench.advance(3.0)

    ghost = east.asks(SelectCharacter(account, 1, gives_way=True), ANN)

    assert selected(east, ghost)
    again = east.asks(SelectCharacter(account, 1, gives_way=True), ANN)
    assert selected(east, again), "it is its own"


def test_a_character_that_is_just_leaving_is_begun_as_it_left(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    gateway.selects(account, 1, ANN)
    gateway.sends(Command(ANN, 1, "east"))
    gateway.says(Command(ANN, 2, "quit"))

    number = gateway.selects(account, 1, BOB)
    bench.advance(0.2)

    assert selected(gateway, number)
    assert room(gateway, BOB) == "The Market"
    assert performed(gateway.sends(Command(BOB, 1, "look")), BOB) == [1]


def test_of_two_devices_that_select_at_once_one_plays(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.is_slow = True
    numbers = [gateway.selects(account, 1, session) for session in (ANN, BOB)]

    bench.vault.hurries(bench)
    gateway.sends(Command(ANN, 1, "look"), Command(BOB, 1, "look"))

    assert all(selected(gateway, number) for number in numbers)
    assert performed(gateway, ANN) == []
    assert performed(gateway, BOB) == [1]
