"""The store: the one actor that everybody asks, in front of a pool of workers.

    store = system.registry.whereis("store")
    account = ctx.ask(store, Authenticate("Ann", password))

It only queues and hands out (`dispatch.py` decides); the workers own the connections. Its queue is
bounded and what waits too long is refused, so that a slow database slows its askers and nothing else.

The tree: `store_children` under a rest_for_one supervisor, the front first. When a worker crashes, the
asker of the request that met the bug is told, and the others go on.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from types import TracebackType

from actors.storage.dispatch import Dispatch, Job
from actors.storage.errors import StoreBusy, StoreCrashed, StoreUnavailable
from actors.storage.options import StoreOptions
from actors.storage.passwords import PasswordHasher
from actors.storage.performing import REQUESTS
from actors.storage.requests import GetStoreStatus, StoreRequest, StoreStatus
from actors.storage.store_worker import (
    Announce,
    ConnectionChanged,
    Crashed,
    Perform,
    Performed,
    StoreWorker,
    WorkerReady,
    workers_group,
)
from supervisors import Budget, ChildSpec, GiveUp, Mail, one_for_one, supervisor, worker
from wyld_actors import Actor, Context, Exited, on

__all__ = ["STORE_NAME", "Store", "store_children"]

logger = logging.getLogger(__name__)

STORE_NAME = "store"
# After eight crashes in a row a worker rests for this long between attempts.
QUARANTINE_SECONDS = 10.0


class Store(Actor):
    """The front of the pool, registered under `name`."""

    def __init__(self, options: StoreOptions, name: str = STORE_NAME) -> None:
        super().__init__()
        self._name = name
        self._options = options
        self._dispatch = Dispatch(options.pool_size, options.queue_limit, options.queue_timeout_seconds)
        self._numbers = itertools.count(1)
        self._workers: dict[int, WorkerReady] = {}
        self._problems: dict[int, str] = {}

    def on_start(self) -> None:
        self.ctx.system.registry.register(self._name, self.ctx.ref)
        # Workers that outlived an earlier incarnation of this actor.
        for ref in self.ctx.system.registry.members(workers_group(self._name)):
            self.ctx.tell(ref, Announce())

    def on_stop(self) -> None:
        self._let_go("the store is stopping")

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._let_go("the store crashed")

    @on(*REQUESTS)
    def accept(self, ctx: Context, request: StoreRequest) -> None:
        """Queue it; the answer comes when a worker has one."""
        self._dispatch.submit(Job(next(self._numbers), request, ctx.defer_reply(), ctx.now))
        self._hand_out(ctx)

    @on(Performed)
    def answer(self, ctx: Context, message: Performed) -> None:
        """Hand an answer to its asker. One that nobody waits for is of an earlier incarnation."""
        if not self._dispatch.is_running(message.worker, message.number):
            return
        job = self._dispatch.finish(message.worker, ctx.now)
        if message.refusal is None:
            job.reply.set(message.result)
        else:
            job.reply.fail(message.refusal)
        self._hand_out(ctx)

    @on(Crashed)
    def answer_with_the_bug(self, ctx: Context, message: Crashed) -> None:
        """The worker is given nothing until it begins anew: its mail is thrown away until then."""
        if self._dispatch.is_running(message.worker, message.number):
            job = self._dispatch.fail(message.worker, ctx.now)
            job.reply.fail(message.error or StoreCrashed(type(job.request).__name__))
            self._hand_out(ctx)

    @on(WorkerReady)
    def welcome(self, ctx: Context, message: WorkerReady) -> None:
        """A worker begins, or begins anew after a crash."""
        known = self._workers.get(message.worker)
        if known == message:
            return
        if known is None or known.ref != message.ref:
            ctx.monitor(message.ref)
        self._workers[message.worker] = message
        self._fail_lost(self._dispatch.worker_ready(message.worker))
        self._hand_out(ctx)

    @on(Exited)
    def dismiss(self, ctx: Context, message: Exited) -> None:
        """A worker is gone for good."""
        for number, ready in list(self._workers.items()):
            if ready.ref == message.ref:
                del self._workers[number]
                self._problems.pop(number, None)
                self._fail_lost(self._dispatch.worker_gone(number))

    @on(ConnectionChanged)
    def note_connection(self, ctx: Context, message: ConnectionChanged) -> None:
        self._problems[message.worker] = message.problem

    @on(GetStoreStatus)
    def status(self, ctx: Context, message: GetStoreStatus) -> StoreStatus:
        problems = [problem for problem in self._problems.values() if problem]
        return StoreStatus(
            workers=len(self._workers),
            connected=len(self._problems) - len(problems),
            problem=problems[-1] if problems else "",
            lanes=self._dispatch.status(),
        )

    def _hand_out(self, ctx: Context) -> None:
        plan = self._dispatch.assign(ctx.now)
        for job in plan.expired:
            job.reply.fail(StoreBusy(job.request.lane.value, self._options.queue_limit))
        for number, job in plan.assigned:
            ctx.tell(self._workers[number].ref, Perform(job.number, job.request))

    def _fail_lost(self, job: Job | None) -> None:
        if job is not None:
            job.reply.fail(StoreCrashed(type(job.request).__name__))

    def _let_go(self, reason: str) -> None:
        for job in self._dispatch.drain():
            job.reply.fail(StoreUnavailable(reason))


def store_children(options: StoreOptions, name: str = STORE_NAME) -> Sequence[ChildSpec]:
    """The children of the store's supervisor, for rest_for_one: the front, then its workers."""
    hasher = PasswordHasher(options.passwords)
    workers = [
        worker(
            f"worker-{number}",
            StoreWorker,
            options,
            number,
            hasher,
            name,
            # What waited was given up by the front when the worker began anew.
            mail=Mail.FRESH,
            # A bug that a request meets again and again is no reason to end the world.
            budget=Budget(then=GiveUp.QUARANTINE, probe_seconds=QUARANTINE_SECONDS),
        )
        for number in range(options.pool_size)
    ]
    return (worker("front", Store, options, name), supervisor("workers", one_for_one, workers))
