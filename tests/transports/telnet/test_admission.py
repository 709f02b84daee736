"""Admission: who may connect is decided by numbers and time, for each address by itself."""

from hypothesis import given
from hypothesis import strategies as st

from transports.telnet.admission import Admission
from transports.telnet.settings import TelnetOptions


def test_addresses_are_limited_each_by_itself() -> None:
    admission = Admission(TelnetOptions(connections_per_address=2))

    assert admission.admit("192.0.2.1", 0.0) is None
    assert admission.admit("192.0.2.1", 0.0) is None
    refusal = admission.admit("192.0.2.1", 0.0)
    assert refusal is not None
    assert "Too many" in refusal
    assert admission.admit("192.0.2.2", 0.0) is None


def test_a_connection_that_ends_makes_room() -> None:
    admission = Admission(TelnetOptions(connections_per_address=1))
    admission.admit("192.0.2.1", 0.0)

    admission.release("192.0.2.1")

    assert admission.total == 0
    assert admission.admit("192.0.2.1", 0.0) is None


def test_a_rate_is_a_minutes_worth_that_fills_evenly() -> None:
    admission = Admission(TelnetOptions(connections_per_address=0, connections_per_address_per_minute=2))

    assert admission.admit("192.0.2.1", 0.0) is None
    assert admission.admit("192.0.2.1", 0.0) is None
    assert admission.admit("192.0.2.1", 29.0) is not None
    assert admission.admit("192.0.2.1", 31.0) is None
    assert admission.admit("192.0.2.1", 32.0) is not None


def test_a_household_of_ipv6_counts_as_one() -> None:
    admission = Admission(TelnetOptions(connections_per_address=1))

    assert admission.admit("2001:db8:1:2::1", 0.0) is None
    assert admission.admit("2001:db8:1:2:ffff::9", 0.0) is not None
    assert admission.admit("2001:db8:1:3::1", 0.0) is None


def test_an_ipv4_address_is_the_same_over_ipv6() -> None:
    admission = Admission(TelnetOptions(connections_per_address=1))

    assert admission.admit("192.0.2.1", 0.0) is None
    assert admission.admit("::ffff:192.0.2.1", 0.0) is not None


def test_loopback_is_limited_only_when_asked_for() -> None:
    free, limited = (
        Admission(TelnetOptions(connections_per_address=1, limit_loopback=limit)) for limit in (False, True)
    )

    for address in ("127.0.0.1", "::1"):
        assert [free.admit(address, 0.0) for _ in range(3)] == [None] * 3
        assert limited.admit(address, 0.0) is None
        assert limited.admit(address, 0.0) is not None


def test_the_total_is_limited_for_everybody() -> None:
    admission = Admission(TelnetOptions(max_connections=1))
    admission.admit("127.0.0.1", 0.0)

    refusal = admission.admit("192.0.2.1", 0.0)

    assert refusal is not None
    assert "full" in refusal


@given(st.lists(st.tuples(st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::1"]), st.booleans())))
def test_never_more_than_the_limits_are_open(steps: list[tuple[str, bool]]) -> None:
    admission = Admission(
        TelnetOptions(max_connections=4, connections_per_address=2, connections_per_address_per_minute=0)
    )
    opened: list[str] = []
    for address, opens in steps:
        if opens:
            if admission.admit(address, 0.0) is None:
                opened.append(address)
        elif address in opened:
            opened.remove(address)
            admission.release(address)

        assert admission.total == len(opened) <= 4
        assert all(opened.count(one) <= 2 for one in opened)
