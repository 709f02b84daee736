"""One socket as an actor: between the transport's adapter and the session.

Inward it hands on what the client sends; outward it turns what the session shows into the bytes that this
kind of client understands, and gives them to the adapter, which writes once a turn. It knows nothing of the
game and decides nothing, so it can be temporary: when it ends, the session goes on or not, as it likes. What
the driver calls for each event is the `inlet`.
"""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from actors.gateway.messages.client import (
    CaughtUp,
    ClientArrived,
    ClientGone,
    Farewell,
    Seen,
    SendData,
    SetEcho,
    Show,
    ShowsToken,
    Speak,
    TakesTokens,
)
from actors.gateway.messages.handover import GoOn, Moved, MoveTo
from actors.gateway.messages.pool import Register, Unregister
from actors.gateway.pool import POOL
from actors.gateway.session_record import SessionId
from actors.rendering import encoded, encoded_prompt
from transports import packages
from transports.adapter import (
    Adapter,
    BinaryReceived,
    CapabilitiesChanged,
    DataReceived,
    Disconnected,
    Event,
    LineReceived,
    LineRefused,
    Negotiated,
    PingReceived,
    PongReceived,
    ProtocolViolated,
    Rendering,
)
from transports.markup import styled
from wyld_actors import Actor, Context, Exited, Record, Ref, Reply, on

logger = logging.getLogger(__name__)

STOPPING = styled("system", "The gate is closing for a moment. Please come back soon.")
LOST = styled("emote", "The thread that held you here has snapped. Please come in again.")
# For a GMCP client that knows our package.
_AS_GMCP: Mapping[str, str] = MappingProxyType(
    {
        packages.TOKEN: "Wyld.Resume.Token",
        packages.RESUMED: "Wyld.Resume.Resumed",
        packages.FAILED: "Wyld.Resume.Failed",
    }
)

# What a client says, as a session is told it.
_Word: TypeAlias = LineReceived | DataReceived | CapabilitiesChanged | Seen | ShowsToken | TakesTokens


