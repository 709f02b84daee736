"""How the gateway's link reaches the world: dialling, the handshake, signs of life, and beginning anew.

One attempt after the other, each with a number, so that what is left of an earlier one is known. While the
world is away sessions are told, and keep their lines; requests wait.
"""

import logging
import random
from abc import abstractmethod
from collections.abc import Iterable

from actors.gateway.ledger import LinkLedger
from actors.gateway.messages.link import LINK, Rejoin, WorldLost
from actors.gateway.world_line import Dial, LineBroken, LineConnected, LinkOptions, WorldLine
from transports.link.complaints import Complaints
from transports.link.errors import HandshakeError
from transports.link.liveness import Backoff
from transports.link.protocol import Frame, Welcome
from wyld_actors import Actor, Context, Message, Record, on

logger = logging.getLogger(__name__)

# For a connection to come to stand, before somebody is told that none does.
UNREACHED_SECONDS = 5.0
UNREACHED = (
    "nobody answers at link.address; is the world up, is that its address, does a firewall let this through?"
)


class Dialling(Message, frozen=True):
    """To oneself: try to reach the world."""


class ConnectionOverdue(Message, frozen=True):
    """To oneself: does a connection of this attempt stand?"""

    attempt: int


class HandshakeOverdue(Message, frozen=True):
    """To oneself: has this attempt got its Welcome?"""

    attempt: int


class Beat(Message, frozen=True):
    """To oneself: the pulse, and what else is done now and then."""


class Reaching(Actor):
    """The part of the gateway's link that keeps a line to the world, or tries to."""

    class State(Record, frozen=True):
        """Changed in place: memories of streams, whose numbers heal what a crash leaves half done."""

        ledger: LinkLedger | None = None
        line: WorldLine | None = None

    def __init__(self, options: LinkOptions, dial: Dial) -> None:
        super().__init__()
        self._options = options
        if self.state.ledger is None:
            chance = random.Random()
            ledger = LinkLedger(lambda: Backoff(options.request_repeats, chance))
            self.state = self.state.replace(ledger=ledger, line=WorldLine(options, dial))
        self._ledger: LinkLedger = self.state.ledger
        self._line: WorldLine = self.state.line
        self._complaints = Complaints()
        self._trouble = ""

    def on_start(self) -> None:
        ctx = self.ctx
        ctx.system.registry.register(LINK, ctx.ref)
        ctx.every(self._options.liveness.interval_seconds, Beat())
        # The line that the crash has cut may have led to another world than the next one.
        self._tell_all_saved()
        self._tell_all(Rejoin())
        self._open(ctx)

    @abstractmethod
    def _begin(self, ctx: Context, welcome: Welcome) -> None:
        """The world has let us in."""

    @abstractmethod
    def _look_after_sessions(self, ctx: Context) -> None:
        """With each beat: what is done for the sessions now and then."""

    # A line comes to stand -------------------------------------------------------------------------

    @on(Dialling)
    def dial(self, ctx: Context, _: Dialling) -> None:
        self._open(ctx)

    def _open(self, ctx: Context) -> None:
        self._line.open(ctx.ref.tell)
        ctx.after(UNREACHED_SECONDS, ConnectionOverdue(self._line.attempt))

    @on(ConnectionOverdue)
    def check_connection(self, ctx: Context, overdue: ConnectionOverdue) -> None:
        """An endpoint tries by itself, and says nothing while it does."""
        if overdue.attempt == self._line.attempt and not self._line.is_connected:
            self._trouble = UNREACHED
            logger.warning("link: %s", UNREACHED)

    @on(LineConnected)
    def greet(self, ctx: Context, connected: LineConnected) -> None:
        if connected.attempt == self._line.attempt:
            self._line.greet()
            ctx.after(self._options.handshake_seconds, HandshakeOverdue(connected.attempt))

    @on(HandshakeOverdue)
    def check_handshake(self, ctx: Context, overdue: HandshakeOverdue) -> None:
        if overdue.attempt == self._line.attempt and not self._line.is_up:
            self._drop(ctx, "the world does not answer the handshake")

    def _shake(self, ctx: Context, frames: Iterable[Frame]) -> Iterable[Frame]:
        """The frames after the Welcome, if it is among them."""
        waiting = iter(frames)
        for frame in waiting:
            try:
                welcome = self._line.shake(frame, self._ledger.claims)
            except HandshakeError as error:
                self._drop(ctx, str(error), is_hopeless=error.hopeless)
                return ()
            if welcome is not None:
                self._begin(ctx, welcome)
                return waiting
        return ()

    # It breaks -------------------------------------------------------------------------------------

    @on(LineBroken)
    def line_broken(self, ctx: Context, broken: LineBroken) -> None:
        if broken.attempt == self._line.attempt:
            self._drop(ctx, broken.reason, is_hopeless=broken.is_hopeless)

    def _drop(self, ctx: Context, reason: str, *, is_hopeless: bool = False) -> None:
        """Give the line up and try again after a while."""
        was_up = self._line.is_up
        self._trouble = reason
        self._line.close()
        # Their sessions send those lines again.
        self._ledger.returning.begin(())
        # No message of the old attempt is for the next one.
        self._line.attempt += 1
        delay = self._line.retry_seconds()
        ctx.after(delay, Dialling())
        if was_up:
            logger.warning("link: lost the world: %s; next attempt in %.2f s", reason, delay)
            self._tell_all_saved()
            self._tell_all(WorldLost())
        elif is_hopeless:
            if said := self._complaints.about(reason, ctx.now):
                logger.error("link: no way into the world: %s; it is tried again and again", said)
        else:
            logger.info("link: no world yet: %s; next attempt in %.2f s", reason, delay)

    # While it stands -------------------------------------------------------------------------------

    def _tell_all_saved(self) -> None:
        """What a world has saved of their lines holds for it, and is old news to the next one."""
        for ref, message in self._ledger.all_saved():
            ref.tell(message)

    def _tell_all(self, message: Message) -> None:
        for ref in self._ledger.refs.values():
            ref.tell(message)

    def _queue(self, ctx: Context, frame: Frame) -> None:
        if self._line.is_up and not self._line.send(frame):
            self._drop(ctx, "more is waiting for the world than can be kept")

    @on(Beat)
    def beat(self, ctx: Context, _: Beat) -> None:
        if not self._line.beat(ctx.now):
            self._drop(ctx, "the world has fallen silent")
        self._look_after_sessions(ctx)
