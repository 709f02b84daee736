"""psycopg2 that never stops the event loop, with a deadline on everything.

psycopg2 is C and waits in C: monkey patching does not reach it. Its wait callback does. Ours
parks the calling greenlet until the socket is ready and gives up at the connection's deadline.
What that does not cover is done here too:

- libpq ignores `connect_timeout` when a wait callback is set, and resolves host names by
  blocking: names are resolved by gevent, each address is tried in turn under one deadline;
- a lost network is found by TCP keepalives and `tcp_user_timeout`;
- the server is told the same limits (`statement_timeout` and friends), a little shorter, so that it
  usually ends a statement by itself and the connection lives on.

Invariants. A wait that ends in any odd way (deadline, kill, gevent.Timeout) closes the connection
before the exception is seen: no answer can arrive for the wrong statement and no transaction
is left half done on a connection that somebody uses again. One connection is used by one
greenlet at a time; its owner is a store actor. COPY and large objects do not work in this mode.

Sources: psycopg2 "Support for coroutine libraries"; psycogreen#2, psycopg2#944, #1253, #561.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import select
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Any

import gevent
import gevent.monkey
import gevent.socket
import peewee
import psycopg2
import psycopg2.extensions
from psycopg2.extensions import POLL_ERROR, POLL_OK, POLL_READ, POLL_WRITE

__all__ = ["ConnectionLimits", "CooperativeDatabase", "DeadlineExpired", "connect", "install_wait_callback"]

logger = logging.getLogger(__name__)

_DEFAULT_PORT = "5432"
# gevent's own would take a turn of the loop; this one only looks.
_poll = gevent.monkey.get_original("select", "poll")


@dataclasses.dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How long a connection may take for what. All in seconds."""

    connect_timeout_seconds: float = 5.0
    statement_timeout_seconds: float = 15.0
    # How much longer than the server we wait: its own time-out keeps the connection, ours costs it.
    grace_seconds: float = 2.0
    idle_in_transaction_seconds: float = 60.0
    keepalive_idle_seconds: int = 15
    keepalive_interval_seconds: int = 5
    keepalive_count: int = 3

    @property
    def deadline_seconds(self) -> float:
        """How long a single statement may take before the connection is given up."""
        return self.statement_timeout_seconds + self.grace_seconds


class DeadlineExpired(psycopg2.OperationalError):
    """The server did not answer in time. The connection is closed."""


class _Connection(psycopg2.extensions.connection):
    """A connection that knows until when the current wait may last."""

    limit_seconds: float
    connect_deadline: float | None

    def __init__(self, dsn: str, limit_seconds: float) -> None:
        # Set before the real constructor: that one already connects, and so waits.
        self.limit_seconds = limit_seconds
        self.connect_deadline = time.monotonic() + limit_seconds
        super().__init__(dsn)
        self.connect_deadline = None


def install_wait_callback() -> None:
    """Make every psycopg2 connection of this process cooperative. May be called again."""
    psycopg2.extensions.set_wait_callback(_wait)


def connect(dsn: str, limits: ConnectionLimits | None = None) -> _Connection:
    """Connect within `limits.connect_timeout_seconds`, trying every address of the DSN in turn.

    The connection is in autocommit mode: who wants a transaction says BEGIN. Raises
    psycopg2.OperationalError: the last address's error, or DeadlineExpired.
    """
    install_wait_callback()
    limits = limits or ConnectionLimits()
    deadline = time.monotonic() + limits.connect_timeout_seconds
    error: psycopg2.OperationalError | None = None
    for address in _addresses(dsn, limits, deadline):
        try:
            return _connect_to(address, limits, deadline)
        except psycopg2.OperationalError as failure:
            error = failure
    raise error or psycopg2.OperationalError("the DSN names no address")


def _connect_to(dsn: str, limits: ConnectionLimits, deadline: float) -> _Connection:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise DeadlineExpired(f"no connection within {limits.connect_timeout_seconds:.1f} seconds")
    connection = _Connection(dsn, remaining)
    connection.limit_seconds = limits.deadline_seconds
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(_session_settings(limits))
    return connection


def _session_settings(limits: ConnectionLimits) -> str:
    # By SET and not by the `options` parameter, which connection poolers refuse.
    settings = {
        "statement_timeout": int(limits.statement_timeout_seconds * 1000),
        "lock_timeout": int(limits.statement_timeout_seconds * 1000),
        "idle_in_transaction_session_timeout": int(limits.idle_in_transaction_seconds * 1000),
        # The server's side of the same: locks of a client that vanished are to be free soon.
        "tcp_keepalives_idle": limits.keepalive_idle_seconds,
        "tcp_keepalives_interval": limits.keepalive_interval_seconds,
        "tcp_keepalives_count": limits.keepalive_count,
    }
    return "; ".join(f"SET {name} = {value}" for name, value in settings.items())


