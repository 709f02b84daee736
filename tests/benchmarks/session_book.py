"""The book of sessions over a real PostgreSQL that keeps what it says it has (fsync is on).

A process of its own (`python -m tests.benchmarks.session_book`), which prints its figures as JSON. Store,
workers, vault and book are those of the gateway; the sessions are actors that do nothing but hear the book.
"Written" is: the transaction is committed.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - patched before anything else is imported
import logging  # noqa: E402
import os  # noqa: E402
import statistics  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator, Sequence  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402

from actors.gateway.messages.book import (  # noqa: E402
    BookStatus,
    CountSessions,
    DescribeBook,
    DropSession,
    GetSession,
    KeepSession,
    ListSessions,
)
from actors.gateway.messages.tokens import KeepToken, Resumable, ResumeSession, TokenKept, TokenKind  # noqa: E402
from actors.gateway.reconnect_token import encode, make  # noqa: E402
from actors.gateway.session_book import SESSION_BOOK, SessionBook  # noqa: E402
from actors.gateway.session_cache import SessionCache  # noqa: E402
from actors.gateway.session_options import SessionOptions  # noqa: E402
from actors.gateway.session_record import SessionId, SessionRecord  # noqa: E402
from actors.gateway.session_states import SessionState  # noqa: E402
from actors.session_store import StoreVault  # noqa: E402
from actors.storage.cooperative import CooperativeDatabase  # noqa: E402
from actors.storage.embedded import EmbeddedPostgres  # noqa: E402
from actors.storage.migrations import migrate  # noqa: E402
from actors.storage.options import StoreOptions  # noqa: E402
from actors.storage.sessions import trim_sessions  # noqa: E402
from actors.storage.store import store_children  # noqa: E402
from run_half import calm_collector  # noqa: E402
from supervisors import one_for_one, rest_for_one, run_tree, supervisor, worker  # noqa: E402
from tests.actors.book_listener import BookListener  # noqa: E402
from tests.actors.gateway.session_records import disconnected, playing, selecting  # noqa: E402
from wyld_actors import ActorSystem, Mailbox, Message, Ref  # noqa: E402

GATEWAY = "gateway"
# As in the gateway's tree.
CONNECTIONS = 3
MANY, TIMES, ALONE = 1_000, 2_000, 30
STREAM = 5_000
LIMIT_SECONDS = 60.0
WEEKS_AGO = "UPDATE sessions SET closed_at = now() - interval '30 days' WHERE closed_at IS NOT NULL"


class House:
    """Store and book over this database."""

    def __init__(self, dsn: str) -> None:
        self.system = ActorSystem(GATEWAY)
        self.heard: list[Message] = []
        store = store_children(StoreOptions(dsn, pool_size=CONNECTIONS))
        vault = StoreVault(self.system, GATEWAY)
        book = worker(SESSION_BOOK, SessionBook, SessionOptions(), vault, mailbox=Mailbox(limit=1_000_000))
        tree = supervisor(GATEWAY, one_for_one, [supervisor("store", rest_for_one, store), book])
        assert run_tree(self.system, tree).started.get()
        found = self.system.registry.whereis(SESSION_BOOK)
        assert found is not None
        self.book: Ref = found
        self.refs = [self.system.spawn(BookListener, self.heard) for _ in range(MANY)]

    def keep(self, records: Sequence[SessionRecord]) -> None:
        for record in records:
            self.book.tell(KeepSession(record, self.refs[record.id % MANY]))

    def until_written(self) -> None:
        """Wait until nothing waits for the database."""
        self.until(lambda: not self._status().pending)
        assert not self._status().problem

    def until(self, is_so: Callable[[], bool]) -> None:
        with gevent.Timeout(LIMIT_SECONDS):
            while not is_so():
                gevent.sleep(0.0005)

    def _status(self) -> BookStatus:
        status: BookStatus = self.book.ask(DescribeBook())
        return status


@contextmanager
def house() -> Iterator[tuple[House, CooperativeDatabase]]:
    """In a fresh cluster, with a connection beside the store's."""
    with tempfile.TemporaryDirectory(prefix="wyld-bench-book-") as folder:
        Path(folder).chmod(0o711)
        postgres = EmbeddedPostgres(Path(folder))
        database = CooperativeDatabase(postgres.ensure_running())
        database.connect()
        migrate(database)
        made = House(database.dsn)
        try:
            yield made, database
        finally:
            made.system.stop()
            database.close()
            postgres.stop()


