"""The doors: listeners as actors, and the reception that takes a new client in.

A `Listener` owns one listening socket of `transports`. A port that cannot be had stops its start with
BindFailed. A crash of the actor leaves the socket open, for the next incarnation to go on with: nobody
outside notices.

`Reception` is what a driver calls for each new connection, in a greenlet that may wait. It asks for a
session and a connection and returns the sink. Whoever cannot be taken in is told so and let go.
"""

import itertools
import logging
from collections.abc import Callable
from typing import Protocol

from actors.gateway.errors import BindFailed
from actors.gateway.inlet import Inlet, deaf
from actors.gateway.messages.pool import CloseAll
from actors.gateway.pace import Pace
from actors.gateway.pool import POOL
from actors.gateway.session_record import session_id
from supervisors import SpawnChild, Started
from supervisors.errors import SupervisionError
from transports.adapter import Accept, Adapter, Sink
from transports.markup import styled
from transports.telnet.errors import ListenError
from transports.telnet.listener import TelnetListener
from transports.telnet.settings import TelnetOptions
from transports.websocket.errors import ListenFailed
from transports.websocket.listener import WebListener
from transports.websocket.options import WebOptions
from transports.websocket.server import WsgiApplication
from wyld_actors import Actor, ActorDeadError, ActorSystem, AskTimeout, Context, Message, Record, Ref, on

logger = logging.getLogger(__name__)

FULL = styled("error", "The house is full just now. Please try again in a little while.")
CLOSED = styled("error", "The gate is closed for a moment. Please try again soon.")
STOPPING = styled("system", "The gate closes, and the road will be here when it opens. Farewell until then.")

# Taking somebody in is two asks of a supervisor; a thousand arrivals at once wait for one another.
_TAKE_IN_SECONDS = 30.0


class Door(Protocol):
    """A listener of `transports`, telnet or web, as its actor sees it."""

    def start(self) -> tuple[str, int]:
        """Listen; where. Raises what BindFailed is made of."""

    def part_for_a_while(self) -> None:
        """From now on nobody is closed for good: a client that can is told to come again by itself."""

    def stop(self) -> None:
        """Close the port and every connection. May wait for clients to take their last bytes."""


class TelnetDoor(TelnetListener):
    """A TelnetListener in the shape of Door."""

    def part_for_a_while(self) -> None:
        """Telnet has no words for it."""


class WebDoor:
    """A WebListener in the shape of Door."""

    def __init__(self, options: WebOptions, accept: Accept, app: WsgiApplication | None) -> None:
        self._listener = WebListener(options, accept, app)

    def start(self) -> tuple[str, int]:
        return self._listener.start()

    def part_for_a_while(self) -> None:
        # With its port closed it answers 1012, "Service Restart", and the page knocks until somebody opens.
        self._listener.stop()

    def stop(self) -> None:
        self._listener.stop()
        self._listener.close_connections("the server is stopping")


def telnet_door(options: TelnetOptions) -> Callable[[Accept], Door]:
    """How to make a telnet listener for an accept function."""
    return lambda accept: TelnetDoor(options, accept)


def web_door(options: WebOptions, app: WsgiApplication | None) -> Callable[[Accept], Door]:
    """How to make a web listener for an accept function."""
    return lambda accept: WebDoor(options, accept, app)


class WhereAreYou(Message, frozen=True):
    """To a listener: answer the host and port really taken."""


class Listener(Actor):
    """Permanent. `make` is called once, with the reception."""

    class State(Record, frozen=True):
        """The open listener, which outlasts a crash of its actor."""

        listening: Door | None = None
        address: tuple[str, int] = ("", 0)

    def __init__(self, protocol: str, make: Callable[[Accept], Door], accept: Accept) -> None:
        super().__init__()
        self._protocol = protocol
        self._make = make
        self._accept = accept

    def on_start(self) -> None:
        if self.state.listening is not None:
            return
        listening = self._make(self._accept)
        try:
            address = listening.start()
        except (ListenError, ListenFailed) as error:
            raise BindFailed(self._protocol, error.host, error.port, error.reason) from error
        self.state = self.state.replace(listening=listening, address=address)

    def on_stop(self) -> None:
        if self.state.listening is not None:
            self.state.listening.part_for_a_while()
        pool = self.ctx.system.registry.whereis(POOL)
        if pool is not None:
            self.ctx.ask(pool, CloseAll(STOPPING, "the gateway is stopping"))
        if self.state.listening is not None:
            self.state.listening.stop()

    @on(WhereAreYou)
    def where(self, _ctx: Context, _: WhereAreYou) -> tuple[str, int]:
        address: tuple[str, int] = self.state.address
        return address


class Reception:
    """Takes new clients in: an `Accept`, shared by all listeners. Belongs to the system, not to an actor."""

    def __init__(
        self,
        system: ActorSystem,
        epoch: int,
        *,
        sessions: str,
        connections: str,
        pace: Pace | None = None,
    ) -> None:
        """`sessions` and `connections` are the paths of the two dynamic supervisors."""
        self._system = system
        self._epoch = epoch
        self._paths = (sessions, connections)
        self._pace = pace
        self._numbers = itertools.count(1)

    def __call__(self, adapter: Adapter) -> Sink:
        try:
            return self._take_in(adapter)
        except (ActorDeadError, AskTimeout, SupervisionError) as error:
            logger.warning("%s %s: not taken in: %s", adapter.protocol, adapter.peer, error)
            return _turned_away(adapter, CLOSED, "the gateway is closed")

    def _take_in(self, adapter: Adapter) -> Sink:
        count = next(self._numbers)
        number, name = session_id(self._epoch, count), str(count)
        session = self._spawn(self._paths[0], name, (number, adapter.protocol, adapter.peer))
        if session is None:
            return _turned_away(adapter, FULL, "too many sessions")
        connection = self._spawn(self._paths[1], name, (adapter, number, session))
        if connection is None:
            # The session ends by its login time-out; it has cost nothing but its place.
            return _turned_away(adapter, FULL, "too many connections")
        return Inlet(adapter, connection, self._pace)

    def _spawn(self, path: str, name: str, args: tuple[object, ...]) -> Ref | None:
        supervisor = self._system.find(path)
        if supervisor is None:
            raise ActorDeadError(f"{path} is not there")
        answer = supervisor.ask(SpawnChild(args=args, id=name), timeout=_TAKE_IN_SECONDS)
        if isinstance(answer, Started):
            return answer.ref
        logger.warning("%s: no child %s: %s", path, name, answer)
        return None


def _turned_away(adapter: Adapter, text: str, reason: str) -> Sink:
    adapter.send_line(text)
    adapter.close(reason)
    return deaf
