"""What a gateway asks of the world is worked on once and answered, also a selection."""

from tests.actors.world_kit import WorldBench
from tests.actors.world_link.playing import ANN, BOB, performed, playing
from transports.link.protocol import (
    Cancel,
    CharacterSelected,
    CloseSession,
    Command,
    CreateAccount,
    DisconnectReason,
    FailureCode,
    Heartbeat,
    ListCharacters,
    RoomOutput,
    SelectCharacter,
    SessionClosed,
    TextOutput,
)

# Requests ----------------------------------------------------------------------------------------------


def test_a_request_is_answered_once_however_often_it_is_sent(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")

    number = gateway.asks(ListCharacters(account))
    gateway.repeats(number)
    gateway.repeats(number)

    # Each time the same answer, as the one before may be lost; and the database is asked once.
    assert len(gateway.answers(number)) == 3
    assert bench.vault.asked.count(ListCharacters.__name__) == 1


def test_an_account_is_made_once_however_often_it_is_asked_for(bench: WorldBench) -> None:
    gateway = bench.gateway()

    number = gateway.asks(CreateAccount("Ann", "correct horse", ""))
    gateway.repeats(number)

    first, again = gateway.answers(number)
    assert first == again
    assert list(bench.vault.accounts) == ["Ann"]


def test_an_answer_finds_its_gateway_over_a_later_connection(bench: WorldBench) -> None:
    gateway = bench.gateway()
    bench.vault.is_slow = True
    number = gateway.asks(ListCharacters(bench.account("Ann")))

    gateway.disconnects().connects()
    bench.vault.hurries(bench)

    assert len(gateway.answers(number)) == 1


def test_what_nobody_answers_is_answered_as_overdue(bench: WorldBench) -> None:
    gateway = bench.gateway()
    bench.vault.is_slow = True
    number = gateway.asks(ListCharacters(bench.account("Ann")), seconds=3.0)

    for beat in range(1, 4):
        bench.advance(1.5)
        gateway.sends(Heartbeat(beat, 0))
    bench.vault.hurries(bench)

    assert gateway.answers(number) == [FailureCode.DEADLINE_PASSED]


def test_a_new_life_of_a_gateway_ends_the_requests_of_the_old_one(bench: WorldBench) -> None:
    bench.vault.is_slow = True
    bench.gateway(epoch=1).asks(ListCharacters(bench.account("Ann")))
    assert len(bench.half.link.requests) == 1

    bench.gateway(epoch=2)

    assert len(bench.half.link.requests) == 0


# Selecting ---------------------------------------------------------------------------------------------


def test_the_answer_to_a_selection_comes_before_the_first_output(bench: WorldBench) -> None:
    gateway = playing(bench)

    kinds = [type(getattr(frame, "body", None)) for frame in gateway.frames]

    assert kinds.index(CharacterSelected) < kinds.index(RoomOutput)


def test_a_selection_that_is_repeated_brings_one_character_into_play(bench: WorldBench) -> None:
    gateway = bench.gateway()
    number = gateway.selects(bench.account("Ann"), 1, ANN)

    gateway.repeats(number)

    first, again = gateway.answers(number)
    assert first == again
    assert performed(gateway.sends(Command(ANN, 1, "look"))) == [1]


def test_a_selection_whose_answer_was_lost_begins_over_the_next_connection(bench: WorldBench) -> None:
    gateway = bench.gateway()
    number = gateway.selects(bench.account("Ann"), 1, ANN)
    gateway.disconnects().connects()

    gateway.repeats(number)

    assert len(gateway.answers(number)) == 1
    assert any(isinstance(body, RoomOutput) for body in gateway.shown(ANN))
    assert performed(gateway.sends(Command(ANN, 1, "look"))) == [1]


def test_a_selection_that_is_repeated_when_its_stay_is_over_is_not_begun_again(bench: WorldBench) -> None:
    gateway = bench.gateway()
    number = gateway.selects(bench.account("Ann"), 1, ANN)
    gateway.sends(Command(ANN, 1, "quit"))
    bench.advance(0.2)
    gateway.disconnects().connects()

    gateway.repeats(number)

    assert gateway.answers(number) == [FailureCode.UNAVAILABLE]


def test_a_cancel_that_comes_before_the_answer_takes_the_character_out_again(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.is_slow = True
    number = gateway.selects(account, 1, ANN)

    gateway.sends(Cancel(number))
    bench.vault.hurries(bench)

    assert gateway.answers(number) == []
    assert not bench.half.has(f"sessions/session-{ANN}")
    assert bench.half.link.streams.get(ANN) is None


def test_a_cancel_that_comes_after_the_answer_takes_the_character_out_again(bench: WorldBench) -> None:
    gateway = bench.gateway()
    number = gateway.selects(bench.account("Ann"), 1, ANN)

    gateway.sends(Cancel(number))
    bench.advance(0.2)

    assert not bench.half.has(f"sessions/session-{ANN}")
    assert bench.half.link.streams.get(ANN) is None


def test_a_cancel_of_an_earlier_stay_leaves_the_next_one_alone(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    first = gateway.selects(account, 1, ANN)
    gateway.sends(Command(ANN, 1, "quit"))
    bench.advance(0.2)
    gateway.selects(account, 1, ANN)

    gateway.sends(Cancel(first))

    assert performed(gateway.sends(Command(ANN, 2, "look"))) == [1, 2]


def test_a_session_that_selects_twice_plays_the_second_one_only(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann", "Amy")
    gateway.selects(account, 1, ANN)
    gateway.frames.clear()

    number = gateway.selects(account, 2, ANN)
    bench.advance(0.2)

    (selected,) = gateway.answers(number)
    assert isinstance(selected, CharacterSelected)
    assert selected.character.name == "Amy"
    gateway.sends(Command(ANN, selected.applied + 1, "who"))
    names = " ".join(body.text for body in gateway.shown(ANN) if isinstance(body, TextOutput))
    assert "Amy" in names
    assert "Ann" not in names


def test_two_sessions_that_select_one_character_leave_it_to_the_second(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    gateway.selects(account, 1, ANN)

    gateway.selects(account, 1, BOB)

    assert type(gateway.shown(ANN)[-1]).__name__ == "DisconnectSession"
    assert performed(gateway.sends(Command(ANN, 1, "look"))) == []
    assert performed(gateway.sends(Command(BOB, 1, "look")), BOB) == [1]


def test_a_selection_for_a_client_that_has_left_is_refused(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.is_slow = True
    selection = gateway.selects(account, 1, ANN)

    closing = gateway.asks(CloseSession(DisconnectReason.CLIENT_CLOSED), ANN)
    bench.vault.hurries(bench)

    assert gateway.answers(closing) == [SessionClosed()]
    assert gateway.answers(selection) == [FailureCode.NO_SUCH_SESSION]
    assert not bench.half.has(f"sessions/session-{ANN}")


def test_a_selection_is_answered_with_where_the_last_stay_ended(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    gateway.selects(account, 1, ANN)
    gateway.sends(Command(ANN, 1, "quit"))
    bench.advance(0.2)

    number = gateway.asks(SelectCharacter(account, 1), ANN)

    (selected,) = gateway.answers(number)
    assert isinstance(selected, CharacterSelected)
    assert selected.applied == 1
    assert bench.vault.positions.get(ANN) is None or bench.vault.positions[ANN].applied == 1
