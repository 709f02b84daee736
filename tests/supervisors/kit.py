"""A small world for the pure engines: it performs their actions on paper and keeps what happened."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from supervisors.actions import (
    Abandon,
    Action,
    Announce,
    CancelTimer,
    End,
    Forget,
    Kill,
    Note,
    Purge,
    Redefine,
    Reply,
    Rest,
    SetTimer,
    Start,
    Stop,
)
from supervisors.backoff import Backoff
from supervisors.calls import Status
from supervisors.children import Call
from supervisors.dynamic_engine import DynamicEngine
from supervisors.engine import Engine
from supervisors.specs import ChildSpec, DynamicFlags, SupervisorFlags
from wyld_actors import NORMAL, SHUTDOWN, Actor, ExitKind, ExitReason

BOOM = ExitReason(ExitKind.CRASH, ValueError("boom"))
KILLED = ExitReason(ExitKind.KILLED)
UNWANTED = ExitReason(ExitKind.IGNORED, detail="not today")
NOT_UP = ExitReason(ExitKind.START_FAILED, RuntimeError("not today"))


class Idle(Actor):
    """An actor class for specifications that are never started."""


def spec(id: str, **fields: Any) -> ChildSpec:
    """A specification with OTP's behaviour: restarts without delay."""
    return ChildSpec(id=id, actor=Idle, **{"backoff": Backoff.none(), **fields})


