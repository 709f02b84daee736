"""The gateway's end of the link: a DEALER that connects, and connects again for as long as it is open.

IMMEDIATE: nothing is handed to ZeroMQ for a world that is not there. The socket's monitor tells at once when
a connection stands and when it is gone, so a killed world is noticed without waiting for its silence. It also
tells why none comes to stand: then libzmq may never try again, and the owner is to make a new endpoint.
"""

import zmq
from zmq.utils.monitor import parse_monitor_message

from transports.link.addresses import check_address
from transports.link.curve import GatewayCurve
from transports.link.endpoint import DEFAULT_OPTIONS, EndpointOptions, ZmqEndpoint
from transports.link.errors import ConnectionFailed, ForeignBatch
from transports.link.intake import Intake
from transports.link.interface import DealerCallbacks, Peer
from transports.link.mishaps import EVENTS, told_by_gateway
from transports.link.outbox import Outbox
from transports.link.protocol import Frame


class DealerEndpoint(ZmqEndpoint):
    """The gateway's end: connects, and connects again by itself for as long as it is open."""

    def __init__(
        self,
        context: "zmq.Context[zmq.Socket[bytes]]",
        address: str,
        identity: Peer,
        callbacks: DealerCallbacks,
        *,
        options: EndpointOptions = DEFAULT_OPTIONS,
        curve: GatewayCurve | None = None,
    ) -> None:
        check_address(address, is_encrypted=curve is not None)
        super().__init__(context, zmq.DEALER, address, options)
        self._callbacks = callbacks
        self._curve = curve
        self._outbox = Outbox()
        self._intake = Intake(self.statistics, options.max_batch_bytes)
        self._is_connected = False
        socket = self._socket
        socket.set(zmq.ROUTING_ID, identity)
        socket.set(zmq.IMMEDIATE, 1)
        socket.set(zmq.RECONNECT_IVL, options.reconnect_ms)
        socket.set(zmq.RECONNECT_IVL_MAX, options.reconnect_max_ms)
        if curve is not None:
            socket.set(zmq.CURVE_PUBLICKEY, curve.pair.public)
            socket.set(zmq.CURVE_SECRETKEY, curve.pair.secret)
            socket.set(zmq.CURVE_SERVERKEY, curve.world)
        self._monitor = socket.get_monitor_socket(
            EVENTS | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED
        )
        self._watch_fd(int(self._monitor.get(zmq.FD)), self._read_monitor)
        self._watch()
        socket.connect(address)
        self._loop.run_callback(self._read_monitor)

    @property
    def is_connected(self) -> bool:
        """True while a ZeroMQ connection stands; it says nothing about the peer's process being well."""
        return self._is_connected

    @property
    def is_congested(self) -> bool:
        """True while more waits than should: hold back what can wait."""
        return self._outbox.is_blocked or self._outbox.is_congested

    def send(self, frame: Frame) -> bool:
        """Queue the frame. False if it will not be sent. Raises EndpointClosed after `close`."""
        self._check_open()
        if not self._outbox.put(frame):
            self.statistics.frames_dropped += 1
            return False
        if not self._flush_is_due:
            self._schedule_flush()
        return True

    def discard(self) -> None:
        """Drop what is queued: it was meant for a connection that is gone."""
        self.statistics.frames_dropped += self._outbox.clear()

    def _close_sockets(self) -> None:
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        super()._close_sockets()

    def _received(self, parts: list[bytes]) -> None:
        if len(parts) != 1:
            self._refuse_shape(parts)
            return
        frames, error = self._intake.receive(parts[0])
        if error is not None:
            self._callbacks.error(error)
        if frames:
            self._callbacks.frames(frames)

    def _refuse_shape(self, parts: list[bytes]) -> None:
        self.statistics.batches_refused += 1
        self._callbacks.error(ForeignBatch(parts[0][:8]))

    def _flush(self) -> None:
        if self._outbox:
            self._send_batches(self._outbox, [], self._callbacks.error)
            self._sent(is_blocked=self._outbox.is_blocked)

    def _flush_blocked(self) -> None:
        if self._outbox.is_blocked and not self._is_closed:
            self._flush()

    def _tick(self) -> None:
        super()._tick()
        self._read_monitor()

    def _read_monitor(self) -> None:
        while not self._is_closed:
            try:
                parts = self._monitor.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            told = parse_monitor_message(parts)
            if told["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._is_connected = True
                self._callbacks.connected()
                self._schedule_flush()
            elif words := told_by_gateway(told["event"], told["value"], self._curve):
                self._callbacks.error(ConnectionFailed(words))
            elif self._is_connected:
                self._is_connected = False
                self._callbacks.disconnected()
