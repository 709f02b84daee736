"""Requests at the world's end: each is worked on once, answered once, and over at its deadline."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from actors.world_link.requests import Requests
from transports.link.protocol import (
    Cancel,
    Failure,
    FailureCode,
    ListBackgrounds,
    Reply,
    Request,
    SessionClosed,
)
from transports.link.requests import WORK_LIMIT, Verdict, failure

GATEWAY = "gateway:1"


def request(number: int, seconds: float = 10.0) -> Request:
    return Request(number, 0, round(seconds * 1000), ListBackgrounds())


def reply(number: int) -> Reply:
    return Reply(number, SessionClosed())


def working(*numbers: int) -> Requests:
    requests = Requests()
    for number in numbers:
        assert requests.arrived(GATEWAY, request(number), 0.0) == (Verdict.WORK, None)
    return requests


def test_a_request_that_is_repeated_while_it_is_worked_on_is_ignored() -> None:
    assert working(1).arrived(GATEWAY, request(1), 1.0) == (Verdict.IGNORE, None)


def test_a_request_that_is_repeated_later_gets_the_same_answer() -> None:
    requests = working(1)
    requests.answered(GATEWAY, reply(1))

    assert requests.arrived(GATEWAY, request(1), 1.0) == (Verdict.ANSWER, reply(1))


def test_a_request_is_answered_once() -> None:
    requests = working(1)

    assert requests.answered(GATEWAY, reply(1))
    assert not requests.answered(GATEWAY, failure(1, FailureCode.INTERNAL))
    assert requests.arrived(GATEWAY, request(1), 1.0) == (Verdict.ANSWER, reply(1))


def test_the_answer_to_a_request_that_was_cancelled_is_not_sent() -> None:
    requests = working(1)

    requests.cancelled(GATEWAY, Cancel(1))

    assert not requests.answered(GATEWAY, reply(1))
    assert len(requests) == 0


def test_a_cancel_that_comes_after_the_answer_changes_nothing() -> None:
    requests = working(1)
    requests.answered(GATEWAY, reply(1))

    requests.cancelled(GATEWAY, Cancel(1))

    assert requests.arrived(GATEWAY, request(1), 1.0) == (Verdict.ANSWER, reply(1))


def test_what_is_not_answered_by_its_deadline_is_answered_as_overdue_once() -> None:
    requests = working(1)

    assert requests.overdue(9.9) == []
    assert requests.overdue(10.0) == [(GATEWAY, failure(1, FailureCode.DEADLINE_PASSED))]
    assert requests.overdue(11.0) == []
    assert not requests.answered(GATEWAY, reply(1))


def test_two_lives_of_a_gateway_do_not_mix_their_requests() -> None:
    requests = working(1)

    assert requests.arrived("gateway:2", request(1), 0.0) == (Verdict.WORK, None)
    requests.forget(GATEWAY)

    assert not requests.answered(GATEWAY, reply(1))
    assert requests.answered("gateway:2", reply(1))
    assert requests.overdue(100.0) == []


def test_more_than_can_be_worked_on_at_a_time_are_told_at_once() -> None:
    requests = working(*range(WORK_LIMIT))

    verdict, answer = requests.arrived(GATEWAY, request(WORK_LIMIT), 0.0)

    assert verdict is Verdict.ANSWER
    assert isinstance(answer, Failure)
    assert answer.code == FailureCode.OVERLOADED


class AnyRequests(RuleBasedStateMachine):
    """Whatever happens: one that is worked on has a deadline, and each is answered at most once."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = Requests()
        self.now = 0.0
        self.open: set[tuple[str, int]] = set()

    clients = st.sampled_from(["a:1", "b:1"])
    numbers = st.integers(1, 4)

    @rule(client=clients, number=numbers)
    def ask(self, client: str, number: int) -> None:
        verdict, answer = self.requests.arrived(client, request(number), self.now)
        key = (client, number)
        assert (verdict is Verdict.IGNORE) == (key in self.open)
        assert (verdict is Verdict.ANSWER) == (answer is not None)
        if verdict is Verdict.WORK:
            self.open.add(key)
            assert self.requests.deadline(client, number) > self.now

    @rule(client=clients, number=numbers)
    def answer(self, client: str, number: int) -> None:
        is_wanted = self.requests.answered(client, reply(number))
        self._close((client, number), is_answered=is_wanted)

    @rule(client=clients, number=numbers)
    def cancel(self, client: str, number: int) -> None:
        self.requests.cancelled(client, Cancel(number))
        self.open.discard((client, number))

    @rule(seconds=st.sampled_from([0.5, 6.0, 20.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for client, answer in self.requests.overdue(self.now):
            self._close((client, answer.id), is_answered=True)

    @rule(client=clients)
    def end_life(self, client: str) -> None:
        self.requests.forget(client)
        self.open = {key for key in self.open if key[0] != client}

    def _close(self, key: tuple[str, int], *, is_answered: bool) -> None:
        assert is_answered == (key in self.open)
        self.open.discard(key)

    @invariant()
    def what_is_open_is_worked_on(self) -> None:
        assert len(self.requests) == len(self.open)

    def teardown(self) -> None:
        assert {client for client, _ in self.requests.overdue(1e9)} == {client for client, _ in self.open}
        assert len(self.requests) == 0


AnyRequests.TestCase.settings = settings(max_examples=50, stateful_step_count=20, deadline=None)
TestAnyRequests = AnyRequests.TestCase