class Connection(Actor):
    """Temporary. Ends after the adapter has said Disconnected, or when its session is gone.

    While it moves to another session its client's words are held: the session before may still have some that
    were said earlier. The reader waits meanwhile, as for anything that takes long.
    """

    class State(Record, frozen=True):
        """For who looks from outside: the session it belongs to."""

        session: Ref | None = None

    def __init__(self, adapter: Adapter, number: SessionId, session: Ref) -> None:
        super().__init__()
        self._adapter = adapter
        self._number = number
        self._session = session
        self.state = self.state.replace(session=session)
        # The session that it leaves, what is held until that is done, and readers that wait for it.
        self._leaves: Ref | None = None
        self._held: list[_Word] = []
        self._waiting: list[Reply] = []
        # Whether its program knows of coming back to a session.
        self._resumes = False
        pool: Ref | None = self.ctx.system.registry.whereis(POOL)
        assert pool is not None, "the pool starts before any connection"
        self._pool = pool
        self._rendering: Rendering = adapter.capabilities.rendering
        self._prompt = ""
        self._prompt_bytes = b""
        self._is_closing = False
        self._end_reason = "stopped"

    def on_start(self) -> None:
        adapter, ref = self._adapter, self.ctx.ref
        logger.info("session %d: %s from %s", self._number, adapter.protocol, adapter.peer)
        self.ctx.monitor(self._session)
        self._pool.tell(Register(self._number, ref, adapter.protocol, adapter.peer))
        self._session.tell(ClientArrived(ref, adapter.capabilities))

    def on_stop(self) -> None:
        if not self._is_closing:
            # Stopped from above, with its mail unread: the last word is said here.
            self._say_and_close(STOPPING, "the gateway is stopping")
        client = f"{self._adapter.protocol} from {self._adapter.peer}"
        logger.info("session %d: %s is gone: %s", self._number, client, self._end_reason)
        for word in self._held:
            self._session.tell(word)
        self._session.tell(ClientGone(self._end_reason, self.ctx.ref))
        self._pool.tell(Unregister(self.ctx.ref))

    # From the client -------------------------------------------------------------------------------

    @on(LineReceived)
    def hand_on(self, _ctx: Context, line: LineReceived) -> None:
        self._tell_session(line)

    @on(DataReceived)
    def hand_on_data(self, ctx: Context, data: DataReceived) -> None:
        word = about_resuming(data, ctx.ref)
        self._resumes = self._resumes or isinstance(word, ShowsToken | TakesTokens)
        self._tell_session(word or data)

    def _tell_session(self, word: _Word) -> None:
        if self._leaves is None:
            self._session.tell(word)
        else:
            self._held.append(word)

    @on(CapabilitiesChanged)
    def adapt(self, _ctx: Context, changed: CapabilitiesChanged) -> None:
        rendering = changed.capabilities.rendering
        if rendering is not self._rendering:
            self._rendering = rendering
            self._prompt_bytes = b""
        self._tell_session(changed)

    @on(LineRefused)
    def explain(self, _ctx: Context, refused: LineRefused) -> None:
        # A JSON client has been told by its transport, with the number of the line.
        if self._rendering.family == "telnet":
            why = f"{refused.reason.removesuffix('.')} (the limit is {refused.limit} bytes)."
            self._say(styled("error", why), self._prompt or None)

    @on(BinaryReceived, Negotiated, PingReceived, PongReceived, ProtocolViolated)
    def ignore(self, _ctx: Context, _event: Event) -> None:
        """The transport has dealt with it and counted it."""

    @on(CaughtUp)
    def caught_up(self, ctx: Context, _: CaughtUp) -> None:
        """The answer is that the turn has come."""
        if self._leaves is not None:
            self._waiting.append(ctx.defer_reply())

    @on(Disconnected)
    def end(self, ctx: Context, event: Disconnected) -> None:
        self._is_closing = True
        self._end_reason = event.reason
        if self._leaves is None:
            ctx.stop()

    # From one session to another -------------------------------------------------------------------

    @on(MoveTo)
    def move(self, ctx: Context, move: MoveTo) -> None:
        self._leaves, self._session = self._session, move.session
        ctx.monitor(move.session)
        self._number = SessionId(move.number)
        self._leaves.tell(Moved())

    @on(GoOn)
    def go_on(self, ctx: Context, _: GoOn) -> None:
        """What the session before still had has been handed over."""
        if self._leaves is None:
            return
        adapter = self._adapter
        self._leaves = None
        self.state = self.state.replace(session=self._session)
        self._pool.tell(Register(self._number, ctx.ref, adapter.protocol, adapter.peer))
        for word in self._held:
            self._session.tell(word)
        self._held = []
        for reader in self._waiting:
            reader.set(None)
        self._waiting = []
        if self._is_closing:
            ctx.stop()

    # From the session ------------------------------------------------------------------------------

    @on(Show)
    def show(self, _ctx: Context, show: Show) -> None:
        rendering = self._rendering
        fragments: list[bytes] = []
        for delivery in show.deliveries:
            fragment = delivery.encoded(rendering)
            if fragment:
                fragments.append(fragment)
            elif (package := delivery.package) is not None:
                self._adapter.send_data(*package)
        prompt = show.prompt
        if fragments or prompt is not None:
            self._adapter.send(fragments, None if prompt is None else self._encoded_prompt(prompt))
        if show.received is not None and rendering.family == "json":
            self._adapter.send_data(packages.SEQUENCE, show.received)

    @on(Speak)
    def speak(self, _ctx: Context, speak: Speak) -> None:
        again = self._prompt or None if speak.asks_again else None
        self._say(speak.text, again if speak.prompt is None else speak.prompt)

    @on(SetEcho)
    def set_echo(self, _ctx: Context, echo: SetEcho) -> None:
        self._adapter.set_echo(echo.enabled)

    @on(SendData)
    def send_data(self, _ctx: Context, data: SendData) -> None:
        if self._rendering.family == "json" or data.package not in packages.FROM_SESSION:
            self._adapter.send_data(data.package, data.value)
        elif self._resumes and data.package in _AS_GMCP:
            self._adapter.send_data(_AS_GMCP[data.package], data.value)

    @on(Farewell)
    def farewell(self, _ctx: Context, farewell: Farewell) -> None:
        self._say_and_close(farewell.text, farewell.reason)

    @on(Exited)
    def session_gone(self, ctx: Context, exited: Exited) -> None:
        """Its supervisor has given the session up, or somebody has stopped it. One that it leaves is done."""
        if exited.ref == self._leaves:
            ctx.ref.tell(GoOn())
        elif exited.ref == self._session and not self._is_closing:
            self._say_and_close(LOST, "its session is gone")

    # ------------------------------------------------------------------------------------------------

    def _say(self, text: str, prompt: str | None) -> None:
        fragments = [encoded(text if text.endswith("\n") else text + "\n", self._rendering)] if text else []
        self._adapter.send(fragments, None if prompt is None else self._encoded_prompt(prompt))

    def _say_and_close(self, text: str, reason: str) -> None:
        self._is_closing = True
        self._say(text, None)
        self._adapter.close(reason)

    def _encoded_prompt(self, prompt: str) -> bytes:
        # Most prompts are the same as the one before.
        if prompt != self._prompt or not self._prompt_bytes:
            self._prompt = prompt
            self._prompt_bytes = encoded_prompt(prompt, self._rendering)
        return self._prompt_bytes


def about_resuming(data: DataReceived, connection: Ref) -> Seen | ShowsToken | TakesTokens | None:
    """What the data of a program means for coming back to a session; None if it has nothing to do with
    that."""
    value = data.value
    match data.package.lower():
        case packages.SEEN if isinstance(value, int):
            return Seen(connection, value)
        case packages.RESUME | "wyld.resume" if isinstance(value, Mapping):
            seen = value.get("seen")
            shown = seen if isinstance(seen, int) else None
            return ShowsToken(_text(value, "token"), shown, _text(value, "next"))
        case "core.supports.set" | "core.supports.add" if isinstance(value, list):
            supported = {str(one).lower().partition(" ")[0] for one in value}
            return TakesTokens(connection) if "wyld.resume" in supported else None
        case _:
            return None


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
