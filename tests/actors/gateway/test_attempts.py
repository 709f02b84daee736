"""Who fails too often waits; who is right is never counted; a flood of addresses costs only so much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.attempts import AttemptLimits, Attempts, network_of
from actors.gateway.session_record import SessionId

LIMITS = AttemptLimits(by_address=3, by_session=5, window_seconds=60.0, keys_limit=100)
MINE, HERS = SessionId(1), SessionId(2)


def fail(attempts: Attempts, times: int, address: str = "203.0.113.7", now: float = 0.0) -> None:
    for _ in range(times):
        attempts.failed(address, None, now)


def test_an_address_that_failed_too_often_waits_for_the_end_of_its_window() -> None:
    attempts = Attempts(LIMITS)
    fail(attempts, 2)
    assert attempts.may_try("203.0.113.7", 1.0)

    fail(attempts, 1, now=50.0)

    assert not attempts.may_try("203.0.113.7", 59.9)
    assert attempts.may_try("203.0.113.7", 60.0)
    fail(attempts, 2, now=61.0)
    assert attempts.may_try("203.0.113.7", 62.0), "the count has begun anew"


def test_addresses_do_not_answer_for_one_another() -> None:
    attempts = Attempts(LIMITS)

    fail(attempts, 10)

    assert attempts.may_try("203.0.113.8", 0.0)


def test_a_session_is_closed_to_strangers_after_too_many_failures_from_anywhere() -> None:
    attempts = Attempts(LIMITS)

    for number in range(5):
        assert attempts.may_try_for(MINE, 0.0)
        attempts.failed(f"203.0.113.{number}", MINE, 0.0)

    assert not attempts.may_try_for(MINE, 59.0)
    assert attempts.may_try_for(HERS, 59.0)
    assert attempts.may_try_for(MINE, 60.0)


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("", "not an address", False),
    ],
)
def test_an_address_stands_for_whom_it_belongs_to(one: str, other: str, are_one: bool) -> None:
    assert (network_of(one) == network_of(other)) is are_one


def test_a_flood_of_addresses_takes_bounded_memory_and_forgets_the_oldest() -> None:
    attempts = Attempts(LIMITS)
    fail(attempts, 3, "198.51.100.1")
    for number in range(5_000):
        attempts.failed(f"10.0.{number // 250}.{number % 250}", SessionId(number), 1.0)

    assert attempts.keys <= 2 * LIMITS.keys_limit
    assert attempts.may_try("198.51.100.1", 2.0)


def test_windows_that_are_over_are_forgotten_when_others_begin() -> None:
    attempts = Attempts(LIMITS)
    for number in range(50):
        fail(attempts, 1, f"10.0.0.{number}")

    fail(attempts, 1, "10.1.1.1", now=60.0)

    assert attempts.keys == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 40)), max_size=60))
def test_in_no_window_more_failures_are_let_through_than_the_limit(tries: list[tuple[str, float]]) -> None:
    attempts, now = Attempts(LIMITS), 0.0
    through: dict[str, list[float]] = {}
    for address, later in tries:
        now += later
        if attempts.may_try(address, now):
            attempts.failed(address, None, now)
            through.setdefault(address, []).append(now)

    for times in through.values():
        # A window begins with a failure: two of them may meet.
        assert all(
            times[place + 2 * LIMITS.by_address] - times[place] >= LIMITS.window_seconds
            for place in range(len(times) - 2 * LIMITS.by_address)
        )
