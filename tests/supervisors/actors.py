"""Actors that can be told to misbehave in every way a supervisor has to live with."""

from __future__ import annotations

from typing import Any

from gevent.event import Event

from supervisors import Backoff, ChildSpec, worker
from wyld_actors import Actor, Context, Ignore, Message, Refused, on


class Ping(Message, frozen=True):
    pass


class Crash(Message, frozen=True):
    id: str = "the-command"


class Leave(Message, frozen=True):
    """End normally."""


class Refuse(Message, frozen=True):
    """Say no."""


class Wait(Message, frozen=True):
    """Wait in the handler, and swallow every kill if `immortal`."""

    gate: Any
    immortal: bool = False


class Stage:
    """What the players share: a diary, and gates on which some of them wait."""

    def __init__(self) -> None:
        self.diary: list[str] = []
        self.broken: set[str] = set()
        self.unwanted: set[str] = set()
        self.gates: dict[str, Event] = {}

    def took(self) -> list[str]:
        diary, self.diary = self.diary, []
        return diary

    def gate(self, name: str) -> Event:
        return self.gates.setdefault(name, Event())

    def open_all(self) -> None:
        for gate in self.gates.values():
            gate.set()


class Player(Actor):
    """Writes its life into the diary. Whose name is in `broken` does not start, in `unwanted` ignores its
    start; whose name plus ':start' or ':stop' is a gate waits there."""

    def __init__(self, stage: Stage, name: str = "") -> None:
        super().__init__()
        self.stage = stage
        self.name = name

    def on_start(self) -> None:
        self.name = self.name or self.ctx.cell.name
        if (gate := self.stage.gates.get(f"{self.name}:start")) is not None:
            gate.wait()
        if self.name in self.stage.unwanted:
            raise Ignore("unwanted")
        if self.name in self.stage.broken:
            self.stage.diary.append(f"{self.name} fails")
            raise RuntimeError(f"{self.name} cannot start")
        self.stage.diary.append(f"{self.name} up")

    def on_stop(self) -> None:
        if (gate := self.stage.gates.get(f"{self.name}:stop")) is not None:
            gate.wait()
        self.stage.diary.append(f"{self.name} down")

    @on(Ping)
    def ping(self, ctx: Context, _: Ping) -> int:
        return ctx.incarnation

    @on(Crash)
    def crash(self, ctx: Context, _: Crash) -> None:
        raise ValueError(f"{self.name} has a bug")

    @on(Refuse)
    def refuse(self, ctx: Context, _: Refuse) -> None:
        raise Refused("no")

    @on(Leave)
    def leave(self, ctx: Context, _: Leave) -> None:
        ctx.stop()

    @on(Wait)
    def wait(self, ctx: Context, message: Wait) -> None:
        while not message.gate.is_set():
            try:
                message.gate.wait()
            except BaseException:
                if not message.immortal:
                    raise


def player(stage: Stage, id: str, **fields: Any) -> ChildSpec:
    """A specification without delays, as in OTP."""
    return worker(id, Player, stage, **{"backoff": Backoff.none(), **fields})