def of_memory(house: House) -> dict[str, float]:
    """What answers from memory. The book is asked as by any actor: a message there, an answer back."""
    now = house.system.now()
    house.keep([playing(number, account=number, now=now) for number in range(1, MANY + 1)])
    house.until_written()
    cache = SessionCache()
    for number in range(1, MANY + 1):
        cache.keep(disconnected(number, account=number), None)
    calm_collector()

    def clean_up(_: int) -> None:
        expired = cache.expired(10_000.0, SessionOptions())
        assert len(expired) == MANY
        for record in expired:
            cache.remove(record.id)
        for record in expired:
            cache.keep(record, None)

    return {
        "ms to look a session up": median_ms(lambda n: house.book.ask(GetSession(SessionId(1 + n % MANY)))),
        f"ms to list {MANY:,} sessions of one state": median_ms(
            lambda _: house.book.ask(ListSessions(SessionState.PLAYING)), 100
        ),
        "ms to count them": median_ms(lambda _: house.book.ask(CountSessions(SessionState.PLAYING))),
        f"ms to clean up {MANY:,} expired sessions, in memory": median_ms(clean_up, 50),
    }


def of_writing(house: House, database: CooperativeDatabase) -> dict[str, float]:
    """What reaches the database. A session alone waits 40 ms for others of its moment."""
    fresh, account = iter(range(10_000, 1_000_000)), 1

    def many(count: int) -> list[SessionRecord]:
        return [selecting(next(fresh), account, house.system.now()) for _ in range(count)]

    def write(records: Sequence[SessionRecord]) -> None:
        house.keep(records)
        house.until_written()

    def drop(records: Sequence[SessionRecord]) -> None:
        for record in records:
            house.book.tell(DropSession(record.id))
        house.until_written()

    calm_collector()
    database.rows("CREATE TABLE IF NOT EXISTS one_row (number integer)")
    commit = median_ms(lambda _: database.rows("INSERT INTO one_row VALUES (1)"), MANY)
    alone = median_ms(lambda _: write(many(1)), ALONE)
    batch = many(MANY)
    create = once_ms(lambda: write(batch))
    played = [record.moved_to(SessionState.PLAYING, now=house.system.now()) for record in batch]
    move = once_ms(lambda: write(played))
    close = once_ms(lambda: drop(played))
    database.rows(WEEKS_AGO)
    trim = once_ms(lambda: trim_sessions(database, GATEWAY))

    def stream() -> None:
        for _ in range(STREAM // MANY):
            house.keep(many(MANY))
            gevent.sleep(0)
        house.until_written()

    return {
        "ms that this disk takes for any commit": commit,
        f"ms to create a session with its database write, {MANY:,} at once": create / MANY,
        "ms until a session that comes alone is written": alone,
        "sessions created and written in a second": STREAM / once_ms(stream) * 1000,
        f"ms for a transition, written, {MANY:,} at once": move / MANY,
        f"ms to close {MANY:,} sessions, written": close,
        f"ms to clean up {MANY:,} closed sessions, in the database": trim,
    }


def of_tokens(house: House) -> dict[str, float]:
    """Made: the session may give it out. Checked: consumed, and the session named to the client's."""
    session, heard = SessionId(1), house.heard
    tokens = [make(session, os.urandom) for _ in range(ALONE + MANY)]

    def keep(number: int) -> None:
        asker = house.refs[0]
        house.book.tell(
            KeepToken(session, asker, tokens[number].digest, TokenKind.TOKEN, 3600.0, replaces=False)
        )

    def keep_and_wait(number: int) -> None:
        heard.clear()
        keep(number)
        house.until(lambda: bool(heard))

    def check(number: int) -> None:
        heard.clear()
        text = encode(tokens[number])
        house.book.tell(ResumeSession(house.refs[1], "203.0.113.7", text))
        house.until(lambda: bool(heard))
        assert isinstance(heard[0], Resumable), heard[0]

    make_alone = median_ms(keep_and_wait, ALONE)
    heard.clear()

    def keep_all() -> None:
        for number in range(ALONE, ALONE + MANY):
            keep(number)
        house.until(lambda: len(heard) == MANY)

    make_many = once_ms(keep_all)
    assert all(isinstance(message, TokenKept) for message in heard)
    checked = median_ms(lambda number: check(ALONE + number), MANY)
    return {
        f"ms to make a token, written, {MANY:,} at once": make_many / MANY,
        "ms until a token alone is written": make_alone,
        "ms to check a token, consumed in the database": checked,
    }


def median_ms(work: Callable[[int], object], times: int = TIMES) -> float:
    return statistics.median([once_ms(partial(work, number)) for number in range(times)])


def once_ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    with house() as (made, database):
        figures = of_memory(made) | of_writing(made, database) | of_tokens(made)
    print(json.dumps(figures))  # noqa: T201 - read by sessions.py


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    main()
