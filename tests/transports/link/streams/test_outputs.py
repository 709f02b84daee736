"""The output stream: everything arrives once, in order, over lost batches, new worlds and new gateways."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.link.errors import PositionAhead
from transports.link.protocol import Output, OutputsMissed, TextOutput
from transports.link.streams import (
    TAIL_LIMIT,
    Arrival,
    OutputInbox,
    OutputTail,
    TailRecord,
    arrivals,
    multicast,
)


def body(number: int) -> TextOutput:
    return TextOutput(f"output {number}")


def tail_with(outputs: int) -> OutputTail:
    tail = OutputTail(7)
    for number in range(1, outputs + 1):
        assert tail.append(0, body(number)) == number
    return tail


def restored(tail: OutputTail) -> OutputTail:
    """As a checkpoint brings it back: through bytes."""
    data = msgspec.msgpack.encode(tail.snapshot())
    return OutputTail(tail.session, msgspec.msgpack.decode(data, type=TailRecord))


def test_outputs_are_numbered_and_kept_until_acknowledged() -> None:
    tail = tail_with(3)
    tail.ack(1)

    assert tail.unacked == 2
    assert tail.resume(1) == [Output(7, 2, 0, body(2)), Output(7, 3, 0, body(3))]


def test_a_late_or_doubled_ack_changes_nothing() -> None:
    tail = tail_with(3)
    tail.ack(2)
    tail.ack(1)
    tail.ack(2)

    assert (tail.acked, tail.unacked) == (2, 1)


def test_an_ack_for_what_was_never_sent_is_reported() -> None:
    tail = tail_with(2)

    with pytest.raises(PositionAhead):
        tail.ack(3)
    with pytest.raises(PositionAhead):
        tail.resume(3)


def test_a_full_tail_lets_the_oldest_go_and_names_the_gap() -> None:
    tail = tail_with(TAIL_LIMIT + 1)

    missed, *rest = tail.resume(0)

    first = tail.last - tail.unacked + 1
    assert missed == OutputsMissed(7, 1, first - 1)
    assert [frame.number for frame in rest if isinstance(frame, Output)] == list(range(first, tail.last + 1))


def test_a_multicast_gives_each_session_its_own_next_number() -> None:
    tails = [tail_with(count) for count in (0, 4, 2)]

    frame = multicast(tails, 9, TextOutput("Ann waves."), origin=7)

    assert (frame.numbers, frame.cause, frame.origin) == ([1, 5, 3], 9, 7)
    assert all(tail.resume(tail.last - 1)[0].cause == 9 for tail in tails)  # type: ignore[union-attr]


def test_a_multicast_bounds_every_tail() -> None:
    tail = OutputTail(7)
    for _ in range(TAIL_LIMIT + 1):
        multicast([tail], 0, body(1))

    assert tail.unacked <= TAIL_LIMIT


def test_the_gateway_drops_what_it_has_and_reports_a_gap() -> None:
    inbox = OutputInbox()

    assert [inbox.arrive(n) for n in (1, 1, 3, 2, 3)] == [
        Arrival.NEXT,
        Arrival.DUPLICATE,
        Arrival.GAP,
        Arrival.NEXT,
        Arrival.NEXT,
    ]


def test_the_gateway_goes_on_after_outputs_that_will_not_come() -> None:
    inbox = OutputInbox(received=3)

    assert inbox.skip(OutputsMissed(7, 5, 9)) is Arrival.GAP
    assert inbox.skip(OutputsMissed(7, 1, 3)) is Arrival.DUPLICATE
    assert inbox.skip(OutputsMissed(7, 4, 9)) is Arrival.NEXT
    assert inbox.arrive(10) is Arrival.NEXT


def test_a_multicast_is_shown_to_those_who_are_here_and_have_not_seen_it() -> None:
    tails = [OutputTail(session) for session in (1, 2, 3, 4)]
    tails[1].append(0, body(1))
    inboxes = {1: OutputInbox(), 2: OutputInbox(), 3: OutputInbox(received=1)}

    show, gaps = arrivals(inboxes, multicast(tails, 0, body(2)))

    assert (show, gaps) == ([1], [2])


def test_a_new_life_of_the_gateway_is_told_where_to_begin() -> None:
    tail = tail_with(5)
    tail.ack(3)
    inbox = OutputInbox()

    frames = tail.resume(0)

    assert frames[0] == OutputsMissed(7, 1, 3, acknowledged=True)
    assert isinstance(frames[0], OutputsMissed)
    assert inbox.skip(frames[0]) is Arrival.NEXT
    assert [inbox.arrive(frame.number) for frame in frames[1:] if isinstance(frame, Output)] == [
        Arrival.NEXT
    ] * 2


def test_a_new_world_sends_again_what_the_checkpoint_held_and_the_gateway_lacks() -> None:
    tail = restored(tail_with(5))

    assert [frame.number for frame in tail.resume(3) if isinstance(frame, Output)] == [4, 5]


def test_a_new_world_takes_its_own_outputs_past_those_of_the_dead_one() -> None:
    tail = restored(tail_with(5))
    tail.append(0, TextOutput("made by the new world"))

    frames = tail.resume(8)

    assert frames == [Output(7, 9, 0, TextOutput("made by the new world"))]
    assert (tail.acked, tail.last) == (3, 9), "what was kept is kept, under the numbers before"


@pytest.mark.parametrize(("seen", "left"), [(2, [3, 4]), (3, [4]), (4, [4]), (5, [4]), (6, [])])
def test_what_no_client_has_seen_is_kept_when_the_numbers_of_the_dead_world_are_passed(
    seen: int, left: list[int]
) -> None:
    checkpoint = tail_with(3)
    checkpoint.ack(2)
    tail = restored(checkpoint)
    tail.append(0, body(4))

    assert [frame.number for frame in tail.resume(5) if isinstance(frame, Output)] == [6]
    tail.ack(seen)

    frames = tail.resume(0)
    assert [frame.body for frame in frames if isinstance(frame, Output)] == [body(n) for n in left]


def test_the_next_life_of_a_gateway_confirms_by_the_numbers_that_it_was_sent() -> None:
    tail = restored(tail_with(5))
    tail.resume(8)
    sent = [frame for frame in tail.resume(0) if isinstance(frame, Output)]

    tail.ack(sent[1].number)

    left = [frame for frame in tail.resume(0) if isinstance(frame, Output)]
    assert left == sent[2:]


def test_a_gateway_that_knows_nothing_is_sent_numbers_that_no_client_has_of_the_dead_world() -> None:
    checkpoint = tail_with(5)
    tail = restored(checkpoint)
    dead = [checkpoint.append(0, TextOutput("shown and never saved")) for _ in range(3)]

    frames = tail.resume(0)

    numbers = [frame.number for frame in frames if isinstance(frame, Output)]
    assert len(numbers) == 5
    assert min(numbers) > max(dead)
    inbox = OutputInbox()
    assert isinstance(frames[0], OutputsMissed)
    assert frames[0].acknowledged
    assert inbox.skip(frames[0]) is Arrival.NEXT
    assert [inbox.arrive(number) for number in numbers] == [Arrival.NEXT] * 5


@pytest.mark.parametrize("came", range(4))
def test_what_a_world_had_sent_of_its_last_checkpoint_when_it_died_is_known_to_the_next_one(
    came: int,
) -> None:
    checkpoint = tail_with(3)
    first, *outputs = restored(checkpoint).resume(0)
    assert isinstance(first, OutputsMissed)

    tail = restored(checkpoint)
    tail.append(0, body(4))
    frames = tail.resume(first.last + came)

    assert [one.body for one in frames if isinstance(one, Output)] == [body(n) for n in range(came + 1, 5)]
    assert len(outputs) == 3


def test_outputs_made_before_the_first_contact_survive_a_second_crash() -> None:
    tail = restored(tail_with(5))
    tail.append(0, TextOutput("made by the second world"))
    tail = restored(tail)

    assert tail.resume(8) == [Output(7, 9, 0, TextOutput("made by the second world"))]


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 5))
def test_resuming_leads_to_the_last_number_from_wherever_the_gateway_stands(
    made: int, received: int, since: int
) -> None:
    tail = restored(tail_with(made))
    for number in range(since):
        tail.append(0, TextOutput(f"new {number}"))
    inbox = OutputInbox(received=received)

    shown = []
    for frame in tail.resume(received):
        if isinstance(frame, OutputsMissed):
            assert frame.acknowledged
            assert inbox.skip(frame) is Arrival.NEXT
        elif inbox.arrive(frame.number) is Arrival.NEXT:
            shown.append(frame.body)

    assert inbox.received == tail.last
    assert shown == [body(n + 1) for n in range(received, made)] + [
        TextOutput(f"new {n}") for n in range(since)
    ]
