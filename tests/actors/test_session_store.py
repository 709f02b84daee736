"""The sessions' way into the real database and back, clocks and hostile names included."""

from __future__ import annotations

import json
import math
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.messages.book import (
    CountSessions,
    DescribeBook,
    DropSession,
    KeepSession,
    RestoreSessions,
)
from actors.gateway.messages.tokens import (
    KeepToken,
    Resumable,
    ResumeRefused,
    ResumeSession,
    TokenKept,
    TokenKind,
    TokenNotKept,
)
from actors.gateway.reconnect_results import Unavailable
from actors.gateway.reconnect_token import encode, make
from actors.gateway.session_book import SESSION_BOOK, SessionBook
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import NOTHING_KNOWN, SessionId, SessionMetadata, SessionRecord
from actors.gateway.session_states import SessionState
from actors.gateway.session_stay import restored
from actors.session_store import StoreVault, record_of, row_of
from actors.storage.cooperative import CooperativeDatabase
from actors.storage.options import StoreOptions
from actors.storage.passwords import PasswordOptions
from actors.storage.sessions import SessionRow, load_sessions, save_sessions
from actors.storage.store import store_children
from supervisors import one_for_one, rest_for_one, run_tree, supervisor, worker
from tests.actors.book_listener import BookListener
from tests.actors.gateway.session_records import disconnected, playing
from tests.actors.storage.session_rows import session_row
from tests.postgres import new_postgres
from wyld_actors import ActorSystem, Mailbox, Message, Ref

# Also halves of surrogate pairs, and what looks like an escape.
texts = st.text(st.characters(), max_size=20) | st.sampled_from(["\\u0000", "a\0b", "\ud800"])


@given(texts, texts, st.floats(-1e6, 1e9), st.floats(0, 2e9))
def test_a_record_comes_back_from_its_row_cleaned_of_what_no_database_takes(
    peer: str, terminal: str, now: float, wall: float
) -> None:
    ahead = wall - now
    metadata = SessionMetadata(terminal=terminal, columns=80, custom=((peer, terminal),))
    record = disconnected(7, now=now).with_metadata(metadata)

    row = row_of(record, ahead)
    back = record_of(row, ahead)

    known = json.loads(row.metadata)
    said = row.peer + known["terminal"] + "".join(known["custom"][0])
    assert "\0" not in said
    assert (said + row.metadata).encode()
    assert json.dumps(known), "PostgreSQL reads it as JSON does"
    assert back is not None
    assert (back.state, back.left, back.account, back.character) == (
        record.state,
        record.left,
        record.account,
        record.character,
    )
    assert back.metadata.columns == 80
    assert back.changed_at == pytest.approx(now, abs=1e-3)


def test_a_row_of_another_version_is_read_as_far_as_it_can_be(caplog: pytest.LogCaptureFixture) -> None:
    strange = record_of(session_row(1, state="meditating"), 0.0)
    plain = record_of(session_row(2, metadata='{"terminal": 7}'), 0.0)

    assert strange is None
    assert "session 1 cannot be brought back" in caplog.text
    assert plain is not None
    assert plain.metadata == NOTHING_KNOWN


states = st.sampled_from([state.value for state in SessionState] + ["meditating"])
nobody = st.none() | st.just(1)
times = st.sampled_from([0.0, 1_800_000_000.0, math.inf, -math.inf, math.nan])


rows = st.builds(
    session_row,
    st.sampled_from([-5, 0, 1, 2**63 - 1]),
    state=states,
    left_state=st.none() | states,
    account_id=nobody,
    character_id=nobody,
    changed_at=times,
)


@given(rows)
def test_whatever_a_row_says_it_becomes_a_session_that_can_wait_for_its_player_or_none(
    row: SessionRow,
) -> None:
    record = record_of(row, 0.0)

    if record is not None:
        waiting = restored(record, now=5.0).record
        assert waiting is not None
        assert waiting.left is not None
        assert waiting.moved_to(waiting.left, now=6.0).account is not None
        assert waiting.character is not None or not waiting.plays
        assert encode(make(record.id, secrets.token_bytes))


class Life:
    """One life of a gateway's book, with a store of its own."""

    def __init__(self, dsn: str) -> None:
        self.system = ActorSystem("gateway")
        store = store_children(StoreOptions(dsn, pool_size=3, passwords=PasswordOptions(memory_kib=64)))
        book = worker(
            SESSION_BOOK,
            SessionBook,
            SessionOptions(),
            StoreVault(self.system, "main"),
            mailbox=Mailbox(limit=100_000),
        )
        children = [supervisor("store", rest_for_one, store), book]
        self.tree = run_tree(self.system, supervisor("top", one_for_one, children))
        assert self.tree.started.get(timeout=10)

    @property
    def book(self) -> Ref:
        book = self.system.registry.whereis(SESSION_BOOK)
        assert book is not None
        return book

    def player(self) -> tuple[Ref, list[Message]]:
        heard: list[Message] = []
        return self.system.spawn(BookListener, heard), heard

    def restored(self) -> list[SessionRecord]:
        return list(self.book.ask(RestoreSessions(), timeout=10).records)

    def ends(self) -> None:
        self.tree.shutdown()
        assert self.tree.ended.wait(10)
        self.system.stop()


def until(condition: object) -> None:
    assert callable(condition)
    with gevent.Timeout(10):
        while not condition():
            gevent.sleep(0.005)


@pytest.fixture
def first(database_dsn: str) -> Iterator[Life]:
    life = Life(database_dsn)
    yield life
    life.system.stop()