def _addresses(dsn: str, limits: ConnectionLimits, deadline: float) -> Iterator[str]:
    """One DSN for each address that `dsn` means, in order, with names resolved."""
    given = psycopg2.extensions.parse_dsn(dsn)
    hosts = given.pop("host", "").split(",")
    addresses = given.pop("hostaddr", "").split(",")
    ports = given.pop("port", "").split(",")
    for index, host in enumerate(hosts):
        port = (ports[index] if index < len(ports) else ports[0]) or _DEFAULT_PORT
        address = addresses[index] if index < len(addresses) else ""
        for hostaddr in [address] if address else _resolve(host, port, deadline):
            where = {"host": host, "port": port, "hostaddr": hostaddr}
            parameters = _defaults(limits) | given | {key: value for key, value in where.items() if value}
            yield psycopg2.extensions.make_dsn(**parameters)


def _defaults(limits: ConnectionLimits) -> dict[str, Any]:
    lost_after = limits.keepalive_idle_seconds + limits.keepalive_interval_seconds * limits.keepalive_count
    return {
        "application_name": "wyld-actors",
        "keepalives": 1,
        "keepalives_idle": limits.keepalive_idle_seconds,
        "keepalives_interval": limits.keepalive_interval_seconds,
        "keepalives_count": limits.keepalive_count,
        "tcp_user_timeout": lost_after * 1000,
    }


def _resolve(host: str, port: str, deadline: float) -> Sequence[str]:
    if not host or host.startswith(("/", "@")):  # a Unix socket
        return [""]
    remaining = max(deadline - time.monotonic(), 0.001)
    late = DeadlineExpired(f"the name {host} was not resolved in time")
    try:
        with gevent.Timeout(remaining, late):
            found = gevent.socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    except OSError as failure:
        raise psycopg2.OperationalError(f"the name {host} cannot be resolved: {failure}") from failure
    return [str(address[0]) for *_, address in found]


def _wait(connection: psycopg2.extensions.connection) -> None:
    """psycopg2's wait callback: park this greenlet until the current operation is done.

    An exception that leaves it makes psycopg2 close the connection.
    """
    limit = getattr(connection, "limit_seconds", ConnectionLimits().deadline_seconds)
    deadline = getattr(connection, "connect_deadline", None) or time.monotonic() + limit
    while (state := connection.poll()) != POLL_OK:
        remaining = deadline - time.monotonic()
        late = DeadlineExpired(f"no answer from the database within {limit:.1f} seconds")
        if remaining <= 0:
            raise late
        if state == POLL_READ:
            gevent.socket.wait_read(connection.fileno(), remaining, late)
        elif state == POLL_WRITE:
            gevent.socket.wait_write(connection.fileno(), remaining, late)
        else:
            raise psycopg2.OperationalError(f"unexpected answer {state} from poll ({POLL_ERROR=})")


def _is_readable(descriptor: int) -> bool:
    poll = _poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


class CooperativeDatabase(peewee.PostgresqlDatabase):
    """One connection, as peewee sees it, for one owner.

    peewee keeps the connection in a thread-local, which under gevent is greenlet-local; an actor's
    handlers run on whichever dispatcher greenlet is free. So this state is not thread-local at all,
    and models are bound to no database: each query is executed on the one its caller hands over.
    It never connects by itself: `connect()` is said where waiting for it is expected.
    """

    def __init__(self, dsn: str, limits: ConnectionLimits | None = None) -> None:
        self.dsn = dsn
        self.limits = limits or ConnectionLimits()
        self._wire: _Connection | None = None
        super().__init__(dsn, thread_safe=False, autoconnect=False)

    def _connect(self) -> _Connection:
        self._wire = connect(self.dsn, self.limits)
        return self._wire

    def _log_query(self, sql: str, params: object) -> None:
        # peewee's own also logs the values, password hashes among them.
        logger.debug("%s", sql)

    def is_usable(self) -> bool:
        """Connected as far as can be seen from here, and not inside a transaction left behind."""
        wire = self._wire
        if wire is None or wire.closed:
            return False
        if wire.get_transaction_status() != psycopg2.extensions.TRANSACTION_STATUS_IDLE:
            return False
        # A server that says something unasked takes its leave: it was stopped, or has killed the session.
        return not _is_readable(wire.fileno())

    def discard(self) -> None:
        """Close without a word to the server. What was begun is rolled back by its end."""
        wire, self._wire = self._wire, None
        self.dispose()
        if wire is not None:
            wire.close()

    def rollback(self) -> None:
        """Roll back; on a connection that is closed already this has happened."""
        # Without this, peewee's attempt would hide the exception that closed the connection.
        if self._wire is not None and not self._wire.closed:
            super().rollback()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and fetch all it returns; errors are peewee's."""
        cursor = self.execute_sql(sql, tuple(parameters))  # type: ignore[no-untyped-call]  # partial stubs
        return list(cursor.fetchall()) if cursor.description else []

    def all(self, query: Any) -> list[Any]:
        """Execute a peewee query here and fetch all it returns."""
        return list(query.execute(self))

    def run(self, query: Any) -> int:
        """Execute a peewee query that returns nothing here; the number of rows it touched."""
        return int(query.execute(self))

    @contextlib.contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Let statements take longer than usual for a while. To be entered outside a transaction."""
        self._limit(dataclasses.replace(self.limits, statement_timeout_seconds=seconds))
        try:
            yield
        finally:
            if self.is_usable():
                self._limit(self.limits)

    def _limit(self, limits: ConnectionLimits) -> None:
        if self._wire is not None:
            self._wire.limit_seconds = limits.deadline_seconds
        self.rows(_session_settings(limits))
