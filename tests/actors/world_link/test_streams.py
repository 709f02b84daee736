"""The table of all sessions of a world: whose each is, who waits, and what a gateway is told of them."""

from actors.world_link.streams import StreamTable
from tests.actors.stand_ins import somebody
from transports.link.protocol import (
    CharacterReleased,
    Frame,
    Output,
    Performed,
    Positions,
    SessionId,
    TextOutput,
)
from transports.link.streams import TailRecord

GATEWAY, WEST = b"gateway:1:1", b"west:1:1"
ANN, BOB, CYD = 7, 8, 9
BELL = TextOutput("A bell rings.")
BYE = CharacterReleased(1, "The world fades around you.")


def restored(*last_words: CharacterReleased) -> StreamTable:
    """A session that played nobody at the checkpoint, with outputs that its gateway may not have."""
    table = StreamTable()
    entries = tuple((0, body, 0) for body in last_words)
    table.restore(ANN, 2, TailRecord(10, 10, entries), now=0.0)
    return table


def playing(*sessions: SessionId, now: float = 0.0) -> StreamTable:
    """Sessions that play, and that nobody has claimed."""
    table = StreamTable()
    for session in sessions:
        table.open(session, now)
        table.play(session, somebody(), f"character:{session}", session)
    return table


def claimed(*sessions: SessionId) -> StreamTable:
    """Sessions that play, of one gateway."""
    table = playing(*sessions)
    table.claim(GATEWAY, dict.fromkeys(sessions, 0))
    return table


def bodies(frames: list[Frame]) -> list[object]:
    return [frame.body for frame in frames if isinstance(frame, Output)]


def test_a_session_in_play_is_known_whatever_its_gateway_has() -> None:
    table = StreamTable()
    table.open(ANN, 0.0, applied=3)
    table.play(ANN, somebody(), "character:ann", 1)

    positions, missed = table.claim(GATEWAY, {ANN: 0})

    assert positions == {ANN: (3, 3)}
    assert missed == []


def test_a_session_that_plays_nobody_is_known_until_its_gateway_has_its_last_words() -> None:
    positions, missed = restored(BYE).claim(GATEWAY, {ANN: 9})

    assert positions == {ANN: (2, 2)}
    assert bodies(missed) == [BYE]


def test_a_session_that_plays_nobody_and_has_had_its_last_words_selects_again() -> None:
    # Its gateway may have begun a second stay, which this world has never heard of.
    for received in (10, 25):
        table = restored(BYE)

        positions, missed = table.claim(GATEWAY, {ANN: received})

        assert positions == {}
        assert missed == []
        assert table.emit(ANN, 0, TextOutput("not for you")) == []


# Whose they are ----------------------------------------------------------------------------------------


def test_a_session_that_is_lost_or_over_is_not_known() -> None:
    table = playing(ANN, BOB)
    table.lose(ANN)
    ending = table.get(BOB)
    assert ending is not None
    ending.is_ending = True

    assert table.claim(GATEWAY, {ANN: 0, BOB: 0, CYD: 0}) == ({}, [])


def test_a_session_that_was_lost_is_known_again_when_it_has_selected() -> None:
    table = playing(ANN)
    table.lose(ANN)

    table.open(ANN, 0.0)

    assert table.claim(GATEWAY, {ANN: 0})[0] == {ANN: (0, 0)}


def test_opening_a_session_again_keeps_its_numbers() -> None:
    table = playing(ANN)
    table.performed(ANN, Performed(1, "> "))

    streams = table.open(ANN, 0.0, applied=40)

    assert streams.inbox.applied == 1
    assert streams.tail.last == 1


def test_outputs_wait_while_nobody_has_claimed_their_session() -> None:
    table = playing(ANN)

    assert table.emit(ANN, 0, BELL) == []

    assert bodies(table.claim(GATEWAY, {ANN: 0})[1]) == [BELL]


def test_the_sessions_of_a_connection_that_is_gone_wait_for_the_next_one() -> None:
    table = claimed(ANN, BOB)
    table.claim(WEST, {BOB: 0})

    assert table.leave(GATEWAY, 5.0) == [ANN]

    assert table.emit(ANN, 0, BELL) == []
    assert [peer for peer, _ in table.emit(BOB, 0, BELL)] == [WEST]


def test_a_session_is_given_up_once_when_nobody_has_claimed_it_for_so_long() -> None:
    table = playing(ANN, BOB, now=0.0)
    table.leave(GATEWAY, 0.0)
    table.open(BOB, 30.0)

    assert table.abandoned(59.0, 60.0) == []
    assert [one.session for one in table.abandoned(60.0, 60.0)] == [ANN]
    assert table.abandoned(61.0, 60.0) == []
    assert [one.session for one in table.abandoned(90.0, 60.0)] == [BOB]


def test_a_session_that_was_given_up_goes_on_after_what_was_run_for_it() -> None:
    table = claimed(ANN)
    streams = table.get(ANN)
    assert streams is not None
    for number in (1, 2):
        assert not streams.is_repeated(number, 100 + number)
        table.performed(ANN, Performed(number))
    table.leave(GATEWAY, 1.0)
    (given_up,) = table.abandoned(400.0, grace_seconds=300.0)
    table.close(given_up.session)

    again = table.open(ANN, 500.0, applied=1)

    assert again.inbox.position == (2, 1)
    assert again.is_repeated(3, 102), "the client's own number tells that it has come"
    assert not again.is_repeated(4, 103)


