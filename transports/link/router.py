"""The world's end of the link: a ROUTER that binds, and talks to any number of gateways.

ROUTER_MANDATORY: a peer that is unknown or gone is an error, not silence. Then what is queued for it is
dropped and the owner told; the gateway will come back under a new routing id and say what it has.
"""

import errno

import zmq

from transports.link.addresses import check_address
from transports.link.endpoint import DEFAULT_OPTIONS, EndpointOptions, ZmqEndpoint
from transports.link.errors import AddressRefused, ForeignBatch
from transports.link.intake import Intake
from transports.link.interface import Peer, RouterCallbacks
from transports.link.outbox import Outbox
from transports.link.protocol import Frame

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
    ) -> None:
        check_address(address)
        super().__init__(context, zmq.ROUTER, address, options)
        self._callbacks = callbacks
        self._outboxes: dict[Peer, Outbox] = {}
        self._intakes: dict[Peer, Intake] = {}
        self._waiting: set[Peer] = set()
        self._socket.set(zmq.ROUTER_MANDATORY, 1)
        try:
            self._socket.bind(address)
        except zmq.ZMQError as error:
            self._socket.close(linger=0)
            raise AddressRefused(address, f"{error.strerror or error}; choose another one") from error
        # A port 0 has become a real one.
        self.address = _text(self._socket.get(zmq.LAST_ENDPOINT))
        self._watch()

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
