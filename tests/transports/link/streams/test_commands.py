"""The command stream: accepted once, run once, in order, whatever is lost, doubled or restarted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from transports.link.errors import OutOfTurn, PositionAhead, PositionLost
from transports.link.protocol import Command
from transports.link.streams import Arrival, CommandInbox, CommandLimits, CommandStream, Refusal

WINDOW = 1_000_000


def stream_with(lines: int, limits: CommandLimits | None = None) -> CommandStream:
    stream = CommandStream(7, limits=limits or CommandLimits())
    for number in range(1, lines + 1):
        assert stream.accept(f"line {number}") == number
    return stream


def numbers(commands: list[Command]) -> list[int]:
    return [command.number for command in commands]


def test_lines_are_numbered_from_one_without_a_gap() -> None:
    stream = stream_with(3)

    assert stream.take(WINDOW) == [Command(7, n, f"line {n}") for n in (1, 2, 3)]


def test_a_line_is_taken_once_until_a_resend_is_asked() -> None:
    stream = stream_with(3)
    stream.take(WINDOW)

    assert stream.take(WINDOW) == []
    stream.resend_after(1)
    assert numbers(stream.take(WINDOW)) == [2, 3]


def test_no_more_than_the_window_is_on_its_way() -> None:
    stream = stream_with(5)

    assert numbers(stream.take(2)) == [1, 2]
    assert stream.take(2) == []
    stream.confirm_applied(1)
    assert numbers(stream.take(2)) == [3]


def test_applied_lines_are_kept_until_they_are_durable() -> None:
    stream = stream_with(4)
    stream.take(WINDOW)
    stream.confirm_applied(4)
    stream.confirm_durable(2)

    assert (stream.unapplied, stream.undurable) == (0, 2)
    stream.resend_after(2)
    assert numbers(stream.take(WINDOW)) == [3, 4]


def test_durable_implies_applied() -> None:
    stream = stream_with(3)
    stream.confirm_durable(2)

    assert (stream.applied, stream.durable, stream.unapplied) == (2, 2, 1)


def test_late_and_doubled_confirmations_change_nothing() -> None:
    stream = stream_with(3)
    stream.confirm_applied(3)
    stream.confirm_durable(3)
    stream.confirm_applied(1)
    stream.confirm_durable(2)

    assert (stream.applied, stream.durable) == (3, 3)


def test_too_many_waiting_lines_are_refused_until_some_are_applied() -> None:
    stream = stream_with(4, CommandLimits(waiting_lines=4))

    assert stream.accept("one more") is Refusal.TOO_MANY_LINES
    stream.confirm_applied(1)
    assert stream.accept("one more") == 5


def test_too_many_waiting_bytes_are_refused_and_counted_as_utf8() -> None:
    stream = CommandStream(7, limits=CommandLimits(waiting_bytes=10))

    assert stream.accept("äöü") == 1
    assert stream.accept("abcde") is Refusal.TOO_MANY_BYTES
    assert stream.accept("abcd") == 2


def test_lines_that_are_not_saved_have_a_larger_bound_of_their_own() -> None:
    stream = stream_with(4, CommandLimits(waiting_lines=4, held_lines=4))
    stream.confirm_applied(4)

    assert stream.accept("one more") is Refusal.NOT_SAVED
    stream.confirm_durable(1)
    assert stream.accept("one more") == 5


def test_a_refused_line_leaves_no_trace() -> None:
    stream = stream_with(2, CommandLimits(waiting_lines=2))
    stream.accept("refused")

    assert stream.last == 2
    assert numbers(stream.take(WINDOW)) == [1, 2]


def test_a_world_that_lost_what_it_had_saved_is_reported() -> None:
    stream = stream_with(3)
    stream.confirm_durable(2)

    with pytest.raises(PositionLost, match="stands at 1 and had confirmed 2"):
        stream.resend_after(1)
    assert stream.applied == 2


def test_a_world_that_claims_lines_never_given_is_reported() -> None:
    stream = stream_with(3)

    for claim in (stream.confirm_applied, stream.confirm_durable, stream.resend_after):
        with pytest.raises(PositionAhead):
            claim(4)


def test_a_stream_goes_on_from_the_number_the_world_stands_at() -> None:
    stream = CommandStream(7, start=41)

    assert stream.accept("look") == 42
    assert numbers(stream.take(WINDOW)) == [42]


def test_the_world_takes_a_number_only_after_the_one_before_it() -> None:
    inbox = CommandInbox()

    assert [inbox.arrive(n) for n in (1, 3, 2, 2, 1, 3)] == [
        Arrival.NEXT,
        Arrival.GAP,
        Arrival.NEXT,
        Arrival.DUPLICATE,
        Arrival.DUPLICATE,
        Arrival.NEXT,
    ]


def test_commands_are_applied_one_after_the_other_and_only_if_they_came() -> None:
    inbox = CommandInbox()
    inbox.arrive(1)

    with pytest.raises(OutOfTurn, match="2 was applied where 1 is next"):
        inbox.apply(2)
    inbox.apply(1)
    with pytest.raises(OutOfTurn):
        inbox.apply(2)


def test_a_checkpoint_makes_durable_what_was_applied_when_it_was_taken() -> None:
    inbox = CommandInbox(start=4)
    inbox.arrive(5)
    inbox.apply(5)
    inbox.save(4)

    assert inbox.position == (5, 4)
    with pytest.raises(PositionAhead):
        inbox.save(6)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=40), st.data())
def test_byte_counts_stay_exact_over_any_confirmations(lines: list[str], data: st.DataObject) -> None:
    stream = CommandStream(7, limits=CommandLimits(waiting_bytes=10**6))
    for line in lines:
        stream.accept(line)
    durable = data.draw(st.integers(0, len(lines)))
    applied = data.draw(st.integers(durable, len(lines)))

    stream.confirm_applied(applied)
    stream.confirm_durable(durable)
    stream.resend_after(data.draw(st.integers(durable, len(lines))))

    assert stream._held_bytes == sum(len(line.encode()) for line in lines[durable : stream.applied])
    assert stream._waiting_bytes == sum(len(line.encode()) for line in lines[stream.applied :])


class Schedule(RuleBasedStateMachine):
    """A wire that loses and doubles, and a world that dies and comes back from its checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.stream = CommandStream(7)
        self.inbox = CommandInbox()
        self.typed: list[str] = []
        self.ran: list[str] = []
        self.texts: dict[int, str] = {}
        self.saved: list[str] = []
        self.wire: list[Command] = []

    @rule()
    def the_player_types(self) -> None:
        text = f"line {len(self.typed) + 1}"
        assert self.stream.accept(text) == len(self.typed) + 1
        self.typed.append(text)

    @rule(window=st.integers(1, 5))
    def the_gateway_sends(self, window: int) -> None:
        self.wire += self.stream.take(window)

    @precondition(lambda self: self.wire)
    @rule()
    def the_wire_loses_one(self) -> None:
        self.wire.pop(0)

    @precondition(lambda self: self.wire)
    @rule()
    def the_wire_doubles_one(self) -> None:
        self.wire.insert(0, self.wire[0])

    @precondition(lambda self: self.wire)
    @rule()
    def a_command_arrives(self) -> None:
        command = self.wire.pop(0)
        verdict = self.inbox.arrive(command.number)
        if verdict is Arrival.NEXT:
            self.texts[command.number] = command.text
        elif verdict is Arrival.GAP:
            self.stream.resend_after(self.inbox.received)

    @rule()
    def the_world_runs_one(self) -> None:
        number = self.inbox.applied + 1
        if number <= self.inbox.received:
            self.inbox.apply(number)
            self.ran.append(self.texts[number])

    @rule(tell=st.booleans())
    def the_world_saves(self, tell: bool) -> None:
        self.saved = list(self.ran)
        self.inbox.save(self.inbox.applied)
        if tell:
            self.stream.confirm_durable(self.inbox.durable)

    @rule()
    def the_gateway_hears_positions(self) -> None:
        applied, durable = self.inbox.position
        self.stream.confirm_applied(applied)
        self.stream.confirm_durable(durable)

    @rule()
    def the_link_is_made_anew(self) -> None:
        self.wire.clear()
        self.stream.resend_after(self.inbox.received)

    @rule()
    def the_world_is_killed(self) -> None:
        self.ran = list(self.saved)
        self.inbox = CommandInbox(start=len(self.saved))
        self.wire.clear()
        self.stream.resend_after(self.inbox.applied)

    @invariant()
    def every_line_runs_once_and_in_order(self) -> None:
        assert self.ran == self.typed[: len(self.ran)]

    @invariant()
    def nothing_that_may_be_needed_is_let_go(self) -> None:
        assert self.stream.durable <= len(self.saved)

    def teardown(self) -> None:
        # However it stands now: with a link that works, everything typed runs.
        self.the_link_is_made_anew()
        for command in self.stream.take(WINDOW):
            assert self.inbox.arrive(command.number) is Arrival.NEXT
            self.texts[command.number] = command.text
        while self.inbox.applied < self.inbox.received:
            self.the_world_runs_one()
        assert self.ran == self.typed


Schedule.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestAnySchedule = Schedule.TestCase
