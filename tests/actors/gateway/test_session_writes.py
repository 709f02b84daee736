"""What is written behind: the last state of each session, in batches, and never less than what happened."""

from __future__ import annotations

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.gateway.messages.tokens import TokenKind
from actors.gateway.session_record import SessionId, SessionRecord
from actors.gateway.session_writes import Batch, SessionWrites, TokenEntry
from tests.actors.gateway.session_records import playing
from tests.actors.stand_ins import somebody

ONE, TWO, THREE = SessionId(1), SessionId(2), SessionId(3)


def take(writes: SessionWrites, limit: int = 100, now: float = 0.0) -> Batch:
    return writes.take(playing, limit, now)


def ids(batch: Batch) -> list[int]:
    return [record.id for record in batch.records]


def token(
    number: int, session: int = 1, *, kind: TokenKind = TokenKind.TOKEN, replaces: bool = True
) -> TokenEntry:
    return TokenEntry(SessionId(session), bytes([number]) * 32, kind, 1, 900.0, replaces, somebody())


def test_a_batch_has_all_that_changed_once() -> None:
    writes = SessionWrites()
    for session in (ONE, TWO, ONE):
        writes.changed(session, 1.0)

    assert ids(take(writes)) == [1, 2]
    writes.written()
    assert not writes.is_urgent
    assert len(take(writes)) == 0


def test_touches_wait_for_a_batch_and_make_none_by_themselves() -> None:
    writes = SessionWrites()
    writes.touched(ONE)
    assert not writes.is_urgent

    writes.changed(TWO, 1.0)

    assert ids(take(writes)) == [2, 1]


def test_what_changes_while_a_batch_is_on_its_way_is_in_the_next() -> None:
    writes = SessionWrites()
    writes.changed(ONE, 1.0)
    take(writes)
    writes.changed(ONE, 2.0)
    writes.written()

    assert ids(take(writes)) == [1]


def test_of_a_batch_that_failed_everything_is_written_again_before_the_rest() -> None:
    writes = SessionWrites()
    writes.is_stored(THREE)
    writes.changed(ONE, 1.0)
    writes.closed(THREE, 1.0)
    take(writes, now=2.0)
    writes.changed(TWO, 3.0)
    writes.not_written()

    assert writes.oldest_seconds(5.0) == 4.0
    batch = take(writes, now=5.0)
    assert (ids(batch), batch.closed) == ([1, 2], (3,))


def test_a_session_that_was_never_written_leaves_nothing_behind() -> None:
    writes = SessionWrites()
    writes.changed(ONE, 1.0)

    writes.closed(ONE, 2.0)

    assert not writes.is_urgent
    assert writes.pending == 0


def test_one_that_ends_while_it_is_being_written_is_closed_afterwards() -> None:
    writes = SessionWrites()
    writes.changed(ONE, 1.0)
    take(writes)
    writes.closed(ONE, 2.0)
    assert writes.is_closing(ONE)
    writes.not_written()

    batch = take(writes)
    assert (ids(batch), batch.closed) == ([], (1,))
    assert writes.is_closing(ONE)
    writes.written()
    assert not writes.is_closing(ONE)


def test_a_token_goes_with_its_session_if_that_is_not_there_yet() -> None:
    writes = SessionWrites()
    writes.token(token(1, 2))

    batch = take(writes)

    assert (ids(batch), len(batch.tokens)) == ([2], 1)
    writes.written()
    writes.token(token(2, 2))
    assert ids(take(writes)) == []


def test_a_token_that_replaces_takes_the_place_of_one_that_waits() -> None:
    writes = SessionWrites()
    first, code, other = token(1), token(2, kind=TokenKind.CODE), token(3, 2)
    for one in (first, code, other):
        assert writes.token(one) == []

    assert writes.token(token(4)) == [first]
    assert writes.token(token(4)) == [], "the same once more, for longer"
    assert writes.token(token(5, replaces=False)) == []

    assert [one.digest[0] for one in take(writes).tokens] == [2, 3, 4, 5]


def test_tokens_of_a_batch_that_failed_are_not_written_again_but_their_sessions_are() -> None:
    writes = SessionWrites()
    writes.is_stored(ONE)
    writes.token(token(1))
    take(writes)

    assert len(writes.not_written().tokens) == 1

    batch = take(writes)
    assert (ids(batch), batch.tokens) == ([1], ())


def test_a_batch_has_no_more_than_its_limit() -> None:
    writes = SessionWrites()
    for number in range(25):
        writes.changed(SessionId(number), 0.0)

    sizes = []
    while batch := take(writes, limit=10):
        sizes.append(len(batch))
        writes.written()

    assert sizes == [10, 10, 5]


def test_after_a_crash_one_thing_is_written_at_a_time_until_the_culprit_is_given_up() -> None:
    writes = SessionWrites()
    for session in (ONE, TWO, THREE):
        writes.changed(session, 0.0)
    take(writes)
    batch, is_given_up = writes.crashed()
    assert (len(batch), is_given_up) == (3, False)

    assert ids(take(writes)) == [1]
    writes.written()
    assert ids(take(writes)) == [2]
    batch, is_given_up = writes.crashed()
    assert (ids(batch), is_given_up) == ([2], True)
    assert ids(take(writes)) == [3]
    writes.written()
    for session in (ONE, THREE):
        writes.changed(session, 0.0)
    assert ids(take(writes)) == [1, 3], "all is well again"


class AnyHistory(RuleBasedStateMachine):
    """Sessions change and end while batches are written or not: at rest, the database has what there is."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = SessionWrites()
        self.versions = itertools.count(1)
        self.there: dict[SessionId, int] = {}
        self.rows: dict[SessionId, int] = {}
        self.batch: Batch | None = None

    def _record(self, session: SessionId) -> SessionRecord | None:
        version = self.there.get(session)
        return None if version is None else playing(session, now=float(version))

    @rule(session=st.integers(1, 4).map(SessionId))
    def change(self, session: SessionId) -> None:
        if session in self.there or (session not in self.rows and not self.writes.is_closing(session)):
            self.there[session] = next(self.versions)
            self.writes.changed(session, 0.0)

    @rule(session=st.integers(1, 4).map(SessionId))
    def end(self, session: SessionId) -> None:
        if self.there.pop(session, None):
            self.writes.closed(session, 0.0)

    @precondition(lambda self: self.batch is None)
    @rule(limit=st.integers(1, 3))
    def take(self, limit: int) -> None:
        self.batch = self.writes.take(self._record, limit, 0.0) or None

    @precondition(lambda self: self.batch is not None)
    @rule(arrives=st.booleans(), is_told=st.booleans())
    def end_batch(self, arrives: bool, is_told: bool) -> None:
        assert self.batch is not None
        if arrives or is_told:
            self.rows |= {record.id: int(record.touched_at) for record in self.batch.records}
            for session in self.batch.closed:
                self.rows.pop(session, None)
        if is_told:
            self.writes.written()
        else:
            self.writes.not_written()
        self.batch = None

    @invariant()
    def nothing_is_forgotten(self) -> None:
        if self.batch is None and not self.writes.is_urgent:
            assert self.rows == self.there
        assert self.writes.pending <= 8


AnyHistory.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestAnyHistory = AnyHistory.TestCase
