"""The memory copy of all sessions: every question is answered by what was kept last."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.errors import IllegalTransition
from actors.gateway.session_cache import SessionCache, seconds_left
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import AccountOf, SessionId, SessionRecord
from actors.gateway.session_states import SessionState
from tests.actors.gateway.session_records import connecting, disconnected, playing, selecting

ONE, TWO = SessionId(1), SessionId(2)
OPTIONS = SessionOptions(login_timeout_seconds=120, playing_idle_seconds=3600, link_dead_seconds=900)


def cache(*records: SessionRecord) -> SessionCache:
    kept = SessionCache()
    for record in records:
        kept.keep(record, None)
    return kept


def test_a_session_is_created_read_and_updated() -> None:
    kept = cache(connecting(1))
    assert kept.get(ONE) == (connecting(1), None)

    kept.keep(playing(1), None)

    assert kept.get(ONE) == (playing(1), None)
    assert kept.get(TWO) is None
    assert len(kept) == 1


def test_a_touch_moves_the_last_activity_and_no_older_record_moves_it_back() -> None:
    kept = cache(playing(1, now=10.0))

    assert kept.touch(TWO, 5.0) is None
    touched = kept.touch(ONE, 40.0)
    kept.keep(playing(1, now=10.0), None)

    assert touched is not None
    assert (touched.touched_at, next(kept.records()).touched_at) == (40.0, 40.0)


def test_a_transition_follows_the_table() -> None:
    kept = cache(playing(1))

    moved = kept.transition(ONE, SessionState.DISCONNECTED, now=7.0)

    assert (moved.left, moved.changed_at) == (SessionState.PLAYING, 7.0)
    with pytest.raises(IllegalTransition):
        kept.transition(ONE, SessionState.AUTHENTICATING, now=8.0)
    assert kept.count(SessionState.DISCONNECTED) == 1


def test_sessions_are_listed_and_counted_by_state_in_the_order_they_came() -> None:
    kept = cache(playing(3), disconnected(1), playing(2))
    kept.keep(playing(3, now=9.0), None)

    assert [record.id for record in kept.records()] == [3, 1, 2]
    assert [record.id for record in kept.records(SessionState.PLAYING)] == [3, 2]
    assert (kept.count(), kept.count(SessionState.PLAYING), kept.count(SessionState.CONNECTING)) == (3, 2, 0)
    assert kept.counts()[SessionState.DISCONNECTED] == 1


def test_an_account_finds_its_sessions_and_no_other() -> None:
    kept = cache(selecting(1, account=1), playing(2, account=2), playing(3, account=1), connecting(4))
    kept.remove(ONE)

    assert [record.id for record, _ in kept.of_account(1)] == [3]
    assert list(kept.of_account(7)) == []


def test_a_session_that_is_removed_leaves_nothing() -> None:
    kept = cache(playing(1))

    assert kept.remove(ONE)
    assert not kept.remove(ONE)

    assert (len(kept), kept.count(SessionState.PLAYING), list(kept.of_account(1))) == (0, 0, [])


def test_who_has_no_actor_and_had_its_time_is_expired() -> None:
    kept = cache(disconnected(1, now=0.0), disconnected(2, now=500.0), playing(3))

    assert [record.id for record in kept.not_back()] == [1, 2, 3]
    assert [record.id for record in kept.expired(900.0, OPTIONS)] == [1]


def test_a_session_with_a_client_may_still_lose_it_in_its_last_moment() -> None:
    assert seconds_left(disconnected(1), 100.0, OPTIONS) == 800.0
    assert seconds_left(playing(1), 100.0, OPTIONS) == 3500.0 + 900.0
    assert seconds_left(connecting(1), 100.0, OPTIONS) == 20.0


_changes = st.tuples(
    st.integers(1, 5), st.sampled_from([connecting, selecting, playing, disconnected]), st.integers(1, 3)
)


@given(st.lists(_changes | st.integers(1, 5), max_size=40))
def test_the_indexes_always_say_what_the_records_say(
    history: list[int | tuple[int, object, int]],
) -> None:
    kept, model = SessionCache(), dict[int, SessionRecord]()
    for change in history:
        if isinstance(change, int):
            kept.remove(SessionId(change))
            model.pop(change, None)
            continue
        number, make, account = change
        assert callable(make)
        record = make(number)
        if record.account is not None:
            record = msgspec.structs.replace(record, account=AccountOf(account, "a"))
        model[number] = record
        kept.keep(record, None)

    states = Counter(record.state for record in model.values())
    assert {state: count for state, count in kept.counts().items() if count} == dict(states)
    assert {record.id: record for record in kept.records()} == model
    for account in (1, 2, 3):
        of_account = {
            record.id for record in model.values() if record.account and record.account.id == account
        }
        assert {record.id for record, _ in kept.of_account(account)} == of_account
