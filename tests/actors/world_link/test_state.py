"""What outlasts an incarnation of the link."""

from actors.world_link.gateways import Gateways
from actors.world_link.messages import FramesArrived
from actors.world_link.state import _CLOSED_LIMIT, WorldLinkState
from transports.link.handshake import Doorkeeper
from transports.link.interface import Router, RouterCallbacks
from transports.link.memory import MemoryLink
from transports.link.protocol import Frame, Heartbeat
from wyld_actors import Actor, ActorSystem, Context, on


class Ear(Actor):
    """Takes what a socket brings."""

    def __init__(self, heard: list[FramesArrived]) -> None:
        super().__init__()
        self._heard = heard

    @on(FramesArrived)
    def hear(self, ctx: Context, arrived: FramesArrived) -> None:
        self._heard.append(arrived)


class Bench:
    """A link's memory, and every socket it has opened."""

    def __init__(self) -> None:
        self.link = MemoryLink()
        self.callbacks: list[RouterCallbacks] = []
        self.heard: list[FramesArrived] = []
        self.system = ActorSystem()
        self.ear = self.system.spawn(Ear, self.heard)
        self.state = WorldLinkState(Gateways(Doorkeeper("world", 1, b"k" * 32)), self._open)

    def _open(self, callbacks: RouterCallbacks) -> Router:
        self.callbacks.append(callbacks)
        return self.link.router(callbacks)


FRAMES: list[Frame] = [Heartbeat(1, 0)]


def test_one_socket_is_open_at_a_time() -> None:
    bench = Bench()

    first = bench.state.open(bench.ear, 1)
    second = bench.state.open(bench.ear, 2)

    assert bench.state.router is second
    assert first is not second
    bench.state.close()
    assert bench.link.current_router is None


def test_what_a_socket_brings_names_the_incarnation_it_was_opened_for() -> None:
    bench = Bench()
    bench.state.open(bench.ear, 1)
    bench.state.open(bench.ear, 2)

    bench.callbacks[0].frames(b"late", FRAMES)
    bench.callbacks[1].frames(b"peer", FRAMES)
    bench.system.settle()

    assert [(one.incarnation, one.peer) for one in bench.heard] == [(1, b"late"), (2, b"peer")]


def test_what_a_socket_brings_for_a_link_that_is_gone_disturbs_nobody() -> None:
    bench = Bench()
    bench.state.open(bench.ear, 1)
    bench.ear.cell.stop()
    bench.system.settle()

    bench.callbacks[0].frames(b"peer", FRAMES)

    assert bench.heard == []


def test_who_has_left_is_known_to_have_left() -> None:
    state = Bench().state

    state.note_left(7)

    assert state.has_left(7)
    assert not state.has_left(8)


def test_only_those_who_left_last_are_remembered() -> None:
    state = Bench().state

    for session in range(_CLOSED_LIMIT + 5):
        state.note_left(session)

    assert not state.has_left(4)
    assert state.has_left(5)
    assert state.has_left(_CLOSED_LIMIT + 4)
