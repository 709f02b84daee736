"""A store worker: the actor that owns one database connection.

It starts disconnected and says so, connects with growing pauses between attempts, and performs one
request after the other. While a request waits for the database only this actor waits.

What ends how: a refusal and an unreachable database are answers, and the worker lives on; a bug (a
statement that PostgreSQL rejects, say) is a crash like any other, and the store hears of it from
`on_failure`. In both cases a connection that is not clean is thrown away.

A world that was claimed over this connection is claimed again on the next one, before anything is
written over it: what the claims are is the actor's state and survives its crash.
"""

from __future__ import annotations

import logging
import random
from types import TracebackType
from typing import Any

import peewee

from actors.storage.cooperative import ConnectionLimits, CooperativeDatabase
from actors.storage.errors import SchemaOutdated, SchemaTooNew, StorageRefused, StoreUnavailable
from actors.storage.migrations import STEPS, current_version, migrate
from actors.storage.options import Migration, StoreOptions
from actors.storage.ownership import claim_world
from actors.storage.passwords import PasswordHasher
from actors.storage.performing import perform
from actors.storage.requests import ClaimWorld, ReleaseWorld, StoreRequest
from wyld_actors import Actor, Context, Message, Record, Ref, every, on

__all__ = ["Announce", "ConnectionChanged", "Crashed", "Perform", "Performed", "StoreWorker", "WorkerReady"]

logger = logging.getLogger(__name__)

# One look is one system call, and the status is never wrong for longer.
LOOK_SECONDS = 1.0
_CONNECTION_ERRORS = (peewee.OperationalError, peewee.InterfaceError)


class Perform(Message, frozen=True):
    """From the store: do this."""

    number: int
    request: StoreRequest


class Announce(Message, frozen=True):
    """From a store that begins anew: say that you are there."""


class WorkerReady(Message, frozen=True):
    """To the store: this worker begins (anew), with nothing in hand."""

    worker: int
    ref: Ref
    incarnation: int


class Performed(Message, frozen=True):
    """To the store: this request has come to its end."""

    worker: int
    number: int
    result: Any = None
    refusal: BaseException | None = None


class Crashed(Message, frozen=True):
    """To the store: this request has met a bug. Whatever else is sent here before the next `WorkerReady` is
    lost."""

    worker: int
    number: int
    error: BaseException | None


class ConnectionChanged(Message, frozen=True):
    """To the store: the connection is there (no problem), or is not."""

    worker: int
    problem: str


class _Connect(Message, frozen=True):
    """To itself: try to connect."""


class _State(Record, frozen=True):
    claims: tuple[ClaimWorld, ...] = ()