@pytest.mark.slow
def test_a_player_comes_back_to_a_gateway_that_was_killed(
    first: Life, database_dsn: str, database: CooperativeDatabase
) -> None:
    ref, heard = first.player()
    token = make(SessionId(7), secrets.token_bytes)
    first.book.tell(KeepSession(playing(7, now=first.system.now()), ref))
    first.book.tell(KeepToken(7, ref, token.digest, TokenKind.TOKEN, 600.0))
    until(lambda: heard)
    assert isinstance(heard[0], TokenKept)
    first.system.stop()

    second = Life(database_dsn)
    [record] = second.restored()
    assert (record.id, record.state, record.left) == (7, SessionState.DISCONNECTED, SessionState.PLAYING)
    back, _ = second.player()
    second.book.tell(KeepSession(record, back))
    asker, answers = second.player()
    for _ in range(2):
        second.book.tell(ResumeSession(asker, "203.0.113.7", encode(token)))
    until(lambda: len(answers) == 2)

    assert sorted(type(answer).__name__ for answer in answers) == ["Resumable", "ResumeRefused"]
    second.book.tell(DropSession(7))
    second.ends()
    assert load_sessions(database, "main") == []


@pytest.mark.slow
def test_ten_thousand_sessions_are_written_and_brought_back_while_others_resume(
    first: Life, database_dsn: str, database: CooperativeDatabase
) -> None:
    ref, heard = first.player()
    now = first.system.now()
    for number in range(1, 10_001):
        first.book.tell(KeepSession(playing(number, now=now), ref))
    tokens = [make(SessionId(number), secrets.token_bytes) for number in range(1, 501)]
    for token in tokens:
        first.book.tell(KeepToken(token.session, ref, token.digest, TokenKind.TOKEN, 600.0))
    until(lambda: len(heard) == 500)
    heard.clear()
    for token in tokens:
        first.book.tell(ResumeSession(ref, "203.0.113.7", encode(token)))
    until(lambda: len(heard) == 500)

    assert all(isinstance(answer, Resumable) for answer in heard)
    first.ends()
    second = Life(database_dsn)
    assert len(second.restored()) == 10_000
    assert second.book.ask(CountSessions(SessionState.DISCONNECTED)) == 10_000
    second.ends()


def test_a_session_of_another_gateway_is_not_ours(first: Life, database: CooperativeDatabase) -> None:
    save_sessions(database, "second", [session_row(1)])

    assert first.restored() == []


@pytest.mark.parametrize("touched", ["now() - interval '31 days'", "'infinity'", "'-infinity'"])
def test_a_session_that_no_gateway_has_brought_back_for_a_month_is_closed_at_the_next_start(
    database_dsn: str, database: CooperativeDatabase, touched: str, caplog: pytest.LogCaptureFixture
) -> None:
    strange = [session_row(number, state="dreaming", touched_at=time.time()) for number in (1, 2)]
    old = session_row(3, touched_at=time.time() - 40 * 86_400)
    save_sessions(database, "main", [*strange, old])
    database.rows(f"UPDATE sessions SET touched_at = {touched} WHERE id = 1 RETURNING id")

    life = Life(database_dsn)

    assert [record.id for record in life.restored()] == [3], "who can be brought back is"
    life.ends()
    assert [row.id for row in load_sessions(database, "main")] == [2, 3]
    assert (
        "1 sessions that nobody could bring back for 30 days are closed, the first of them 1" in caplog.text
    )


def test_what_a_hostile_client_tells_of_itself_keeps_no_session_from_being_written(
    first: Life, database: CooperativeDatabase
) -> None:
    ref, _ = first.player()
    for number, text in enumerate(["a\0b", "\ud800", "\\u0000", "\\", "'; DROP TABLE sessions; --", "%s"], 1):
        metadata = SessionMetadata(terminal=text, user_agent=text, custom=((text, text),))
        first.book.tell(KeepSession(playing(number).with_metadata(metadata), ref))
    until(lambda: len(load_sessions(database, "main")) == 6)

    stored = [record_of(row, 0.0) for row in load_sessions(database, "main")]
    said = [record.metadata.terminal for record in stored if record is not None]
    assert said == ["ab", "?", "\\u0000", "\\", "'; DROP TABLE sessions; --", "%s"]


@pytest.mark.slow
def test_what_happens_while_the_database_is_stopped_is_written_when_it_is_back(
    postgres_folder: Path,
) -> None:
    cluster = new_postgres(postgres_folder / "stopped-sessions")
    dsn = cluster.ensure_running()
    life = Life(dsn)
    now = life.system.now()
    ref, heard = life.player()
    token = make(SessionId(1), secrets.token_bytes)
    life.book.tell(KeepSession(playing(1, now=now), ref))
    life.book.tell(KeepToken(1, ref, token.digest, TokenKind.TOKEN, 600.0))
    until(lambda: heard)
    assert isinstance(heard.pop(), TokenKept)

    cluster.stop()
    for number in (1, 2):
        life.book.tell(KeepSession(disconnected(number, now=now), ref))
    until(lambda: life.book.ask(DescribeBook()).problem)
    life.book.tell(KeepToken(1, ref, token.digest, TokenKind.TOKEN, 600.0))
    life.book.tell(ResumeSession(ref, "203.0.113.7", encode(token)))
    until(lambda: len(heard) == 2)
    assert isinstance(heard[0], TokenNotKept)
    assert heard[1] == ResumeRefused(Unavailable())
    cluster.ensure_running()
    until(lambda: not life.book.ask(DescribeBook()).pending)

    life.book.tell(ResumeSession(ref, "203.0.113.7", encode(token)))
    until(lambda: len(heard) == 3)
    assert isinstance(heard[2], Resumable), "and the token was not consumed"
    life.ends()
    second = Life(dsn)
    assert [(one.id, one.state) for one in second.restored()] == [
        (1, SessionState.DISCONNECTED),
        (2, SessionState.DISCONNECTED),
    ]
    second.ends()
    cluster.stop()
