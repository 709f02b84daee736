"""The link in memory: one router, any number of dealers, no socket, no greenlet, and faults on demand.

Part of the product: what is built on the link is tested with it. Every batch really is encoded and decoded,
so a frame that could not cross does not cross here either.

Batches move when somebody says so: `settle()` moves all until nothing is left. Given a `schedule` (such as
`gevent.get_hub().loop.run_callback`) the link settles by itself at the end of each turn. Faults: `cut` and
`mend` a connection, `lose` or `double` the next batches, `stall` one so that nothing leaves its outbox.
"""

from collections.abc import Callable

from transports.link.errors import EndpointClosed, LinkError
from transports.link.intake import Intake
from transports.link.interface import DealerCallbacks, EndpointStatistics, Peer, RouterCallbacks
from transports.link.outbox import Outbox
from transports.link.protocol import Frame


class MemoryLink:
    """Where router and dealers meet. A new router takes the place of a closed one, as a new world does."""

    def __init__(self, schedule: Callable[[Callable[[], None]], object] | None = None) -> None:
        self._schedule = schedule
        self._is_due = False
        self._is_settling = False
        self.current_router: MemoryRouter | None = None
        self.dealers: dict[Peer, MemoryDealer] = {}
        self._faults: dict[Peer, _Faults] = {}

    def router(self, callbacks: RouterCallbacks) -> "MemoryRouter":
        """Bind. Dealers that are there are connected. One at a time."""
        if self.current_router is not None:
            raise EndpointClosed("memory: another router is bound; close it first")
        self.current_router = MemoryRouter(self, callbacks)
        for dealer in list(self.dealers.values()):
            self._connect(dealer)
        return self.current_router

    def dealer(self, identity: Peer, callbacks: DealerCallbacks) -> "MemoryDealer":
        """Connect, at once if there is a router, else when there is one."""
        dealer = self.dealers[identity] = MemoryDealer(self, identity, callbacks)
        self._connect(dealer)
        return dealer

    def cut(self, identity: Peer) -> None:
        """The connection breaks; what is under way is lost."""
        self._faults_of(identity).is_cut = True
        self.disconnect(identity)

    def mend(self, identity: Peer) -> None:
        """The connection can stand again, and does if both ends are there."""
        self._faults_of(identity).is_cut = False
        if identity in self.dealers:
            self._connect(self.dealers[identity])

    def stall(self, identity: Peer, *, stalled: bool = True) -> None:
        """The connection takes nothing more, in both directions, and stays."""
        self._faults_of(identity).is_stalled = stalled
        self.settle_soon()

    def lose(self, identity: Peer, batches: int = 1) -> None:
        """The next batches, of either direction, never arrive, and nobody is told."""
        self._faults_of(identity).to_lose = batches

    def double(self, identity: Peer, batches: int = 1) -> None:
        """The next batches, of either direction, arrive twice."""
        self._faults_of(identity).to_double = batches

    def settle(self) -> None:
        """Move batches until there is nothing to move."""
        if self._is_settling:
            return
        self._is_settling = True
        try:
            while self._move():
                pass
        finally:
            self._is_settling = False

    def settle_soon(self) -> None:
        """Something waits to be moved."""
        if self._schedule is not None and not self._is_due:
            self._is_due = True
            self._schedule(self._settle_turn)

    def _settle_turn(self) -> None:
        self._is_due = False
        self.settle()

    def disconnect(self, identity: Peer) -> None:
        """Tell the dealer, if it was connected; the router finds out when it sends."""
        dealer = self.dealers.get(identity)
        if dealer is not None and dealer.is_connected:
            dealer.is_connected = False
            dealer.callbacks.disconnected()

    def _connect(self, dealer: "MemoryDealer") -> None:
        if self.current_router is None or dealer.is_connected or self._faults_of(dealer.identity).is_cut:
            return
        dealer.is_connected = True
        dealer.callbacks.connected()
        self.settle_soon()

    def _faults_of(self, identity: Peer) -> "_Faults":
        return self._faults.setdefault(identity, _Faults())

    def _move(self) -> bool:
        moved = False
        for dealer in list(self.dealers.values()):
            faults = self._faults_of(dealer.identity)
            if dealer.is_connected and not faults.is_stalled:
                moved |= self._carry(dealer, dealer.outbox, faults, self._to_router(dealer.identity))
        router = self.current_router
        for peer in list(router.outboxes) if router else ():
            moved |= self._move_to_dealer(peer)
        return moved

    def _move_to_dealer(self, peer: Peer) -> bool:
        router, dealer, faults = self.current_router, self.dealers.get(peer), self._faults_of(peer)
        outbox = router.outboxes.get(peer) if router else None
        if router is None or not outbox or faults.is_stalled:
            return False
        if dealer is None or not dealer.is_connected:
            router.forget(peer)
            router.callbacks.unreachable(peer)
            return True
        return self._carry(router, outbox, faults, dealer.receive, peer)

    def _to_router(self, identity: Peer) -> Callable[[bytes], None]:
        def deliver(data: bytes) -> None:
            if self.current_router is not None:
                self.current_router.receive(identity, data)

        return deliver

    def _carry(
        self,
        sender: "MemoryDealer | MemoryRouter",
        outbox: Outbox,
        faults: "_Faults",
        deliver: Callable[[bytes], None],
        peer: Peer = b"",
    ) -> bool:
        data, rejected = outbox.batch()
        for _, error in rejected:
            sender.statistics.frames_unencodable += 1
            sender.failed(peer, error)
        if data is None:
            return bool(rejected)
        outbox.sent()
        sender.statistics.batches_sent += 1
        sender.statistics.bytes_sent += len(data)
        for _ in range(faults.copies()):
            deliver(data)
        return True


