"""The database never stops the loop, and every wait for it has an end."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import gevent
import gevent.event
import peewee
import psycopg2
import pytest

from actors.storage.cooperative import ConnectionLimits, CooperativeDatabase, DeadlineExpired, connect


class Ticker:
    """Counts the turns it gets: none, while something stops the loop."""

    def __init__(self) -> None:
        self.ticks = 0

    def run(self) -> None:
        while True:
            gevent.sleep(0.005)
            self.ticks += 1


@pytest.fixture
def ticker() -> Iterator[Ticker]:
    ticker = Ticker()
    greenlet = gevent.spawn(ticker.run)
    yield ticker
    greenlet.kill()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def impatient(dsn: str, *, statement_timeout_seconds: float) -> CooperativeDatabase:
    """A connection that we give up at once when the server has not answered in this time."""
    limits = ConnectionLimits(statement_timeout_seconds=statement_timeout_seconds, grace_seconds=0.0)
    database = CooperativeDatabase(dsn, limits)
    database.connect()
    # Only our own deadline is to be seen, not the server's.
    database.rows("SET statement_timeout = 0")
    return database


def interrupted(work: Callable[[Callable[[], object]], object]) -> BaseException | None:
    """Kill the greenlet that does the work where it waits, after its call of what it is given."""
    ends: list[BaseException] = []
    about_to_wait = gevent.event.Event()

    def body() -> None:
        try:
            work(about_to_wait.set)
        except BaseException as end:
            ends.append(end)
            raise

    greenlet = gevent.spawn(body)
    about_to_wait.wait(timeout=5)
    greenlet.kill()
    return ends[0] if ends else None


@pytest.mark.slow
def test_other_greenlets_run_while_a_query_waits(database: CooperativeDatabase, ticker: Ticker) -> None:
    database.rows("SELECT pg_sleep(0.5)")

    assert ticker.ticks > 2


def test_other_greenlets_run_while_a_connection_is_made(silent_port: int, ticker: Ticker) -> None:
    with pytest.raises(DeadlineExpired):
        connect(f"host=localhost port={silent_port}", ConnectionLimits(connect_timeout_seconds=0.2))

    assert ticker.ticks > 0


def test_connecting_ends_at_its_deadline(silent_port: int) -> None:
    began = time.monotonic()

    with pytest.raises(DeadlineExpired):
        connect(f"host=127.0.0.1 port={silent_port}", ConnectionLimits(connect_timeout_seconds=0.1))

    assert 0.1 <= time.monotonic() - began < 5.0


def test_every_address_of_a_dsn_is_tried(database_dsn: str) -> None:
    parameters = psycopg2.extensions.parse_dsn(database_dsn)
    real = parameters.pop("host")
    dsn = psycopg2.extensions.make_dsn(**parameters, host=f"/nowhere,{real}", port="5432,5432")

    connection = connect(dsn)

    assert connection.closed == 0
    connection.close()


def test_a_host_that_has_no_address_is_named() -> None:
    with pytest.raises(psycopg2.OperationalError, match=r"db\.invalid cannot be resolved"):
        connect("host=db.invalid")


def test_a_wrong_password_is_said_to_be_one(database_dsn: str) -> None:
    parameters = psycopg2.extensions.parse_dsn(database_dsn)
    del parameters["passfile"]
    database = CooperativeDatabase(psycopg2.extensions.make_dsn(**parameters, password="wrong"))

    with pytest.raises(peewee.OperationalError, match="password authentication failed"):
        database.connect()


def test_a_query_past_its_deadline_costs_the_connection(database_dsn: str) -> None:
    database = impatient(database_dsn, statement_timeout_seconds=0.1)

    with pytest.raises(peewee.OperationalError, match="no answer from the database within"):
        database.rows("SELECT pg_sleep(60)")

    assert not database.is_usable()


def test_the_server_ends_a_slow_query_first_and_the_connection_stays(database_dsn: str) -> None:
    database = CooperativeDatabase(database_dsn, ConnectionLimits(statement_timeout_seconds=0.1))
    database.connect()

    with pytest.raises(peewee.OperationalError, match="statement timeout"):
        database.rows("SELECT pg_sleep(60)")

    assert database.is_usable()
    assert database.rows("SELECT 1") == [(1,)]
    database.close()


def test_a_killed_greenlet_leaves_no_connection_behind(database: CooperativeDatabase) -> None:
    def wait(about_to_wait: Callable[[], object]) -> None:
        about_to_wait()
        database.rows("SELECT pg_sleep(60)")

    end = interrupted(wait)

    assert isinstance(end, gevent.GreenletExit)
    assert not database.is_usable()


def test_a_kill_inside_a_transaction_comes_through_and_nothing_is_kept(
    database: CooperativeDatabase, database_dsn: str
) -> None:
    def half_a_transaction(about_to_wait: Callable[[], object]) -> None:
        with database.atomic():
            database.rows("INSERT INTO epochs (name, epoch) VALUES ('half', 1)")
            about_to_wait()
            database.rows("SELECT pg_sleep(60)")

    end = interrupted(half_a_transaction)

    assert isinstance(end, gevent.GreenletExit)
    assert not database.is_usable()
    observer = CooperativeDatabase(database_dsn)
    observer.connect()
    assert observer.rows("SELECT count(*) FROM epochs") == [(0,)]
    observer.close()


def test_a_gevent_timeout_comes_through_as_itself(database: CooperativeDatabase) -> None:
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.05):
        database.rows("SELECT pg_sleep(60)")

    assert not database.is_usable()


def test_a_discarded_connection_can_be_opened_again(database: CooperativeDatabase) -> None:
    database.discard()

    database.connect()

    assert database.rows("SELECT 1") == [(1,)]


def test_a_transaction_that_was_left_open_makes_a_connection_unusable(database: CooperativeDatabase) -> None:
    database.rows("BEGIN")

    assert not database.is_usable()


def test_patience_holds_for_its_block_only(database_dsn: str) -> None:
    database = CooperativeDatabase(database_dsn, ConnectionLimits(statement_timeout_seconds=0.05))
    database.connect()

    with database.patience(10):
        database.rows("SELECT pg_sleep(0.1)")
    with pytest.raises(peewee.OperationalError):
        database.rows("SELECT pg_sleep(0.1)")

    database.close()


def test_a_connection_does_not_open_itself(database_dsn: str) -> None:
    with pytest.raises(peewee.InterfaceError):
        CooperativeDatabase(database_dsn).rows("SELECT 1")


def test_a_connection_may_be_used_by_one_greenlet_after_another(database: CooperativeDatabase) -> None:
    answers = [gevent.spawn(database.rows, "SELECT 1").get() for _ in range(3)]

    assert answers == [[(1,)]] * 3
