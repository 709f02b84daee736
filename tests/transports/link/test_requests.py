"""Requests: asked until answered, worked on once, given up at the deadline."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from transports.link.errors import RequestFailed, RequestTimedOut
from transports.link.liveness import Backoff, BackoffOptions
from transports.link.protocol import (
    MENDS,
    BackgroundList,
    Cancel,
    Failure,
    FailureCode,
    ListBackgrounds,
    Reply,
    Request,
)
from transports.link.requests import ReplyCache, RequestBook, Verdict, failure

QUESTION = ListBackgrounds()
ANSWER = BackgroundList(())


def book() -> RequestBook[str]:
    options = BackoffOptions(first_seconds=1.0, cap_seconds=4.0, jitter=0.0)
    return RequestBook(lambda: Backoff(options, random.Random(1)))


def test_an_answer_goes_to_the_one_who_asked_once() -> None:
    requests = book()
    first = requests.ask(QUESTION, "ann", now=0.0)
    second = requests.ask(QUESTION, "bob", now=0.0)

    assert requests.answered(Reply(second.id, ANSWER)) == ("bob", Reply(second.id, ANSWER))
    assert requests.answered(Reply(first.id, ANSWER)) == ("ann", Reply(first.id, ANSWER))
    assert requests.answered(Reply(first.id, ANSWER)) is None


def test_a_failure_becomes_an_error_with_its_code_and_words() -> None:
    requests = book()
    request = requests.ask(QUESTION, "ann", now=0.0)

    answered = requests.answered(failure(request.id, FailureCode.NAME_TAKEN))

    assert answered is not None
    error = answered[1]
    assert isinstance(error, RequestFailed)
    assert (error.code, error.text) == ("name_taken", MENDS[FailureCode.NAME_TAKEN])


def test_a_request_is_repeated_with_growing_delays_and_the_time_that_is_left() -> None:
    requests = book()
    request = requests.ask(QUESTION, "ann", now=0.0, timeout_seconds=10.0)
    assert request.deadline_ms == 10_000

    repeated = {now: requests.repeats(float(now)) for now in range(1, 10)}

    assert {
        now: [(again.id, again.deadline_ms) for again in due] for now, due in repeated.items() if due
    } == {
        1: [(request.id, 9_000)],
        3: [(request.id, 7_000)],
        7: [(request.id, 3_000)],
    }


def test_all_that_wait_are_asked_again_over_a_new_link() -> None:
    requests = book()
    requests.ask(QUESTION, "ann", now=0.0, timeout_seconds=1.0)
    requests.ask(QUESTION, "bob", now=0.0, timeout_seconds=5.0)

    assert [again.id for again in requests.repeat_all(2.0)] == [2]


def test_a_request_that_gets_no_answer_fails_at_its_deadline() -> None:
    requests = book()
    requests.ask(QUESTION, "ann", now=0.0, timeout_seconds=2.0)
    requests.repeats(1.0)

    assert requests.expired(1.9) == []
    ((asker, error),) = requests.expired(2.0)

    assert asker == "ann"
    assert isinstance(error, RequestTimedOut)
    assert str(error) == "ListBackgrounds got no reply within 2 s (2 attempts)"
    assert len(requests) == 0


def test_what_a_session_that_ended_had_asked_is_cancelled_and_nothing_of_others() -> None:
    requests = book()
    first, second = (requests.ask(QUESTION, "ann", now=0.0, session=7) for _ in range(2))
    other = requests.ask(QUESTION, "bob", now=0.0, session=8)
    requests.ask(QUESTION, "the link itself", now=0.0)

    assert requests.cancel(7) == [(Cancel(first.id), QUESTION), (Cancel(second.id), QUESTION)]
    assert requests.cancel(7) == requests.cancel(0) == []
    assert len(requests) == 2
    assert requests.answered(Reply(first.id, ANSWER)) is None
    assert requests.answered(Reply(other.id, ANSWER)) is not None


def test_a_request_that_was_answered_or_has_expired_is_not_cancelled() -> None:
    requests = book()
    request = requests.ask(QUESTION, "ann", now=0.0, session=7, timeout_seconds=9.0)
    requests.ask(QUESTION, "ann", now=0.0, session=7, timeout_seconds=1.0)
    requests.answered(Reply(request.id, ANSWER))
    requests.expired(1.0)

    assert requests.cancel(7) == []


# Looks at the book in a second, below.
TICKS = 1000


def test_no_two_gateways_repeat_their_requests_in_step() -> None:
    def repeats(seed: int) -> list[float]:
        requests = RequestBook[str](lambda: Backoff(BackoffOptions(1.0, 30.0), random.Random(seed)))
        requests.ask(QUESTION, "ann", now=0.0, timeout_seconds=1000.0)
        looks = (tick / TICKS for tick in itertools.count())
        times = (now for now in looks if requests.repeats(now))
        return list(itertools.islice(times, 6))

    first, second = repeats(1), repeats(2)
    delays = [later - earlier for earlier, later in itertools.pairwise([0.0, *first])]

    assert not set(first) & set(second)
    # Each is between half of its whole length and all of it; the whole length doubles.
    assert all(2**at / 2 - 1 / TICKS <= delay <= 2**at + 1 / TICKS for at, delay in enumerate(delays))


def request(number: int) -> Request:
    return Request(number, 7, 1000, QUESTION)


def test_a_repeated_request_is_worked_on_once_and_answered_again() -> None:
    cache = ReplyCache()

    assert cache.arrived("gateway:1", request(1)) == (Verdict.WORK, None)
    assert cache.arrived("gateway:1", request(1)) == (Verdict.IGNORE, None)
    assert cache.answered("gateway:1", Reply(1, ANSWER))
    assert cache.arrived("gateway:1", request(1)) == (Verdict.ANSWER, Reply(1, ANSWER))


def test_the_same_id_of_another_life_is_another_request() -> None:
    cache = ReplyCache()
    cache.arrived("gateway:1", request(1))

    assert cache.arrived("gateway:2", request(1)) == (Verdict.WORK, None)


def test_the_answer_to_a_cancelled_request_is_not_sent() -> None:
    cache = ReplyCache()
    cache.arrived("gateway:1", request(1))
    cache.cancelled("gateway:1", Cancel(1))

    assert not cache.answered("gateway:1", Reply(1, ANSWER))


def test_too_many_requests_at_a_time_are_told_so_at_once() -> None:
    cache = ReplyCache(work_limit=2)
    cache.arrived("gateway:1", request(1))
    cache.arrived("gateway:1", request(2))

    verdict, answer = cache.arrived("gateway:1", request(3))

    assert verdict is Verdict.ANSWER
    assert isinstance(answer, Failure)
    assert answer.code is FailureCode.OVERLOADED
    cache.answered("gateway:1", Reply(1, ANSWER))
    assert cache.arrived("gateway:1", request(3))[0] is Verdict.WORK


def test_the_oldest_answers_are_forgotten_first_and_never_a_request_that_is_worked_on() -> None:
    cache = ReplyCache(reply_limit=2)
    cache.arrived("gateway:1", request(99))
    for number in (1, 2, 3):
        cache.arrived("gateway:1", request(number))
        cache.answered("gateway:1", Reply(number, ANSWER))

    assert cache.arrived("gateway:1", request(3))[0] is Verdict.ANSWER
    assert cache.arrived("gateway:1", request(2))[0] is Verdict.ANSWER
    assert cache.arrived("gateway:1", request(1))[0] is Verdict.WORK
    assert cache.arrived("gateway:1", request(99))[0] is Verdict.IGNORE


def test_a_gateway_that_is_gone_is_forgotten() -> None:
    cache = ReplyCache()
    cache.arrived("gateway:1", request(1))
    cache.arrived("gateway:1", request(2))
    cache.answered("gateway:1", Reply(2, ANSWER))
    cache.arrived("gateway:2", request(1))

    cache.forget("gateway:1")

    assert cache.working == 1
    assert cache.arrived("gateway:1", request(2))[0] is Verdict.WORK


def test_every_code_of_failure_says_how_to_mend_it() -> None:
    assert all(failure(1, code).text.endswith(".") for code in FailureCode)
    assert failure(1, FailureCode.INTERNAL, "Better words.").text == "Better words."


@given(st.lists(st.sampled_from(["send", "lose", "serve", "answer", "lose answer"]), max_size=60))
def test_over_any_wire_a_request_is_worked_on_at_most_once_and_answered_at_most_once(
    steps: list[str],
) -> None:
    requests, cache = book(), ReplyCache()
    now, worked, answers = 0.0, 0, 0
    to_world = [requests.ask(QUESTION, "ann", now=now, timeout_seconds=10_000.0)]
    to_gateway: list[Reply | Failure] = []

    for step in steps:
        now += 5.0
        if step == "send":
            to_world += requests.repeats(now)
        elif step == "lose":
            to_world.clear()
        elif step == "serve" and to_world:
            verdict, answer = cache.arrived("gateway:1", to_world.pop())
            if verdict is Verdict.WORK:
                worked += 1
                answer = Reply(1, ANSWER)
                cache.answered("gateway:1", answer)
            to_gateway += [answer] if answer else []
        elif step == "answer" and to_gateway:
            answers += requests.answered(to_gateway.pop()) is not None
        elif step == "lose answer":
            to_gateway.clear()

    assert worked <= 1
    assert answers <= 1
