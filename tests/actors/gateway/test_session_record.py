"""A session's record changes only into a new record, and only along the table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.errors import IllegalTransition
from actors.gateway.session_record import (
    AccountOf,
    CharacterOf,
    SessionId,
    SessionMetadata,
    SessionRecord,
    session_id,
)
from actors.gateway.session_states import SessionState


def record(now: float = 10.0) -> SessionRecord:
    return SessionRecord.begin(SessionId(7), protocol="telnet", peer="203.0.113.9:4711", now=now)


def test_a_session_begins_connecting_with_all_its_times_now() -> None:
    begun = record(now=10.0)

    assert begun.state is SessionState.CONNECTING
    assert (begun.created_at, begun.changed_at, begun.touched_at) == (10.0, 10.0, 10.0)


def test_a_transition_makes_a_new_record_and_leaves_the_old_one_alone() -> None:
    before = record(now=10.0)

    after = before.moved_to(SessionState.AUTHENTICATING, now=12.5)

    assert before.state is SessionState.CONNECTING
    assert (after.state, after.created_at, after.changed_at) == (SessionState.AUTHENTICATING, 10.0, 12.5)


def test_a_disconnected_session_remembers_what_it_left_and_forgets_it_when_it_is_back() -> None:
    playing = (
        record()
        .moved_to(SessionState.AUTHENTICATING, now=11)
        .moved_to(SessionState.CHARACTER_SELECTION, now=12)
        .moved_to(SessionState.PLAYING, now=13)
    )

    gone = playing.moved_to(SessionState.DISCONNECTED, now=14)
    back = gone.moved_to(SessionState.PLAYING, now=15)

    assert gone.left is SessionState.PLAYING
    assert back.left is None
    with pytest.raises(IllegalTransition):
        gone.moved_to(SessionState.CHARACTER_SELECTION, now=15)


def test_what_was_under_way_when_the_client_went_changes_where_it_comes_back_to() -> None:
    gone = (
        record()
        .moved_to(SessionState.AUTHENTICATING, now=11)
        .moved_to(SessionState.CHARACTER_SELECTION, now=12)
        .moved_to(SessionState.DISCONNECTED, now=13)
    )

    plays = gone.gone_on_to(SessionState.PLAYING)

    assert (plays.state, plays.left) == (SessionState.DISCONNECTED, SessionState.PLAYING)
    assert plays.changed_at == 13
    assert plays.plays
    with pytest.raises(IllegalTransition, match="character_selection cannot become authenticating"):
        gone.gone_on_to(SessionState.AUTHENTICATING)


def test_account_character_and_metadata_are_kept_across_transitions() -> None:
    known = (
        record()
        .with_account(AccountOf(1, "ann"))
        .with_character(CharacterOf(2, "Ann"))
        .with_metadata(SessionMetadata(terminal="XTERM", columns=100))
        .moved_to(SessionState.AUTHENTICATING, now=11)
    )

    assert known.account == AccountOf(1, "ann")
    assert known.character == CharacterOf(2, "Ann")
    assert known.metadata.columns == 100


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_touch_never_turns_time_back(start: float, touch: float) -> None:
    assert record(now=start).touched(touch).touched_at == max(start, touch)


@given(st.integers(0, 2**31), st.integers(0, 2**32 - 1), st.integers(0, 2**31), st.integers(0, 2**32 - 1))
def test_no_two_lives_of_a_gateway_give_the_same_id(
    epoch: int, count: int, other: int, other_count: int
) -> None:
    same = (epoch, count) == (other, other_count)
    assert (session_id(epoch, count) == session_id(other, other_count)) is same