class Drill:
    """Plays the runtime: feeds an engine, by default lets every start and stop succeed at once.

    `slow` ids stay in starting or stopping until `up` or `down` is called, `failing` ids fail to start,
    `unwanted` ids say at their start that they are, `stubborn` ids ignore stops, `immortal` ids kills
    as well. `quiet` is what was done to cells, such as "purge a", "rest b" or "redefine c".
    """

    def __init__(self, engine: Engine | DynamicEngine) -> None:
        self.engine = engine
        self.now = 0.0
        self.log: list[str] = []
        self.notes: list[Note] = []
        self.replies: dict[int, Any] = {}
        self.timers: dict[int, float] = {}
        self._seen_timers: set[int] = set()
        self.slow: set[str] = set()
        self.failing: set[str] = set()
        self.unwanted: set[str] = set()
        self.stubborn: set[str] = set()
        self.immortal: set[str] = set()
        self.quiet: list[str] = []
        self.is_up = False
        self.ended: ExitReason | None = None
        self._incarnations: dict[str, int] = {}
        self._tokens = 0
        self._events: deque[Callable[[], None]] = deque()
        self._is_performing = False

    # What the world does ---------------------------------------------------------------------------

    def begin(self) -> Drill:
        self._perform(self.engine.begin(self.now))
        return self

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return self._tokens

    def up(self, id: str) -> None:
        self._perform(self.engine.child_up(id, self._incarnations.get(id, 0), self.now))

    def down(self, id: str, reason: ExitReason = BOOM, uptime: float = 0.0) -> None:
        self._perform(
            self.engine.child_down(
                id, self._incarnations.get(id, 0), reason, uptime_seconds=uptime, now=self.now
            )
        )

    def ask(self, call: Call) -> int:
        self._tokens += 1
        self._perform(self.engine.call(self._tokens, call, self.now))
        return self._tokens

    def answer(self, call: Call) -> Any:
        return self.replies[self.ask(call)]

    def shutdown(self, deadline: float | None = None, reason: ExitReason = SHUTDOWN) -> None:
        self._perform(self.engine.shutdown(reason, deadline, self.now))

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while due := sorted((at, timer) for timer, at in self.timers.items() if at <= end):
            self.now, timer = due[0]
            del self.timers[timer]
            self._perform(self.engine.timer_fired(timer, self.now))
        self.now = end

    def old_news(self, id: str) -> None:
        """What an incarnation says that is over, and timers that are."""
        earlier = self._incarnations.get(id, 0) - 1
        engine, now = self.engine, self.now
        self._perform(engine.child_up(id, earlier, now))
        self._perform(engine.child_down(id, earlier, BOOM, uptime_seconds=0.0, now=now))
        for timer in set(range(1, 1 + max(self._seen_timers, default=0))) - self.timers.keys():
            self._perform(engine.timer_fired(timer, now))

    def facts(self) -> tuple[object, ...]:
        """All that an event could change."""
        return self.statuses(), dict(self.timers), dict(self.replies), len(self.log), len(self.notes)

    # What can be seen ------------------------------------------------------------------------------

    def took(self) -> list[str]:
        """What was done since the last look, such as ['stop b', 'start a']."""
        log, self.log = self.log, []
        return log

    def statuses(self) -> dict[str, Status]:
        return {id: child.status for id, child in self.engine.children.items()}

    def running(self) -> list[str]:
        return [id for id, status in self.statuses().items() if status is Status.RUNNING]

    # Performing ------------------------------------------------------------------------------------

    def _perform(self, actions: list[Action]) -> None:
        """Do all of it; what comes of it reaches the engine afterwards, as it does from the runtime."""
        outermost, self._is_performing = not self._is_performing, True
        self._do(actions)
        if outermost:
            while self._events:
                self._events.popleft()()
            self._is_performing = False

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Note():
                    self.notes.append(action)
                case Reply(token=token, result=result):
                    assert token not in self.replies, "a call is answered once"
                    self.replies[token] = result
                case SetTimer(timer=timer, seconds=seconds):
                    self.timers[timer] = self.now + seconds
                    self._seen_timers.add(timer)
                case CancelTimer(timer=timer):
                    self.timers.pop(timer, None)
                case Announce():
                    assert not self.is_up
                    self.is_up = True
                    self.log.append("up")
                case End(reason=reason):
                    assert self.ended is None
                    self.ended = reason
                    self.log.append("end")
                case _:
                    self._act(action)

    def _later(self, event: Callable[[], None]) -> None:
        self._events.append(event)

    def _act(self, action: Action) -> None:
        match action:
            case Start(id=id):
                self.log.append(f"start {id}")
                self._incarnations[id] = self._incarnations.get(id, 0) + 1
                if id in self.unwanted or id in self.failing:
                    self._later(partial(self.down, id, NOT_UP if id in self.failing else UNWANTED))
                elif id not in self.slow:
                    self._later(partial(self.up, id))
            case Stop(id=id):
                self.log.append(f"stop {id}")
                if id not in self.slow and id not in self.stubborn:
                    self._later(partial(self.down, id, SHUTDOWN))
            case Kill(id=id):
                self.log.append(f"kill {id}")
                if id not in self.immortal:
                    self._later(partial(self.down, id, KILLED))
            case Forget(id=id):
                self.log.append(f"forget {id}")
                self._incarnations.pop(id, None)
            case Abandon(id=id):
                self.log.append(f"abandon {id}")
                self._incarnations.pop(id, None)
            case Purge(id=id) | Rest(id=id) | Redefine(id=id):
                self.quiet.append(f"{type(action).__name__.lower()} {id}")
            case _:
                pass


def static(specs: list[ChildSpec], **flags: Any) -> Drill:
    """A static supervisor that has not begun yet."""
    engine = Engine(SupervisorFlags(**flags), specs, source=random.Random(1))
    return Drill(engine)


def dynamic(**flags: Any) -> Drill:
    """A dynamic supervisor that is up."""
    drill = Drill(DynamicEngine(DynamicFlags(**flags), source=random.Random(1))).begin()
    drill.took()
    return drill


__all__ = [
    "BOOM",
    "KILLED",
    "NORMAL",
    "NOT_UP",
    "SHUTDOWN",
    "UNWANTED",
    "Drill",
    "Idle",
    "dynamic",
    "spec",
    "static",
]
