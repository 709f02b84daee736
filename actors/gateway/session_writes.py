"""What is to be written of the sessions, and what is being written: the book's list of errands. Pure.

Memory is bounded by the number of sessions, however long the database is away: of each, the last state
counts. A session that came and went without ever being written leaves nothing.

At most one batch is on its way. What changes meanwhile is in the next one, so the order of a session's
states is kept. Of a batch that failed nobody knows whether it was written; writing it again is right in both
cases.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from actors.gateway.messages.tokens import TokenKind
from actors.gateway.session_record import SessionId, SessionRecord
from wyld_actors import Ref

RecordOf = Callable[[SessionId], SessionRecord | None]


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """A token to be kept, and who is told. `expires_at` is a time of the actor system's clock."""

    session: SessionId
    digest: bytes
    kind: TokenKind
    account: int | None
    expires_at: float
    replaces: bool
    asker: Ref

    def __repr__(self) -> str:
        return f"TokenEntry(session={self.session}, kind={self.kind.value!r}, digest=***)"


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes into one transaction."""

    records: tuple[SessionRecord, ...] = ()
    closed: tuple[SessionId, ...] = ()
    tokens: tuple[TokenEntry, ...] = ()

    def __len__(self) -> int:
        return len(self.records) + len(self.closed) + len(self.tokens)


class SessionWrites:
    """See the module."""

    def __init__(self) -> None:
        # Since when; in the order in which they are written.
        self._changed: dict[SessionId, float] = {}
        self._closed: dict[SessionId, float] = {}
        self._touched: dict[SessionId, None] = {}
        self._tokens: list[TokenEntry] = []
        # The database has a row of these, or may have.
        self._rows: set[SessionId] = set()
        self._on_its_way: Batch | None = None
        # How long the oldest of that had been waiting.
        self._way_since = 0.0
        self._suspects = 0

    # What happens ----------------------------------------------------------------------------------

    def is_stored(self, session: SessionId) -> None:
        """The database has it: it was read from there."""
        self._rows.add(session)

    def changed(self, session: SessionId, now: float) -> None:
        """Its record is new."""
        self._changed.setdefault(session, now)

    def touched(self, session: SessionId) -> None:
        """Only its last activity is new."""
        self._touched[session] = None

    def closed(self, session: SessionId, now: float) -> None:
        """It has ended; of one that was never written there is nothing to say."""
        self._changed.pop(session, None)
        self._touched.pop(session, None)
        if session in self._rows:
            self._closed.setdefault(session, now)

    def token(self, token: TokenEntry) -> list[TokenEntry]:
        """A token is to be kept, with its session. Those that waited and are not needed any more."""
        replaced = [other for other in self._tokens if token.replaces and _is_same_kind(token, other)]
        self._tokens = [other for other in self._tokens if other not in replaced]
        self._tokens.append(token)
        return [other for other in replaced if other.digest != token.digest]

    def withdraw_tokens(self) -> list[TokenEntry]:
        """Those that wait are not to be written: they."""
        tokens, self._tokens = self._tokens, []
        return tokens

    # Writing ---------------------------------------------------------------------------------------

    @property
    def is_urgent(self) -> bool:
        """Whether there is more than touches."""
        return bool(self._changed or self._closed or self._tokens)

    @property
    def is_idle(self) -> bool:
        """Whether no batch is on its way."""
        return self._on_its_way is None

    def take(self, record_of: RecordOf, limit: int, now: float) -> Batch:
        """The next batch, on its way from now on; empty if there is nothing to write.

        While the database crashes over something, batches hold one thing each.
        """
        assert self._on_its_way is None, "one batch at a time"
        room = 1 if self._suspects else limit
        self._way_since = now - self.oldest_seconds(now)
        closed = _first(self._closed, room)
        tokens = tuple(self._tokens[: room - len(closed)])
        # A token is kept with its session, or not at all.
        owners = {token.session: None for token in tokens if token.session not in self._rows}
        room -= len(closed) + len(tokens)
        others = _first({**self._changed, **self._touched}, room)
        records = [record_of(session) for session in {**owners, **dict.fromkeys(others)}]
        batch = Batch(tuple(record for record in records if record is not None), closed, tokens)
        for session in (*owners, *others):
            self._changed.pop(session, None)
            self._touched.pop(session, None)
        for session in closed:
            del self._closed[session]
        del self._tokens[: len(tokens)]
        self._rows.update(record.id for record in batch.records)
        self._on_its_way = batch if len(batch) else None
        return batch

    def written(self) -> Batch:
        """The batch is durable; it."""
        batch = self._arrived()
        self._rows.difference_update(batch.closed)
        self._suspects = max(self._suspects - len(batch), 0)
        return batch

    def not_written(self) -> Batch:
        """Nobody knows of the batch: its sessions are written again, its tokens are not; it."""
        batch = self._arrived()
        # Those of the tokens too: whether the database is back shows by what is written.
        sessions = [record.id for record in batch.records] + [token.session for token in batch.tokens]
        again = [session for session in sessions if session not in self._closed]
        # They come first again, and have waited as long as the oldest of them.
        self._changed = dict.fromkeys(again, self._way_since) | self._changed
        self._closed = dict.fromkeys(batch.closed, self._way_since) | self._closed
        return batch

    def crashed(self) -> tuple[Batch, bool]:
        """The database's own code failed over the batch; it, and whether it is given up.

        It may have been one session of it, over which it would crash for ever, or something else: one by one
        it will show.
        """
        if len(self._on_its_way or ()) > 1:
            batch = self.not_written()
            self._suspects = len(batch)
            return batch, False
        batch = self._arrived()
        self._suspects = max(self._suspects - 1, 0)
        return batch, True

    def _arrived(self) -> Batch:
        batch, self._on_its_way = self._on_its_way, None
        assert batch is not None, "a batch was on its way"
        return batch

    # Looking ---------------------------------------------------------------------------------------

    def is_closing(self, session: SessionId) -> bool:
        """Whether it has ended and that is not written yet."""
        way = self._on_its_way
        return session in self._closed or (way is not None and session in way.closed)

    @property
    def pending(self) -> int:
        """How many sessions wait to be written, those on their way included."""
        way = self._on_its_way
        return len(self._changed) + len(self._closed) + (0 if way is None else len(way.records + way.closed))

    def oldest_seconds(self, now: float) -> float:
        """Since when the oldest of what waits has been waiting."""
        waiting = [*_first_since(self._changed), *_first_since(self._closed)]
        waiting += [] if self._on_its_way is None else [self._way_since]
        return max((now - since for since in waiting), default=0.0)


def _is_same_kind(one: TokenEntry, other: TokenEntry) -> bool:
    return (one.session, one.kind) == (other.session, other.kind)


def _first(waiting: Iterable[SessionId], room: int) -> tuple[SessionId, ...]:
    return tuple(islice(waiting, max(room, 0)))


def _first_since(waiting: dict[SessionId, float]) -> list[float]:
    return [next(iter(waiting.values()))] if waiting else []
