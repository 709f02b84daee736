"""Sessions in the database: written again without harm, closed for good, trimmed in time."""

from __future__ import annotations

import time

import peewee
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.sessions import (
    CLOSED_DAYS,
    SILENT_DAYS,
    SessionRow,
    load_sessions,
    save_sessions,
    trim_sessions,
)
from tests.actors.storage.session_rows import digest, session_row, take_token, token_row

_words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_rows = st.builds(
    session_row,
    st.integers(0, 2**63 - 1),
    state=_words,
    left_state=st.none() | _words,
    peer=_words,
    account=st.none() | _words,
    account_id=st.none() | st.integers(0, 2**40),
    character=st.none() | _words,
    # Microseconds are exact in a float for centuries to come only.
    touched_at=st.integers(0, 2**34).map(lambda quarters: quarters / 4),
)


def ids(database: CooperativeDatabase, gateway: str = "main") -> list[int]:
    return [row.id for row in load_sessions(database, gateway)]


def age(database: CooperativeDatabase, session: int, column: str, days: float) -> None:
    database.rows(
        f"UPDATE sessions SET {column} = now() - make_interval(secs => %s) WHERE id = %s",
        [days * 86_400, session],
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_rows, unique_by=lambda row: row.id, max_size=5))
@pytest.mark.slow
def test_sessions_come_back_as_they_were_oldest_first(
    database: CooperativeDatabase, rows: list[SessionRow]
) -> None:
    database.rows("TRUNCATE sessions CASCADE")
    save_sessions(database, "main", rows)

    assert load_sessions(database, "main") == sorted(rows, key=lambda row: row.id)


def test_a_session_that_changes_is_there_once_as_it_is_now(database: CooperativeDatabase) -> None:
    save_sessions(database, "main", [session_row(1), session_row(2)])
    gone = session_row(1, state="disconnected", left_state="playing", touched_at=1_800_000_100.0)

    save_sessions(database, "main", [session_row(1), gone])

    assert load_sessions(database, "main") == [gone, session_row(2)]


def test_a_gateway_finds_its_own_sessions_only(database: CooperativeDatabase) -> None:
    save_sessions(database, "main", [session_row(1)])
    save_sessions(database, "second", [session_row(2)])

    assert (ids(database, "main"), ids(database, "second"), ids(database, "third")) == ([1], [2], [])


def test_a_closed_session_stays_closed_whatever_is_written_later(database: CooperativeDatabase) -> None:
    save_sessions(database, "main", [session_row(1), session_row(2)], closed=[1])
    save_sessions(database, "main", [session_row(1)])

    assert ids(database) == [2]
    assert database.rows("SELECT state, closed_at IS NULL FROM sessions WHERE id = 1") == [("closed", False)]


def test_closing_deletes_the_tokens_in_the_same_transaction(database: CooperativeDatabase) -> None:
    save_sessions(database, "main", [session_row(1), session_row(2)], tokens=[token_row(1), token_row(2, 2)])

    save_sessions(database, "main", closed=[1])

    assert database.rows("SELECT session FROM session_tokens") == [(2,)]


def test_the_tokens_go_with_the_row_of_their_session(database: CooperativeDatabase) -> None:
    save_sessions(database, "main", [session_row(1)], tokens=[token_row(1), token_row(2)])

    database.rows("DELETE FROM sessions WHERE id = 1")

    assert database.rows("SELECT 1 FROM session_tokens") == []


def test_a_batch_that_is_written_again_changes_nothing(database: CooperativeDatabase) -> None:
    batch = ([session_row(1), session_row(2)], [2], [token_row(1, 1), token_row(2, 2)])
    save_sessions(database, "main", *batch)
    take_token(database, "main", digest(1), 1)

    save_sessions(database, "main", *batch)

    assert ids(database) == [1]
    assert database.rows("SELECT session, used_at IS NULL FROM session_tokens") == [(1, False)]


def test_a_batch_that_cannot_be_written_leaves_nothing(database: CooperativeDatabase) -> None:
    with pytest.raises(peewee.DataError):
        save_sessions(database, "main", [session_row(1), session_row(2**63)], tokens=[token_row(1)])

    assert ids(database) == []


def test_more_than_a_page_is_written_and_read(database: CooperativeDatabase) -> None:
    rows = [session_row(number) for number in range(1201)]

    save_sessions(database, "main", rows)

    assert load_sessions(database, "main") == rows


def test_closed_sessions_are_dropped_when_they_have_had_their_time(database: CooperativeDatabase) -> None:
    save_sessions(database, "main", [session_row(number) for number in range(1, 4)], closed=[1, 2])
    age(database, 1, "closed_at", CLOSED_DAYS + 0.1)
    age(database, 3, "touched_at", SILENT_DAYS + 0.1)

    assert trim_sessions(database, "main") == 1
    assert trim_sessions(database, "main") == 0

    assert database.rows("SELECT id FROM sessions ORDER BY id") == [(2,), (3,)], (
        "an open one is its gateway's"
    )


def test_sessions_of_gateways_that_are_gone_for_good_are_dropped(database: CooperativeDatabase) -> None:
    save_sessions(database, "gone", [session_row(1), session_row(2, touched_at=time.time())])
    age(database, 1, "touched_at", SILENT_DAYS + 0.1)

    trim_sessions(database, "main")

    assert ids(database, "gone") == [2]


def test_tokens_are_dropped_a_day_after_their_time(database: CooperativeDatabase) -> None:
    tokens = [token_row(1, seconds=-90_000), token_row(2, seconds=-60), token_row(3)]
    save_sessions(database, "main", [session_row(1)], tokens=tokens)

    trim_sessions(database, "main")

    kept = {bytes(row[0]) for row in database.rows("SELECT digest FROM session_tokens")}
    assert kept == {digest(2), digest(3)}