class StoreWorker(Actor):
    """Worker `number` of the store that is registered as `store`."""

    may_be_interrupted = False

    State = _State

    def __init__(self, options: StoreOptions, number: int, hasher: PasswordHasher, store: str) -> None:
        super().__init__()
        self._options = options
        self._number = number
        self._hasher = hasher
        self._store_name = store
        limits = ConnectionLimits(
            connect_timeout_seconds=options.connect_timeout_seconds,
            statement_timeout_seconds=options.statement_timeout_seconds,
        )
        self._database = CooperativeDatabase(options.dsn, limits)
        self._random = random.Random()
        self._failures = 0
        self._problem = "not connected yet"
        self._performing: int | None = None

    def on_start(self) -> None:
        self.ctx.system.registry.join(workers_group(self._store_name), self.ctx.ref)
        self._announce()
        self.ctx.after(0, _Connect())

    def on_stop(self) -> None:
        self._database.discard()

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of the connection, and tell the store of the request that met the bug."""
        self._database.discard()
        if self._performing is not None:
            self._tell(Crashed(self._number, self._performing, exception_value))

    @on(Announce)
    def announce(self, ctx: Context, message: Announce) -> None:
        self._announce()

    @on(Perform)
    def perform(self, ctx: Context, message: Perform) -> None:
        self._performing = message.number
        try:
            result = self._attempt(message.request)
        except StorageRefused as refusal:
            self._tell(Performed(self._number, message.number, refusal=refusal))
        else:
            self._tell(Performed(self._number, message.number, result))
        self._performing = None

    @on(_Connect)
    def connect(self, ctx: Context, message: _Connect) -> None:
        if not self._database.is_usable():
            try:
                self._open()
            except StorageRefused as refusal:
                self._failed_to_connect(refusal)

    @every(seconds=LOOK_SECONDS)
    def look_after(self, ctx: Context) -> None:
        """Notice a connection that ended while nobody asked for anything."""
        if not self._problem and not self._database.is_usable():
            self._lost("the connection ended")

    def _attempt(self, request: StoreRequest) -> Any:
        if not self._database.is_usable():
            self._reopen()
        try:
            result = perform(self._database, self._hasher, request)
        except _CONNECTION_ERRORS as failure:
            raise StoreUnavailable(_first_line(failure)) from failure
        finally:
            # Also after a refusal in the middle: nobody is to find a transaction left open.
            if not self._database.is_usable():
                self._lost("the connection ended")
        self._remember_claim(request)
        return result

    def _reopen(self) -> None:
        """Connect for a request, unless an attempt has failed and the next one is due later."""
        if self._failures:
            raise StoreUnavailable(self._problem)
        self._database.discard()
        try:
            self._open()
        except StorageRefused as refusal:
            self._failed_to_connect(refusal)
            raise

    def _open(self) -> None:
        self._database.discard()
        try:
            self._database.connect()
            self._check_schema()
            for claim in self.state.claims:
                claim_world(self._database, claim.world, epoch=claim.epoch)
        except _CONNECTION_ERRORS as failure:
            raise StoreUnavailable(_first_line(failure)) from failure
        if self._failures:
            logger.info("%s: the database is back after %s attempts", self.ctx.path, self._failures)
        self._failures = 0
        self._problem = ""
        self._tell(ConnectionChanged(self._number, ""))

    def _check_schema(self) -> None:
        if self._options.migration is Migration.ON_CONNECT:
            migrate(self._database)
            return
        found = current_version(self._database)
        if found > len(STEPS):
            raise SchemaTooNew(found, len(STEPS))
        if found < len(STEPS):
            raise SchemaOutdated(found, len(STEPS))

    def _failed_to_connect(self, refusal: StorageRefused) -> None:
        self._failures += 1
        self._lost(refusal.reason if isinstance(refusal, StoreUnavailable) else str(refusal))

    def _lost(self, problem: str) -> None:
        self._database.discard()
        if self._failures <= 1:
            logger.warning("%s: no database: %s; trying again", self.ctx.path, problem)
        self._problem = problem
        self._tell(ConnectionChanged(self._number, problem))
        self.ctx.after(self._options.reconnect.delay(self._failures, self._random), _Connect())

    def _remember_claim(self, request: StoreRequest) -> None:
        if isinstance(request, ClaimWorld | ReleaseWorld):
            others = tuple(claim for claim in self.state.claims if claim.world != request.world)
            added = (request,) if isinstance(request, ClaimWorld) else ()
            self.state = self.state.replace(claims=others + added)

    def _announce(self) -> None:
        self._tell(WorkerReady(self._number, self.ctx.ref, self.ctx.incarnation))
        self._tell(ConnectionChanged(self._number, self._problem))

    def _tell(self, message: Message) -> None:
        store = self.ctx.system.registry.whereis(self._store_name)
        if store is not None:
            self.ctx.tell(store, message)


def workers_group(store: str) -> str:
    """The group that the workers of a store are in."""
    return f"{store}.workers"


def _first_line(failure: Exception) -> str:
    return next((line.strip() for line in str(failure).splitlines() if line.strip()), repr(failure))
