"""A supervisor as a model, without an actor, written from the rules (docs/supervision-rules.md).

In its world every start and stop is over at once, and only the clock makes somebody wait. What there is after
each event can so be said exactly, and `test_real_machine` compares it with real supervisors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from supervisors import (
    AlreadyPresent,
    AlreadyStarted,
    AutoShutdown,
    Backoff,
    Budget,
    Done,
    GiveUp,
    Ignored,
    LimitReached,
    NotFound,
    NotSupported,
    Restart,
    Restarting,
    Running,
    Started,
    StartFailed,
    Status,
    Strategy,
)

RESTING = (Status.STOPPED, Status.FINISHED, Status.IGNORED)
COMING = (Status.WAITING, Status.RESTARTING, Status.QUARANTINED)


@dataclass(eq=False)
class Kid:
    """One child. `due` is when its delay is over, `is_retry` whether that follows a failed start."""

    id: str
    restart: Restart
    backoff: Backoff
    budget: Budget | None = None
    significant: bool = False
    status: Status = Status.WAITING
    failures: int = 0
    starts: int = 0
    up_at: float = 0.0
    due: float | None = None
    turn: int = 0
    is_retry: bool = False
    is_by_hand: bool = False


@dataclass
class Flags:
    """What the supervisor is told."""

    max_restarts: int
    max_seconds: float = 5.0
    strategy: Strategy = Strategy.ONE_FOR_ONE
    revive_stopped: bool = False
    auto_shutdown: AutoShutdown = AutoShutdown.NEVER
    max_children: int | None = None


@dataclass
class Model:
    """A static supervisor. `broken` ids do not start, `unwanted` ids ignore their start."""

    flags: Flags
    kids: dict[str, Kid] = field(default_factory=dict)
    now: float = 0.0
    broken: set[str] = field(default_factory=set)
    unwanted: set[str] = field(default_factory=set)
    has_ended: bool = False
    stamps: list[float] = field(default_factory=list)
    queue: list[Kid] = field(default_factory=list)
    turns: int = 0
    diary: list[str] = field(default_factory=list)
    """Who came up, failed to, and went down as told, in order: what the children themselves write."""

    def took(self) -> list[str]:
        diary, self.diary = self.diary, []
        return diary

    # What happens ------------------------------------------------------------------------------------

    def begin(self, kids: Sequence[Kid]) -> None:
        """All in order; one that fails is the end."""
        self.kids = {kid.id: kid for kid in kids}
        for kid in kids:
            if not self.start(kid):
                self.end()
                return

    def end(self) -> None:
        """All who are up go down, the last one first."""
        self.has_ended = True
        self.stop(self.kids.values())

    def stop(self, kids: Iterable[Kid]) -> None:
        for kid in reversed([*kids]):
            if kid.status is Status.RUNNING:
                kid.status = Status.STOPPED
                self.diary.append(f"{kid.id} down")

    def ends(self, id: str, *, is_clean: bool) -> None:
        kid = self.kids[id]
        kid.status = Status.STOPPED
        if is_clean:
            self.diary.append(f"{id} down")
        if kid.restart is Restart.TEMPORARY:
            del self.kids[id]
            self.lost(kid)
        elif kid.restart is Restart.TRANSIENT and is_clean:
            kid.status = Status.FINISHED
            self.lost(kid)
        else:
            self.decide(kid, self.now - kid.up_at, is_retry=False)

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while not self.has_ended and (due := self.next_due()) is not None and due.due <= end:  # type: ignore[operator]
            self.now = max(self.now, due.due or 0.0)
            due.due = None
            self.is_due(due)
        self.now = end

    def next_due(self) -> Kid | None:
        waiting = [kid for kid in self.kids.values() if kid.due is not None]
        return min(waiting, key=lambda kid: (kid.due, kid.turn), default=None)

    # 1.4 to 1.6: who is restarted, how often, and when a start fails ---------------------------------------

    def start(self, kid: Kid) -> bool:
        """Whether it did not fail."""
        kid.starts += 1
        kid.due, kid.is_by_hand = None, False
        if kid.id in self.broken:
            self.diary.append(f"{kid.id} fails")
            return False
        if kid.id in self.unwanted:
            kid.status = Status.IGNORED
            if kid.restart is Restart.TEMPORARY:
                del self.kids[kid.id]
        else:
            kid.status, kid.up_at = Status.RUNNING, self.now
            self.diary.append(f"{kid.id} up")
        return True

    def start_again(self, kid: Kid) -> None:
        if not self.start(kid):
            self.decide(kid, 0.0, is_retry=True)

    def decide(self, kid: Kid, uptime: float, *, is_retry: bool) -> None:
        before = 0 if uptime >= kid.backoff.stable_after_seconds else kid.failures
        kid.failures = before + 1
        kid.status = Status.STOPPED
        if kid.budget is None:
            self.stamps = [stamp for stamp in self.stamps if self.now - stamp <= self.flags.max_seconds]
            self.stamps.append(self.now)
            if len(self.stamps) > self.flags.max_restarts:
                self.end()
                return
        elif before >= kid.budget.max_failures:
            self.give_up(kid, kid.budget)
            return
        delay = min(kid.backoff.max_seconds, kid.backoff.min_seconds * 2 ** (before - 1)) if before else 0.0
        self.restart(kid, delay, is_retry=is_retry)

    def give_up(self, kid: Kid, budget: Budget) -> None:
        if budget.then is GiveUp.ESCALATE:
            self.end()
        elif budget.then is GiveUp.QUARANTINE:
            self.wait(kid, Status.QUARANTINED, budget.probe_seconds, is_retry=False)
        else:
            kid.is_by_hand = True
            self.lost(kid)
        self.go_on()

    def wait(self, kid: Kid, status: Status, seconds: float, *, is_retry: bool) -> None:
        self.turns += 1
        kid.status, kid.due, kid.turn = status, self.now + seconds, self.turns
        kid.is_retry = is_retry

    def restart(self, kid: Kid, delay: float, *, is_retry: bool) -> None:
        if is_retry:
            self.wait(kid, Status.RESTARTING, delay, is_retry=True)
            return
        if self.flags.strategy is not Strategy.ONE_FOR_ONE:
            self.regroup(kid)
        if delay:
            self.wait(kid, Status.RESTARTING, delay, is_retry=False)
        elif self.flags.strategy is Strategy.ONE_FOR_ONE:
            self.start_again(kid)
        self.go_on()

    def is_due(self, kid: Kid) -> None:
        if kid.status is Status.QUARANTINED or self.flags.strategy is Strategy.ONE_FOR_ONE:
            self.start_again(kid)
        else:
            kid.status = Status.WAITING
            if kid.is_retry:
                self.regroup(kid)
        self.go_on()

    def regroup(self, kid: Kid) -> None:
        """Those of its group who are up go down, and all of it is to start, in order."""
        order = list(self.kids.values())
        first = 0 if self.flags.strategy is Strategy.ONE_FOR_ALL else order.index(kid)
        was_up = {one for one in order if one.status is Status.RUNNING}
        self.stop(order[first:])
        for sibling in order[first:]:
            if sibling is not kid and sibling.restart is Restart.TEMPORARY:
                del self.kids[sibling.id]
            elif sibling in was_up or sibling.status is not Status.STOPPED or self.comes_back(sibling):
                sibling.status, sibling.due = Status.WAITING, None
                self.queue.append(sibling)
        self.queue = [child for child in self.kids.values() if child in self.queue]

    def comes_back(self, kid: Kid) -> bool:
        return not kid.is_by_hand or self.flags.revive_stopped

    def go_on(self) -> None:
        while self.queue and not self.has_ended:
            if any(kid.status is Status.RESTARTING for kid in self.queue):
                return
            kid = self.queue[0]
            if kid.status is Status.WAITING and not self.start(kid):
                self.decide(kid, 0.0, is_retry=True)
            elif kid in self.queue:
                self.queue.remove(kid)

    # 1.8: auto-shutdown and the calls ---------------------------------------------------------------------

    def lost(self, kid: Kid) -> None:
        """It has ended by itself and is not restarted."""
        if kid.significant and (
            self.flags.auto_shutdown is AutoShutdown.ANY_SIGNIFICANT
            or not any(other.significant and other.status not in RESTING for other in self.kids.values())
        ):
            self.end()

    def start_child(self, kid: Kid) -> object:
        known = self.kids.get(kid.id)
        if known is not None:
            return (AlreadyStarted if known.status is Status.RUNNING else AlreadyPresent)(kid.id)
        self.kids[kid.id] = kid
        answer = self.started(kid)
        if answer is StartFailed:
            del self.kids[kid.id]
        return answer

    def started(self, kid: Kid) -> object:
        if not self.start(kid):
            kid.status, kid.is_by_hand = Status.STOPPED, True
            return StartFailed
        return Started(kid.id) if kid.status is Status.RUNNING else Ignored(kid.id, "unwanted")

    def terminate_child(self, id: str) -> object:
        kid = self.kids.get(id)
        if kid is None:
            return NotFound(id)
        if kid.status is Status.RESTARTING and kid in self.queue:
            for waiting in self.queue:
                waiting.status, waiting.due = Status.STOPPED, None
            self.queue = []
        if kid in self.queue:
            self.queue.remove(kid)
        self.stop([kid])
        kid.status, kid.due, kid.is_by_hand = Status.STOPPED, None, True
        if kid.restart is Restart.TEMPORARY:
            del self.kids[id]
        self.go_on()
        return Done()

    def restart_child(self, id: str) -> object:
        kid = self.kids.get(id)
        if kid is None:
            return NotFound(id)
        if kid.status is Status.RUNNING:
            return Running(id)
        return Restarting(id) if kid.status in COMING else self.started(kid)

    def delete_child(self, id: str) -> object:
        kid = self.kids.get(id)
        if kid is None:
            return NotFound(id)
        if kid.status is Status.RUNNING:
            return Running(id)
        if kid.status in COMING:
            return Restarting(id)
        del self.kids[id]
        return Done()


class PoolModel(Model):
    """A dynamic supervisor: nothing is kept of who does not run and is not to."""

    def ends(self, id: str, *, is_clean: bool) -> None:
        super().ends(id, is_clean=is_clean)
        self.forget()

    def is_due(self, kid: Kid) -> None:
        super().is_due(kid)
        self.forget()

    def start_child(self, kid: Kid) -> object:
        most = self.flags.max_children
        if kid.id not in self.kids and most is not None and len(self.kids) >= most:
            return LimitReached(most)
        answer = super().start_child(kid)
        self.forget()
        return answer

    def terminate_child(self, id: str) -> object:
        answer = super().terminate_child(id)
        self.forget()
        return answer

    def restart_child(self, id: str) -> object:
        return NotSupported("RestartChild")

    def delete_child(self, id: str) -> object:
        return NotSupported("DeleteChild")

    def restart(self, kid: Kid, delay: float, *, is_retry: bool) -> None:
        if is_retry or delay:
            self.wait(kid, Status.RESTARTING, delay, is_retry=True)
        else:
            self.start_again(kid)

    def forget(self) -> None:
        self.kids = {id: kid for id, kid in self.kids.items() if kid.status not in RESTING}
