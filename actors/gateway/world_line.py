"""One connection to the world after another: dialling, the handshake, the pulse. No session is known here.

A `WorldLine` is opened as often as it takes. Each attempt has a dealer and an identity of its own, so that
nothing of a dead connection is taken for the living one: what a dealer says reaches the owner as a message
with the number of its attempt, and the owner drops what is not of the current one.

The owner is an actor and calls every method in its own turn; only the callbacks come from the event loop, and
all they do is to post a message.
"""

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from transports.link.errors import HandshakeError, LinkError, VersionMismatch
from transports.link.handshake import NONCE_BYTES, GatewayHandshake, routing_id
from transports.link.interface import Dealer, DealerCallbacks, EndpointStatistics, Peer
from transports.link.liveness import Backoff, BackoffOptions, LinkState, Liveness, LivenessOptions
from transports.link.protocol import (
    Challenge,
    DisconnectReason,
    Frame,
    Goodbye,
    Heartbeat,
    OutputNumber,
    Refuse,
    SessionId,
    Welcome,
)
from wyld_actors import Message

# Makes the endpoint for one attempt: over ZeroMQ in the server, in memory in tests.
Dial: TypeAlias = Callable[[Peer, DealerCallbacks], Dealer]


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """Settings of the gateway's end of the link. `epoch` is new and higher in each life of the gateway."""

    name: str = "gateway"
    epoch: int = 1
    key: bytes = b""
    liveness: LivenessOptions = field(default_factory=LivenessOptions)
    reconnect: BackoffOptions = field(default_factory=BackoffOptions)
    # Hello to Welcome: a world opens its socket when everybody is back in it, so silence is a fault.
    handshake_seconds: float = 2.0
    # Outputs are confirmed in bulk. The world keeps 512 for a session, more than it makes in this time.
    ack_seconds: float = 0.1
    # For the answer to a request: a login waits for its turn to be hashed.
    request_seconds: float = 15.0
    request_repeats: BackoffOptions = field(
        default_factory=lambda: BackoffOptions(first_seconds=2.0, cap_seconds=5.0)
    )


class LineConnected(Message, frozen=True):
    """A connection stands; nobody has said anything yet."""

    attempt: int


class LineBroken(Message, frozen=True):
    """The connection is gone, or what came over it cannot be trusted."""

    attempt: int
    reason: str
    # Trying again cannot help before somebody changes something.
    is_hopeless: bool = False


class Batch(Message, frozen=True):
    """What the world sent in one of its turns."""

    attempt: int
    frames: list[Frame]


class WorldLine:
    """The way to the world. `attempt` is the number of the current dealer; `is_up` after the Welcome."""

    def __init__(self, options: LinkOptions, dial: Dial) -> None:
        self._options = options
        self._dial = dial
        self._dealer: Dealer | None = None
        self._handshake: GatewayHandshake | None = None
        self._liveness: Liveness | None = None
        self._backoff = Backoff(options.reconnect, random.Random())
        self.attempt = 0
        self.is_up = False
        self.world = ""
        self.world_epoch = 0

    @property
    def statistics(self) -> EndpointStatistics | None:
        """Of the current dealer."""
        return self._dealer.statistics if self._dealer is not None else None

    @property
    def round_trip_seconds(self) -> float | None:
        """Smoothed; None until it is known."""
        return self._liveness.round_trip_seconds if self._liveness is not None else None

    @property
    def is_connected(self) -> bool:
        """Whether a connection stands, and the world has been greeted over it."""
        return self.is_up or self._handshake is not None

    def open(self, post: Callable[[Message], None]) -> None:
        """Begin the next attempt. `post` is called from the event loop."""
        self.close()
        self.attempt = attempt = self.attempt + 1
        callbacks = DealerCallbacks(
            frames=lambda frames: post(Batch(attempt, frames)),
            error=lambda error: post(LineBroken(attempt, str(error), is_hopeless=_is_hopeless(error))),
            connected=lambda: post(LineConnected(attempt)),
            disconnected=lambda: post(LineBroken(attempt, "the connection to the world is gone")),
        )
        options = self._options
        self._dealer = self._dial(routing_id(options.name, options.epoch, attempt), callbacks)

    def close(self) -> None:
        """End the current attempt, if there is one."""
        dealer, self._dealer = self._dealer, None
        self._handshake = None
        self._liveness = None
        self.is_up = False
        if dealer is not None:
            dealer.close()

    def say_goodbye(self) -> None:
        """About to end in order: the world need not wait for our silence."""
        self.send(Goodbye(DisconnectReason.GATEWAY_STOPPED))

    def retry_seconds(self) -> float:
        """How long to wait before the next attempt."""
        return self._backoff.next_seconds()

    def send(self, frame: Frame) -> bool:
        """Queue a frame. False if it will not be sent, and the line is of no more use."""
        return self._dealer is not None and self._dealer.send(frame)

    # Handshake -------------------------------------------------------------------------------------

    def greet(self) -> None:
        """Say Hello over the connection that stands now."""
        options = self._options
        self._handshake = GatewayHandshake(
            options.name,
            options.epoch,
            options.key,
            nonce=os.urandom(NONCE_BYTES),
            newest_epoch=self.world_epoch,
        )
        self.send(self._handshake.hello())

    def shake(self, frame: Frame, claims: Callable[[], Mapping[SessionId, OutputNumber]]) -> Welcome | None:
        """Take a frame that came before the Welcome. Returns the Welcome when the world lets us in.

        `claims` gives the sessions in the world with the last output each has. Raises a HandshakeError if
        this world will not do.
        """
        handshake = self._handshake
        if handshake is None:
            return None
        match frame:
            case Challenge():
                self.send(handshake.challenged(frame, claims()))
            case Refuse():
                raise handshake.refused(frame)
            case Welcome():
                handshake.welcomed(frame)
                return frame
        return None

    def begin(self, now: float) -> bool:
        """The Welcome is taken. Returns whether this is another world than before."""
        assert self._handshake is not None
        is_another = self._handshake.world_epoch != self.world_epoch
        self.world, self.world_epoch = self._handshake.world, self._handshake.world_epoch
        self._handshake = None
        self._liveness = Liveness(self._options.liveness, now)
        self._backoff.reset()
        self.is_up = True
        return is_another

    # Pulse -----------------------------------------------------------------------------------------

    def heard(self, now: float) -> None:
        """Something has arrived."""
        if self._liveness is not None:
            self._liveness.heard(now)

    def take_beat(self, beat: Heartbeat, now: float) -> None:
        """A heartbeat of the world has arrived."""
        if self._liveness is not None:
            self._liveness.received(beat, now)

    def beat(self, now: float) -> bool:
        """Send a heartbeat if it is time. False if the world has been silent for too long."""
        liveness = self._liveness
        if liveness is None:
            return True
        if liveness.state(now) is LinkState.DOWN:
            return False
        beat = liveness.beat(now)
        return beat is None or self.send(beat)


def _is_hopeless(error: LinkError) -> bool:
    return isinstance(error, VersionMismatch) or (isinstance(error, HandshakeError) and error.hopeless)