def test_a_session_that_has_ended_leaves_nothing_behind() -> None:
    table = claimed(ANN)
    table.performed(ANN, Performed(1))
    table.close(ANN)

    assert table.open(ANN, 500.0).inbox.position == (0, 0)


def test_a_session_that_is_claimed_in_time_is_not_given_up() -> None:
    table = playing(ANN, now=0.0)

    table.claim(GATEWAY, {ANN: 0})

    assert table.abandoned(1e9, 60.0) == []


def test_an_acknowledgement_counts_from_the_own_gateway_only() -> None:
    table = claimed(ANN)
    table.emit(ANN, 0, BELL)
    streams = table.get(ANN)
    assert streams is not None

    table.ack(WEST, {ANN: 1})
    assert streams.tail.unacked == 1

    table.ack(GATEWAY, {ANN: 1, CYD: 9})
    assert streams.tail.unacked == 0


def test_one_body_for_many_is_numbered_for_each_and_sent_once_to_each_gateway() -> None:
    table = claimed(ANN, BOB, CYD)
    table.claim(WEST, {CYD: 0})
    table.emit(BOB, 0, TextOutput("for Bob alone"))

    frames = dict(table.emit_to_many([ANN, BOB, CYD, 99], 0, BELL, 0))

    assert frames[GATEWAY].sessions == [ANN, BOB]
    assert frames[GATEWAY].numbers == [1, 2]
    assert frames[WEST].sessions == [CYD]


def test_lines_that_were_not_begun_are_for_others_when_the_character_is_out_of_play() -> None:
    table = claimed(ANN)
    streams = table.get(ANN)
    assert streams is not None
    streams.inbox.arrive(1)

    table.leave_play(ANN)

    assert streams.inbox.received == 0
    assert streams.ref is None
    assert streams.character == ""


# Out of play -------------------------------------------------------------------------------------------


def test_nothing_is_sent_to_a_session_whose_release_is_kept_back() -> None:
    table = claimed(ANN, BOB)
    table.release(ANN, BYE, 0.0)

    assert table.emit(ANN, 0, BELL) == []
    assert [frame.sessions for _, frame in table.emit_to_many([ANN, BOB], 0, BELL, 0)] == [[BOB]]


def test_a_release_is_sent_when_it_is_saved_after_what_is_durable() -> None:
    table = claimed(ANN)
    table.performed(ANN, Performed(1, ""))
    table.release(ANN, BYE, 0.0)
    points = table.snapshot()

    frames = table.saved(points)

    assert frames[0] == (GATEWAY, Positions({ANN: (1, 1)}))
    assert bodies([frame for _, frame in frames]) == [BYE]
    assert table.overdue(1e9, 2.0) == []


def test_a_release_that_waits_for_too_long_is_sent_once() -> None:
    table = claimed(ANN)
    table.release(ANN, BYE, 0.0)

    assert table.overdue(1.9, 2.0) == []
    assert bodies([frame for _, frame in table.overdue(2.0, 2.0)]) == [BYE]
    assert table.overdue(3.0, 2.0) == []
    assert table.saved(table.snapshot()) == []


def test_a_session_whose_release_is_kept_back_is_known() -> None:
    table = claimed(ANN)
    table.release(ANN, BYE, 0.0)

    assert table.claim(WEST, {ANN: 0}) == ({ANN: (0, 0)}, [])


# Checkpoints -------------------------------------------------------------------------------------------


def test_a_snapshot_has_what_has_moved_since_the_last_one() -> None:
    table = claimed(ANN, BOB)
    table.snapshot()
    table.emit(ANN, 0, BELL)

    assert list(table.snapshot()) == [ANN]
    assert table.snapshot() == {}


def test_a_session_that_is_closed_is_over_in_the_next_snapshot() -> None:
    table = claimed(ANN)

    table.close(ANN)

    assert table.snapshot()[ANN].is_over
    assert table.claim(GATEWAY, {ANN: 0}) == ({}, [])


def test_a_gateway_is_told_once_what_is_durable() -> None:
    table = claimed(ANN)
    table.performed(ANN, Performed(1, "> "))
    points = table.snapshot()

    assert table.saved(points) == [(GATEWAY, Positions({ANN: (1, 1)}))]
    assert table.saved(points) == []


def test_what_was_saved_of_an_earlier_life_of_an_id_says_nothing_of_the_next() -> None:
    table = claimed(ANN)
    table.performed(ANN, Performed(1, "> "))
    points = table.snapshot()
    table.close(ANN)
    table.open(ANN, 0.0)
    table.play(ANN, somebody(), "character:ann", 1)
    table.claim(GATEWAY, {ANN: 0})
    table.performed(ANN, Performed(1, "> "))

    assert table.saved(points) == []


def test_a_session_is_found_by_the_request_that_brought_it_into_play() -> None:
    table = claimed(ANN, BOB)
    streams = table.get(ANN)
    assert streams is not None
    streams.selected_by = ("gateway:1", 5)

    assert table.selected_by("gateway:1", 5) is streams
    assert table.selected_by("gateway:2", 5) is None