class _Faults:
    """What is wrong with one connection."""

    def __init__(self) -> None:
        self.is_cut = False
        self.is_stalled = False
        self.to_lose = 0
        self.to_double = 0

    def copies(self) -> int:
        """How often the next batch arrives."""
        if self.to_lose:
            self.to_lose -= 1
            return 0
        if self.to_double:
            self.to_double -= 1
            return 2
        return 1


class MemoryDealer:
    """A `Dealer`."""

    def __init__(self, link: MemoryLink, identity: Peer, callbacks: DealerCallbacks) -> None:
        self.identity = identity
        self.callbacks = callbacks
        self.statistics = EndpointStatistics()
        self.outbox = Outbox()
        self.is_connected = False
        self.is_closed = False
        self._intake = Intake(self.statistics)
        self._link = link

    @property
    def is_congested(self) -> bool:
        return self.outbox.is_congested

    def send(self, frame: Frame) -> bool:
        _check_open(self.is_closed)
        if not self.outbox.put(frame):
            self.statistics.frames_dropped += 1
            return False
        self.statistics.frames_sent += 1
        self._link.settle_soon()
        return True

    def discard(self) -> None:
        self.statistics.frames_dropped += self.outbox.clear()

    def failed(self, peer: Peer, error: LinkError) -> None:
        """A frame could not be sent."""
        self.callbacks.error(error)

    def receive(self, data: bytes) -> None:
        """A batch has arrived."""
        frames, error = self._intake.receive(data)
        if error is not None:
            self.callbacks.error(error)
        if frames:
            self.callbacks.frames(frames)

    def close(self) -> None:
        self.is_closed = True
        self.is_connected = False
        self._link.dealers.pop(self.identity, None)


class MemoryRouter:
    """A `Router`."""

    def __init__(self, link: MemoryLink, callbacks: RouterCallbacks) -> None:
        self.callbacks = callbacks
        self.statistics = EndpointStatistics()
        self.outboxes: dict[Peer, Outbox] = {}
        self.is_closed = False
        self._intakes: dict[Peer, Intake] = {}
        self._link = link

    def is_congested(self, peer: Peer) -> bool:
        outbox = self.outboxes.get(peer)
        return outbox is not None and outbox.is_congested

    def send(self, peer: Peer, frame: Frame) -> bool:
        _check_open(self.is_closed)
        if not self.outboxes.setdefault(peer, Outbox()).put(frame):
            self.statistics.frames_dropped += 1
            return False
        self.statistics.frames_sent += 1
        self._link.settle_soon()
        return True

    def forget(self, peer: Peer) -> None:
        outbox = self.outboxes.pop(peer, None)
        self.statistics.frames_dropped += outbox.clear() if outbox else 0
        self._intakes.pop(peer, None)

    def failed(self, peer: Peer, error: LinkError) -> None:
        """A frame could not be sent."""
        self.callbacks.error(peer, error)

    def receive(self, peer: Peer, data: bytes) -> None:
        """A batch has arrived."""
        frames, error = self._intakes.setdefault(peer, Intake(self.statistics)).receive(data)
        if error is not None:
            self.callbacks.error(peer, error)
        if frames:
            self.callbacks.frames(peer, frames)

    def close(self) -> None:
        """As a killed world: what is queued is gone, and the dealers are told."""
        if self.is_closed:
            return
        self.is_closed = True
        self._link.current_router = None
        for identity in list(self._link.dealers):
            self._link.disconnect(identity)


def _check_open(is_closed: bool) -> None:
    if is_closed:
        raise EndpointClosed("memory")
