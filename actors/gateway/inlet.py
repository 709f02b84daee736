"""The seam between a driver and its connection actor: what the driver calls for each event.

Here a client is made to wait: for its actor, for the pace it is to keep, and for the world. And here the
adapter is closed when the actor is gone, in whatever way.
"""

import gevent.event

from actors.gateway.command_flow import CommandFlow
from actors.gateway.connection import LOST, Connection
from actors.gateway.messages.client import CaughtUp
from actors.gateway.pace import LONG_AGO, Pace
from transports.adapter import Adapter, Event
from wyld_actors import ActorDeadError, AskTimeout, Clock, Exited, Ref

# Events of one connection that may wait for it before its reader is made to wait: a paste of a page. More
# would only move the waiting from TCP into our memory.
AHEAD_LIMIT = 64
# Between two looks at whether the world has worked off some of the lines that wait for it: twice as long
# each time, as a thousand who wait for a world that is slow must not make it slower.
_LOOK_AGAIN_SECONDS, _LOOK_LATER_SECONDS = 0.02, 0.32
# Waiting for a connection that does not get a turn for so long is no use: the machine has other troubles.
_CATCH_UP_SECONDS = 60.0


class Inlet:
    """What the driver calls for each event: a `transports.adapter.Sink`. Blocks while too much waits, and who
    speaks too fast (`pace`) or faster than the world works: that client alone is not read meanwhile.

    It also watches the actor and closes the adapter after it, so no socket is left without an owner, not even
    when the actor is killed.
    """

    __slots__ = ("_adapter", "_due", "_pace", "_ref")

    def __init__(self, adapter: Adapter, ref: Ref, pace: Pace | None = None) -> None:
        """Without a `pace` a client may speak as fast as it can."""
        self._adapter = adapter
        self._ref = ref
        self._pace = pace
        self._due = LONG_AGO
        ref.cell.add_watcher(self)

    def __call__(self, event: Event) -> None:
        ref = self._ref
        try:
            ref.tell(event)
            if ref.cell.depth >= AHEAD_LIMIT:
                ref.ask(CaughtUp(), timeout=_CATCH_UP_SECONDS)
        except (ActorDeadError, AskTimeout):
            # Closed or being closed; `deliver` sees to the adapter.
            return
        if self._pace is not None:
            clock = ref.cell.system.clock
            now = clock.now()
            self._due = self._pace.after_line(self._due, now)
            if wait := self._pace.wait_seconds(self._due, now):
                _rest(clock, wait)
            pause = _LOOK_AGAIN_SECONDS
            while self._is_ahead_of_the_world() and clock.now() < now + _CATCH_UP_SECONDS:
                _rest(clock, pause)
                pause = min(2 * pause, _LOOK_LATER_SECONDS)

    def _is_ahead_of_the_world(self) -> bool:
        """Whether so many lines wait for a world that is there that more would soon be refused.

        What is on its way through the two actors comes on top.
        """
        state: Connection.State | None = self._ref.cell.good_state
        if state is None or state.session is None or not self._ref.is_alive():
            return False
        flow: CommandFlow | None = getattr(state.session.cell.good_state, "flow", None)
        return flow is not None and flow.is_world_here and flow.stream.is_half_full

    def deliver(self, _exited: Exited) -> None:
        """The actor has ended for good. If in order, the adapter is closed and takes no notice of this."""
        self._adapter.send_line(LOST)
        self._adapter.close("its connection actor has ended")


def _rest(clock: Clock, seconds: float) -> None:
    """Wait in the reader's greenlet, by the clock that the actors go by."""
    over = gevent.event.Event()
    clock.call_later(seconds, over.set)
    over.wait()


def deaf(_event: Event) -> None:
    """The sink of a client that was turned away."""
