"""What was shown before a world died is not shown again by the next one, and everything else is."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from transports.link.protocol import Output, OutputsMissed, TextOutput
from transports.link.streams import Arrival, OutputInbox, OutputTail, Replays


def test_answers_that_were_shown_before_the_crash_are_hidden() -> None:
    replays = Replays()
    replays.begin(7, answered=5, applied=0)

    assert [replays.hides(7, cause) for cause in (0, 3, 4, 5, 6)] == [False, True, True, True, False]
    assert [replays.performed(7, number) for number in (4, 5)] == [True, True]


def test_what_is_answered_for_the_first_time_is_shown_and_what_was_before_stays_hidden() -> None:
    """Somebody who was late may be sent it when others are long past it."""
    replays = Replays()
    replays.begin(7, answered=5, applied=0)

    assert not replays.performed(7, 6)

    assert not replays.hides(8, 6, origin=7)
    assert replays.hides(8, 5, origin=7)


def test_an_answer_is_hidden_also_when_it_comes_from_a_checkpoint_after_one_more_crash() -> None:
    replays = Replays()
    replays.begin(7, answered=1, applied=0)
    # The second world runs command 1 again, saves, and dies before its answer crosses.
    second = OutputTail(7)
    second.append(1, TextOutput("the answer"))
    replays.begin(7, answered=1, applied=0)

    *_, again = OutputTail(7, second.snapshot()).resume(0)

    assert isinstance(again, Output)
    assert replays.hides(7, again.cause)


def test_what_others_saw_of_a_command_is_hidden_by_the_session_that_gave_it() -> None:
    replays = Replays()
    replays.begin(7, answered=5, applied=0)

    assert replays.hides(8, 4, origin=7)
    assert not replays.hides(8, 4)


def test_a_session_is_behind_until_its_last_answered_command_has_run_again() -> None:
    replays = Replays()
    replays.begin(7, answered=5, applied=3)
    replays.begin(8, answered=5, applied=5)

    assert [replays.is_behind(session) for session in (7, 8, 9)] == [True, False, False]
    replays.performed(7, 4)
    assert replays.is_behind(7)
    replays.performed(7, 5)
    assert not replays.is_behind(7)


def test_a_world_that_stands_further_on_is_not_behind_whatever_the_last_one_was() -> None:
    replays = Replays()
    replays.begin(7, answered=5, applied=3)

    replays.begin(7, answered=5, applied=5)

    assert not replays.is_behind(7)


def test_a_session_that_never_had_an_answer_or_ended_hides_nothing() -> None:
    replays = Replays()
    replays.begin(7, answered=0, applied=0)
    replays.begin(8, answered=5, applied=0)
    replays.forget(8)

    assert not replays


class Schedule(RuleBasedStateMachine):
    """A wire that loses and doubles, and a world that dies: each answer is shown once all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.tail = OutputTail(7)
        self.inbox = OutputInbox()
        self.replays = Replays()
        self.applied = 0
        self.saved = (0, self.tail.snapshot())
        self.wire: list[Output | OutputsMissed] = []
        self.shown: list[int] = []

    @rule()
    def a_command_is_answered(self) -> None:
        self.applied += 1
        self.wire.append(self.tail.output(self.applied, TextOutput(f"answer {self.applied}")))

    @rule()
    def a_timer_of_the_world_speaks(self) -> None:
        self.wire.append(self.tail.output(0, TextOutput("The bell rings.")))

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
    def one_arrives(self) -> None:
        frame = self.wire.pop(0)
        if isinstance(frame, OutputsMissed):
            self.inbox.skip(frame)
            return
        verdict = self.inbox.arrive(frame.number)
        if verdict is Arrival.GAP:
            self.the_link_is_made_anew()
        if verdict is not Arrival.NEXT or not frame.cause:
            return
        if not self.replays.performed(7, frame.cause):
            self.shown.append(frame.cause)
            self.inbox.answered = frame.cause

    @rule()
    def the_gateway_acknowledges(self) -> None:
        self.tail.ack(self.inbox.received)

    @rule()
    def the_world_saves(self) -> None:
        self.saved = (self.applied, self.tail.snapshot())

    @rule()
    def the_link_is_made_anew(self) -> None:
        self.wire = list(self.tail.resume(self.inbox.received))

    @rule(speaks=st.integers(0, 2))
    def the_world_is_killed(self, speaks: int) -> None:
        self.applied, snapshot = self.saved
        self.tail = OutputTail(7, snapshot)
        for _ in range(speaks):
            self.tail.append(0, TextOutput("The bell rings."))
        self.replays.begin(7, answered=self.inbox.answered, applied=self.applied)
        self.wire = list(self.tail.resume(self.inbox.received))

    @invariant()
    def every_answer_is_shown_once_and_in_order(self) -> None:
        assert self.shown == list(range(1, len(self.shown) + 1))

    def teardown(self) -> None:
        # However it stands now: with a link that works, every answer is shown.
        while self.applied < self.inbox.answered:
            self.a_command_is_answered()
        self.the_link_is_made_anew()
        while self.wire:
            self.one_arrives()
        assert len(self.shown) == self.applied


Schedule.TestCase.settings = settings(max_examples=100, stateful_step_count=40)
TestAnySchedule = Schedule.TestCase
