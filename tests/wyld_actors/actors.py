"""Small actors and messages that the tests of the runtime share."""

from typing import Any

import gevent
from gevent.event import Event

from wyld_actors import Actor, Context, Exited, Message, Record, Ref, Refused, on

LIMIT_SECONDS = 10.0


class Add(Message, frozen=True):
    amount: int


class Read(Message, frozen=True):
    pass


class Crash(Message, frozen=True):
    error: Any = None


class Refuse(Message, frozen=True):
    pass


class Hold(Message, frozen=True):
    """Wait in the handler until the event is set."""

    event: Any


class Count(Record, frozen=True):
    total: int = 0


class Counter(Actor):
    """Adds up, and does damage before it raises, so that tests can see whether any of it shows."""

    State = Count

    def __init__(self, listener: Ref | None = None) -> None:
        self.listener = listener

    @on(Add)
    def add(self, ctx: Context, message: Add) -> int:
        self.state = self.state.replace(total=self.state.total + message.amount)
        if self.listener is not None:
            ctx.tell(self.listener, message)
        return int(self.state.total)

    @on(Read)
    def read(self, ctx: Context, message: Read) -> int:
        return int(self.state.total)

    @on(Crash)
    def crash(self, ctx: Context, message: Crash) -> None:
        self._damage(ctx)
        raise message.error or ValueError("a bug")

    @on(Refuse)
    def refuse(self, ctx: Context, message: Refuse) -> None:
        self._damage(ctx)
        raise Refused("not today")

    @on(Hold)
    def hold(self, ctx: Context, message: Hold) -> str:
        message.event.wait()
        return "released"

    def _damage(self, ctx: Context) -> None:
        self.state = self.state.replace(total=-1)
        if self.listener is not None:
            ctx.tell(self.listener, Add(999))
        ctx.after(1, Add(999))


class Recorder(Actor):
    """Keeps every message it gets, in a list that the test owns."""

    def __init__(self, heard: list[Any]) -> None:
        self.heard = heard

    def on_receive(self, message: Any) -> None:
        self.heard.append(message)

    @on(Exited)
    def exited(self, ctx: Context, message: Exited) -> None:
        self.heard.append(message)


class Watch(Message, frozen=True):
    ref: Any


class Watcher(Recorder):
    @on(Watch)
    def watch(self, ctx: Context, message: Watch) -> Any:
        return ctx.monitor(message.ref)


class Do(Message, frozen=True):
    """Run `work(actor, ctx)` in the handler; what it returns is the answer."""

    work: Any


class Doer(Counter):
    """Does what it is told, in its own turn."""

    @on(Do)
    def do(self, ctx: Context, message: Do) -> Any:
        return message.work(self, ctx)


def wait_until_blocked(event: Event) -> None:
    """Let the handlers run until they wait for `event`."""
    # On a busy machine a slice of time may be over before anything was done in it.
    with gevent.Timeout(LIMIT_SECONDS):
        while not event.linkcount():
            gevent.sleep(0)
    assert not event.is_set()
