"""The desk: each request gets a clerk, one account is served by one at a time, and nobody waits for ever."""

from collections.abc import Iterator

import msgspec
import pytest

from actors.storage.positions import Position
from actors.world.character import Character
from tests.actors.world_kit import RawGateway, WorldBench
from transports.link.protocol import (
    CharacterCreated,
    CharacterReleased,
    CharacterSelected,
    Command,
    CreateCharacter,
    FailureCode,
    ListBackgrounds,
    ListCharacters,
    Output,
    Performed,
    RoomOutput,
    TextOutput,
)
from transports.link.streams import TailRecord

ANN = 7


@pytest.fixture
def bench() -> Iterator[WorldBench]:
    with WorldBench() as bench:
        yield bench


def numbers(gateway: RawGateway, session: int = ANN) -> list[int]:
    return [frame.number for frame in gateway.of(Output) if frame.session == session]


# Requests ----------------------------------------------------------------------------------------------


def test_requests_of_one_account_are_served_one_after_the_other(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann", "Amy", "Abe", "Ada", "Ari", "Asa", "Ava")
    bench.vault.is_slow = True

    first = gateway.asks(CreateCharacter(account, "Alf", "wanderer"))
    second = gateway.asks(CreateCharacter(account, "Ana", "wanderer"))
    bench.vault.hurries(bench)

    # There was room for one.
    assert [type(answer) for answer in gateway.answers(first)] == [CharacterCreated]
    assert gateway.answers(second) == [FailureCode.TOO_MANY_CHARACTERS]


def test_requests_of_different_accounts_do_not_wait_for_each_other(bench: WorldBench) -> None:
    gateway = bench.gateway()
    ann, bob = bench.account("Ann"), bench.account("Bob")
    bench.vault.is_slow = True

    for account in (ann, bob):
        gateway.asks(ListCharacters(account))

    assert len(bench.vault.waiting) == 2


def test_what_concerns_no_account_waits_for_nobody(bench: WorldBench) -> None:
    gateway = bench.gateway()
    bench.vault.is_slow = True
    gateway.asks(ListCharacters(bench.account("Ann")))

    assert gateway.answers(gateway.asks(ListBackgrounds()))


def test_a_clerk_that_crashes_is_one_request_that_failed(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.characters.pop(account)

    failed = gateway.asks(ListCharacters(account))
    bench.vault.characters[account] = []
    after = gateway.asks(ListCharacters(account))

    assert gateway.answers(failed) == [FailureCode.INTERNAL]
    assert len(gateway.answers(after)) == 1
    assert not isinstance(gateway.answers(after)[0], FailureCode)


def test_a_desk_that_crashes_answers_all_that_it_had(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.is_slow = True
    asked = [gateway.asks(ListCharacters(account)) for _ in range(3)]

    bench.crashes("desk")
    bench.vault.hurries(bench)

    assert [gateway.answers(one) for one in asked] == [[FailureCode.INTERNAL]] * 3
    assert not isinstance(gateway.answers(gateway.asks(ListCharacters(account)))[0], FailureCode)


def test_a_request_waits_for_a_desk_that_is_being_restarted(bench: WorldBench) -> None:
    gateway = bench.gateway()
    bench.crashes("desk")
    bench.crashes("desk")
    number = gateway.asks(ListBackgrounds())
    assert gateway.answers(number) == []

    bench.advance(2.0)

    assert len(gateway.answers(number)) == 1


# The last checkpoint -----------------------------------------------------------------------------------


def put_in_play(bench: WorldBench, room: str = "room:harbour/quay") -> None:
    """A character and a session as a checkpoint had them."""
    bench.account("Ann")
    state = Character.State(id="character:ann", number=1, name="Ann", room=room)
    bench.vault.put(state)
    tail = TailRecord(10, 10, ((4, TextOutput("the last answer"), 0),))
    bench.vault.positions[ANN] = Position(ANN, 4, state.id, msgspec.msgpack.encode(tail))


def test_a_session_that_was_in_play_goes_on_where_it_stood(bench: WorldBench) -> None:
    put_in_play(bench)
    bench.restarts()

    gateway = bench.gateway()
    gateway.connects({ANN: 9})

    assert gateway.positions == {ANN: (4, 4)}
    assert gateway.shown(ANN)[0] == TextOutput("the last answer")
    gateway.sends(Command(ANN, 5, "look"))
    assert gateway.shown(ANN)[-1] == Performed(5, "> ")


def test_outputs_of_the_new_world_are_numbered_past_those_of_the_old_one(bench: WorldBench) -> None:
    put_in_play(bench)
    bench.restarts()

    gateway = bench.gateway()
    gateway.connects({ANN: 25})

    assert TextOutput("the last answer") not in gateway.shown(ANN)
    assert min(numbers(gateway)) == 26


def test_a_session_whose_character_cannot_be_read_selects_again(bench: WorldBench) -> None:
    put_in_play(bench)
    bench.vault.entities.clear()
    bench.restarts()

    gateway = bench.gateway()
    # Also when it has not seen all that the old world had to say.
    gateway.connects({ANN: 9})

    assert gateway.positions == {}
    (selected,) = gateway.answers(gateway.selects(1, 1, ANN, applied=4))
    assert isinstance(selected, CharacterSelected)
    assert selected.applied == 4


def test_a_session_whose_outputs_cannot_be_read_loses_only_those(bench: WorldBench) -> None:
    put_in_play(bench)
    bench.vault.positions[ANN] = Position(ANN, 4, "character:ann", b"\xc1")
    bench.restarts()

    gateway = bench.gateway()
    gateway.connects({ANN: 10})

    assert gateway.positions == {ANN: (4, 4)}
    assert min(numbers(gateway)) == 11


def test_last_words_outlast_the_world_that_said_them(bench: WorldBench) -> None:
    bye = CharacterReleased(1, "Bye.")
    bench.vault.positions[ANN] = Position(
        ANN, 4, None, msgspec.msgpack.encode(TailRecord(10, 10, ((0, bye, 0),)))
    )
    bench.restarts()

    gateway = bench.gateway()
    gateway.connects({ANN: 9})

    assert gateway.shown(ANN) == [bye]


def test_a_character_whose_room_is_gone_wakes_in_the_start_room(bench: WorldBench) -> None:
    put_in_play(bench, room="room:town/demolished")
    bench.restarts()

    gateway = bench.gateway()
    gateway.connects({ANN: 10})

    (view,) = (body for body in gateway.shown(ANN) if isinstance(body, RoomOutput))
    assert view.name == "The Old Quay"
