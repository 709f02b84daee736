"""The world's end of the link: a ROUTER that binds, and talks to any number of gateways.

ROUTER_MANDATORY: a peer that is unknown or gone is an error, not silence. Then what is queued for it is
dropped and the owner told; the gateway will come back under a new routing id and say what it has.

With CURVE each message says whose key it came under, and is taken only if the routing id begins with that
name. Each message, not each connection: an id that has become free can be taken by another gateway.
"""

import errno
import logging
import time

import zmq
from zmq.utils.monitor import parse_monitor_message

from transports.link.addresses import check_address
from transports.link.complaints import Complaints
from transports.link.curve import WorldCurve
from transports.link.endpoint import DEFAULT_OPTIONS, EndpointOptions, ZmqEndpoint
from transports.link.errors import AddressRefused, ForeignBatch, WrongName
from transports.link.handshake import name_in
from transports.link.intake import Intake
from transports.link.interface import Peer, RouterCallbacks
from transports.link.mishaps import EVENTS, told_by_world
from transports.link.outbox import Outbox
from transports.link.protocol import Frame
from transports.link.zap import DOMAIN, NAME_PROPERTY, ZapSocket

logger = logging.getLogger(__name__)

# Connections that something is remembered of. Far more than there are gateways: the rest are strangers, who
# can come under any number of names. Who is forgotten only has the numbers of its batches begin anew.
KNOWN_PEERS_LIMIT = 1_024


class RouterEndpoint(ZmqEndpoint):
    """The world's end: binds, and talks to any number of gateways."""

    def __init__(
        self,
        context: "zmq.Context[zmq.Socket[bytes]]",
        address: str,
        callbacks: RouterCallbacks,
        *,
        options: EndpointOptions = DEFAULT_OPTIONS,
        curve: WorldCurve | None = None,
    ) -> None:
        check_address(address, is_encrypted=curve is not None)
        super().__init__(context, zmq.ROUTER, address, options)
        self._callbacks = callbacks
        self._outboxes: dict[Peer, Outbox] = {}
        self._intakes: dict[Peer, Intake] = {}
        self._waiting: set[Peer] = set()
        self._curve = curve
        self._complaints = Complaints()
        self._socket.set(zmq.ROUTER_MANDATORY, 1)
        self._zap = None if curve is None else self._lock_up(context, curve)
        self._monitor = self._socket.get_monitor_socket(EVENTS)
        try:
            self._socket.bind(address)
        except zmq.ZMQError as error:
            self._close_sockets()
            raise AddressRefused(address, f"{error.strerror or error}; choose another one") from error
        # A port 0 has become a real one.
        self.address = _text(self._socket.get(zmq.LAST_ENDPOINT))
        if self._zap is not None:
            self._watch_fd(self._zap.fd, self._read_zap)
        self._watch_fd(int(self._monitor.get(zmq.FD)), self._read_monitor)
        self._watch()
        self._loop.run_callback(self._look)

    def is_congested(self, peer: Peer) -> bool:
        """True while more waits for this peer than should."""
        outbox = self._outboxes.get(peer)
        return outbox is not None and (outbox.is_blocked or outbox.is_congested)

    def send(self, peer: Peer, frame: Frame) -> bool:
        """Queue the frame. False if it will not be sent. Raises EndpointClosed after `close`."""
        self._check_open()
        outbox = self._outboxes.get(peer)
        if outbox is None:
            self._forget_strangers()
            outbox = self._outboxes[peer] = Outbox()
        if not outbox.put(frame):
            self.statistics.frames_dropped += 1
            return False
        self._waiting.add(peer)
        if not self._flush_is_due:
            self._schedule_flush()
        return True

    def forget(self, peer: Peer) -> None:
        """Drop what is queued for the peer and all that is known of it."""
        outbox = self._outboxes.pop(peer, None)
        if outbox is not None:
            self.statistics.frames_dropped += outbox.clear()
        self._intakes.pop(peer, None)
        self._waiting.discard(peer)

    # Who may come in -------------------------------------------------------------------------------

    def _lock_up(self, context: "zmq.Context[zmq.Socket[bytes]]", curve: WorldCurve) -> ZapSocket:
        socket = self._socket
        socket.set(zmq.CURVE_SERVER, 1)
        socket.set(zmq.CURVE_SECRETKEY, curve.pair.secret)
        socket.set(zmq.ZAP_DOMAIN, DOMAIN)
        # Without it, everybody comes in when there is nobody to ask.
        socket.set(zmq.ZAP_ENFORCE_DOMAIN, 1)
        return ZapSocket(context, curve.gateways, self._complain)

    def _complain(self, words: str) -> None:
        self.statistics.peers_refused += 1
        if said := self._complaints.about(words, time.monotonic()):
            logger.warning("link: %s", said)

    def _look(self) -> None:
        if not self._is_closed:
            self._read_zap()
            self._read_monitor()

    def _tick(self) -> None:
        super()._tick()
        self._look()

    def _read_zap(self) -> None:
        if self._zap is not None:
            self._zap.read()

    def _read_monitor(self) -> None:
        while True:
            try:
                told = parse_monitor_message(self._monitor.recv_multipart(zmq.NOBLOCK))
            except zmq.Again:
                return
            if words := told_by_world(told["event"], told["value"], self._curve):
                self._complain(words)

    def _close_sockets(self) -> None:
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        super()._close_sockets()
        if self._zap is not None:
            self._zap.close()

    # What comes ------------------------------------------------------------------------------------

    def _take_one(self) -> None:
        if self._curve is None:
            super()._take_one()
            return
        parts = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
        peer, name = parts[0].bytes, parts[-1].get(NAME_PROPERTY)
        if name == name_in(peer):
            self._received([part.bytes for part in parts])
        else:
            self.statistics.batches_refused += 1
            self._callbacks.error(peer, WrongName(str(name), name_in(peer)))

    def _received(self, parts: list[bytes]) -> None:
        peer = parts[0]
        if len(parts) != 2:
            self.statistics.batches_refused += 1
            self._callbacks.error(peer, ForeignBatch(parts[-1][:8]))
            return
        intake = self._intakes.get(peer)
        if intake is None:
            self._forget_strangers()
            intake = self._intakes[peer] = Intake(self.statistics, self._options.max_batch_bytes)
        frames, error = intake.receive(parts[1])
        if error is not None:
            self._callbacks.error(peer, error)
        if frames:
            self._callbacks.frames(peer, frames)

    def _forget_strangers(self) -> None:
        while len(self._intakes) >= KNOWN_PEERS_LIMIT:
            del self._intakes[next(iter(self._intakes))]
        if len(self._outboxes) >= KNOWN_PEERS_LIMIT:
            for peer in [peer for peer, outbox in self._outboxes.items() if not outbox]:
                del self._outboxes[peer]

    # What goes -------------------------------------------------------------------------------------

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for peer in waiting:
            # A callback may have closed us meanwhile.
            if not self._is_closed:
                self._flush_peer(peer)
        if waiting:
            self._sent(is_blocked=bool(self._waiting))

    def _flush_peer(self, peer: Peer) -> None:
        outbox = self._outboxes.get(peer)
        if outbox is None:
            return
        try:
            self._send_batches(outbox, [peer], lambda error: self._callbacks.error(peer, error))
        except zmq.ZMQError as error:
            if error.errno != errno.EHOSTUNREACH:
                raise
            self.forget(peer)
            self._callbacks.unreachable(peer)
            return
        if outbox.is_blocked:
            self._waiting.add(peer)

    def _flush_blocked(self) -> None:
        if self._waiting and not self._flush_is_due and not self._is_closed:
            self._flush()


def _text(endpoint: int | bytes) -> str:
    return endpoint.rstrip(b"\0").decode() if isinstance(endpoint, bytes) else str(endpoint)
