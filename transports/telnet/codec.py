"""The telnet session without I/O: `receive_data` takes bytes and gives events, `data_to_send` what to answer.

What we do, in the order of the offers at the start:

- ask for TTYPE (with the MTTS cycle), NAWS and NEW-ENVIRON, and learn the client's capabilities from them;
- offer CHARSET, EOR, GMCP and (when there is a status to give) MSSP;
- ECHO on while a password is typed, never else: the client shows what is typed, except then;
- agree to SGA when the client asks, but never offer it: inetutils telnet takes an offer for character mode,
  and hides a password just as well without. A client that wants ECHO *and* SGA wants character mode with echo
  from us, which we do not do; then both are refused, because half of it is worse than none;
- agree to BINARY both ways (all our input is eight-bit anyway), answer TIMING-MARK each time, and AYT with
  text.

Nothing waits for an answer: some clients leave offers they do not know unanswered. Nothing is sent to a
client that has sent no telnet command itself but the offers: it may be a plain TCP client, to whom a GA is
dirt.

Not implemented: LINEMODE, START-TLS, MCCP1, ATCP, ZMP, MXP, MSP (refused when asked for); remote echo.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from transports.adapter import (
    Capabilities,
    CapabilitiesChanged,
    DataReceived,
    Event,
    LineReceived,
    LineRefused,
    Negotiated,
    PingReceived,
    ProtocolViolated,
)
from transports.telnet.charset import decode_line
from transports.telnet.client import Client
from transports.telnet.commands import (
    IAC,
    CharsetCode,
    Command,
    Option,
    option_name,
    subnegotiation,
)
from transports.telnet.errors import MalformedError
from transports.telnet.negotiation import Negotiation, Outcome, QState, Side
from transports.telnet.parser import (
    CommandSeen,
    LineTooLong,
    NegotiationSeen,
    Parser,
    SubnegotiationSeen,
    Token,
    Violation,
)
from transports.telnet.settings import Limits
from transports.telnet.subnegotiations import (
    ASK_CHARSET,
    ASK_ENVIRON,
    ASK_TTYPE,
    Status,
    charset_answer,
    charset_named,
    charset_offered,
    environ_variables,
    gmcp_message,
    gmcp_payload,
    mssp_payload,
    terminal_type,
    window_size,
)

__all__ = ["NOP", "Profile", "TelnetCodec"]

NOP: Final = IAC + bytes((Command.NOP,))
_GO_AHEAD: Final = IAC + bytes((Command.GA,))
_END_OF_RECORD: Final = IAC + bytes((Command.EOR,))
_TIMING_MARK: Final = IAC + bytes((Command.WILL, Option.TIMING_MARK))
_HERE: Final = b"\r\n[Yes, we are here.]\r\n"

# What a client that cannot do GMCP puts its token into, to come back to a session without being asked; behind
# a space, the secret of the next one, if it has made that itself.
RESUME_VARIABLE: Final = "WYLD_RESUME"

_ASKED_FOR: Final = (Option.TTYPE, Option.NAWS, Option.NEW_ENVIRON)
_OFFERED: Final = (Option.CHARSET, Option.EOR, Option.GMCP)
_AGREED_REMOTE: Final = frozenset((*_ASKED_FOR, Option.CHARSET, Option.BINARY, Option.SGA))
_AGREED_LOCAL: Final = frozenset((*_OFFERED, Option.BINARY))
_TRACKED: Final = {
    int(option): position
    for position, option in enumerate(
        (*_ASKED_FOR, *_OFFERED, Option.MSSP, Option.ECHO, Option.SGA, Option.BINARY)
    )
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What all connections of a listener share. `clock` counts seconds; `status` answers MSSP, if given."""

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = monotonic
    status: Callable[[], Status] | None = None


class TelnetCodec:
    """One connection's telnet. Made, it has its offers ready in `data_to_send`."""

    __slots__ = (
        "_asked_charset",
        "_awaits_charset",
        "_client",
        "_negotiation",
        "_out",
        "_parser",
        "_profile",
        "_requests",
        "_second",
        "_stuck",
        "_wants_character_mode",
        "prompt_mark",
        "protocol_errors",
    )

    def __init__(self, profile: Profile, *, encrypted: bool = False) -> None:
        self._profile = profile
        self._parser = Parser(profile.limits.line_bytes, profile.limits.subnegotiation_bytes)
        self._negotiation = Negotiation(_TRACKED)
        self._out = b""
        self._client = Client(encrypted=encrypted)
        self._asked_charset = False
        self._awaits_charset = False
        self._wants_character_mode = False
        self._second = 0
        self._requests = 0
        self._stuck = False
        #: What follows a prompt: IAC EOR, IAC GA, or nothing.
        self.prompt_mark = b""
        #: Counted, also those whose event was left out.
        self.protocol_errors = 0
        for option in _ASKED_FOR:
            self._out += self._negotiation.wish(Side.REMOTE, option, True)
        for option in _OFFERED if profile.status is None else (*_OFFERED, Option.MSSP):
            self._out += self._negotiation.wish(Side.LOCAL, option, True)

    @property
    def capabilities(self) -> Capabilities:
        """What is known of the client now."""
        return self._client.capabilities

    @property
    def knows_telnet(self) -> bool:
        """Whether the client has sent any telnet command."""
        return self._client.knows_telnet

    # -- in ---------------------------------------------------------------

    def receive_data(self, data: bytes) -> list[Event]:
        """Take the bytes of one read, of any size; returns their events. Never raises for what is in them."""
        text = self._parser.whole_line(data)
        if text is not None:
            return [LineReceived(text)]
        events: list[Event] = []
        self._take(self._parser.receive(data), events)
        return events

    def tick(self) -> list[Event]:
        """Call every some seconds: a subnegotiation that spans two calls is given up."""
        if not self._parser.in_subnegotiation:
            self._stuck = False
            return []
        if not self._stuck:
            self._stuck = True
            return []
        events: list[Event] = []
        self._take(self._parser.abandon_subnegotiation(), events)
        return events

    def _take(self, tokens: list[Token], events: list[Event]) -> None:
        for token in tokens:
            known = self._client.capabilities
            if type(token) is bytes:
                text, charset = decode_line(token, self._client.input_charset)
                self._client.typed(charset)
                self._tell_capabilities(known, events)
                events.append(LineReceived(text))
            else:
                self._take_telnet(token, events)
                self._tell_capabilities(known, events)

    def _take_telnet(self, token: Token, events: list[Event]) -> None:
        if isinstance(token, LineTooLong):
            events.append(LineRefused("The line is too long; none of it was taken.", token.limit))
            return
        if isinstance(token, Violation):
            self._stuck = False
            self._violated(token.what, events)
            return
        if not self._client.knows_telnet:
            self._client.speaks_telnet()
            self._update_prompt_mark()
        if isinstance(token, NegotiationSeen):
            self._on_negotiation(token.command, token.option, events)
        elif isinstance(token, SubnegotiationSeen):
            self._stuck = False
            self._on_subnegotiation(token.option, token.payload, events)
        elif isinstance(token, CommandSeen) and token.code == Command.AYT and self._is_within_rate(events):
            self._out += _HERE
            events.append(PingReceived())

    def _tell_capabilities(self, before: Capabilities, events: list[Event]) -> None:
        after = self._client.capabilities
        if after is not before and after != before:
            events.append(CapabilitiesChanged(after))

    def _violated(self, what: str, events: list[Event]) -> None:
        self.protocol_errors += 1
        events.append(ProtocolViolated(what))

    def _is_within_rate(self, events: list[Event]) -> bool:
        """Count a request that makes us answer. The first one too many in a second is reported, once."""
        second = int(self._profile.clock())
        if second != self._second:
            self._second, self._requests = second, 0
        self._requests += 1
        limit = self._profile.limits.negotiations_per_second
        if self._requests == limit + 1:
            self._violated(f"more than {limit} negotiations in a second", events)
        elif self._requests > limit:
            self.protocol_errors += 1
        return self._requests <= limit

    @property
    def is_in_subnegotiation(self) -> bool:
        """Whether a subnegotiation has begun and not ended: then `tick` matters."""
        return self._parser.in_subnegotiation

    # -- options ----------------------------------------------------------

    def _on_negotiation(self, command: int, option: int, events: list[Event]) -> None:
        if not self._is_within_rate(events):
            return
        if option == Option.TIMING_MARK and command == Command.DO:
            self._out += _TIMING_MARK  # RFC 860: it has no state, each request is answered
            return
        if option == Option.ECHO and command == Command.DO:
            self._refuse_character_mode()
        outcome = self._negotiation.receive(command, option, agree=self._agrees(command, option))
        self._out += outcome.answer
        if outcome.changed:
            events.append(Negotiated(option_name(option), outcome.side.value, outcome.enabled))
            self._apply(option, outcome)

    def _agrees(self, command: int, option: int) -> bool:
        if command == Command.WILL:
            return option in _AGREED_REMOTE
        if option == Option.SGA:
            return not self._wants_character_mode
        if option == Option.MSSP:
            return self._profile.status is not None
        return option in _AGREED_LOCAL

    def _refuse_character_mode(self) -> None:
        if self._negotiation.state(Side.LOCAL, Option.ECHO) is QState.NO:
            self._wants_character_mode = True
            self._out += self._negotiation.wish(Side.LOCAL, Option.SGA, False)

    def _apply(self, option: int, outcome: Outcome) -> None:
        """Do what follows from an option that went on or off."""
        if option in (Option.EOR, Option.SGA):
            self._update_prompt_mark()
        elif option == Option.GMCP:
            self._client.takes_gmcp(outcome.enabled)
        elif option == Option.TTYPE:
            self._client.forget_types()  # DONT TTYPE resets the cycle, and a new WILL begins one
            if outcome.enabled:
                self._out += subnegotiation(Option.TTYPE, ASK_TTYPE)
        elif outcome.enabled:
            if option == Option.NEW_ENVIRON:
                self._out += subnegotiation(Option.NEW_ENVIRON, ASK_ENVIRON)
            elif option == Option.CHARSET and not self._asked_charset:
                self._asked_charset = self._awaits_charset = True
                self._out += subnegotiation(Option.CHARSET, ASK_CHARSET)
            elif option == Option.MSSP and self._profile.status is not None:
                self._out += subnegotiation(Option.MSSP, mssp_payload(self._profile.status()))

    def _update_prompt_mark(self) -> None:
        if self._negotiation.is_enabled(Side.LOCAL, Option.EOR):
            self.prompt_mark = _END_OF_RECORD
        elif self.knows_telnet and not self._negotiation.is_enabled(Side.LOCAL, Option.SGA):
            self.prompt_mark = _GO_AHEAD
        else:
            self.prompt_mark = b""

    # -- subnegotiations --------------------------------------------------

    def _on_subnegotiation(self, option: int, payload: bytes, events: list[Event]) -> None:
        handler = _SUBNEGOTIATIONS.get(option)
        sides = (Side.LOCAL, Side.REMOTE)
        if handler is None or not any(self._negotiation.is_enabled(side, option) for side in sides):
            self._violated(f"a subnegotiation of {option_name(option)}, which was not agreed", events)
        elif option == Option.GMCP or self._is_within_rate(events):
            try:
                handler(self, payload, events)
            except MalformedError as error:
                self._violated(str(error), events)

    def _on_window_size(self, payload: bytes, events: list[Event]) -> None:
        self._client.has_size(*window_size(payload))

    def _on_terminal_type(self, payload: bytes, events: list[Event]) -> None:
        if self._client.has_type(terminal_type(payload)):
            self._out += subnegotiation(Option.TTYPE, ASK_TTYPE)

    def _on_charset(self, payload: bytes, events: list[Event]) -> None:
        code = payload[0] if payload else None
        if code == CharsetCode.REQUEST:
            # RFC 2066: on a collision the server rejects the client's request and the client answers ours.
            offer = None if self._awaits_charset else charset_offered(payload)
            name, charset = offer if offer is not None else (None, None)
            self._out += subnegotiation(Option.CHARSET, charset_answer(name))
            self._client.agreed_charset(charset)
        elif code == CharsetCode.ACCEPTED:
            self._awaits_charset = False
            self._client.agreed_charset(charset_named(payload[1:].decode("latin-1")))
        elif code == CharsetCode.REJECTED:
            self._awaits_charset = False
        elif code == CharsetCode.TTABLE_IS:
            self._out += subnegotiation(Option.CHARSET, bytes((CharsetCode.TTABLE_REJECTED,)))
        else:
            raise MalformedError("CHARSET came without a request or an answer")

    def _on_environ(self, payload: bytes, events: list[Event]) -> None:
        variables = environ_variables(payload)
        self._client.has_variables(variables)
        if shown := variables.get(RESUME_VARIABLE):
            # As a GMCP client would say it.
            token, _, following = shown.partition(" ")
            value = {"token": token, "next": following} if following else {"token": token}
            events.append(DataReceived("Wyld.Resume", value))

    def _on_gmcp(self, payload: bytes, events: list[Event]) -> None:
        package, value = gmcp_message(payload)
        name = package.lower()
        if name == "core.ping":
            self._out += self.data_frame("Core.Ping", None)
            events.append(PingReceived())
            return
        if name == "core.hello" and isinstance(value, dict):
            self._client.says_hello(value)
        events.append(DataReceived(package, value))

    # -- out --------------------------------------------------------------

    def data_to_send(self) -> bytes:
        """The answers that have come up since the last call."""
        out, self._out = self._out, b""
        return out

    @property
    def has_data_to_send(self) -> bool:
        """Whether `data_to_send` has anything."""
        return self._out != b""

    def set_echo(self, enabled: bool) -> None:
        """Have the client show what is typed, or not. (Telnet: not showing is "the server echoes".)"""
        self._out += self._negotiation.wish(Side.LOCAL, Option.ECHO, not enabled)

    @property
    def is_echo_hidden(self) -> bool:
        """Whether the client has been told to show nothing, whether or not it has confirmed that."""
        state = self._negotiation.state(Side.LOCAL, Option.ECHO)
        return state in (QState.YES, QState.WANT_YES, QState.WANT_NO_OPPOSITE)

    def data_frame(self, package: str, value: object) -> bytes:
        """A GMCP message for the wire; nothing if the client has not agreed to GMCP."""
        if not self._negotiation.is_enabled(Side.LOCAL, Option.GMCP):
            return b""
        return subnegotiation(Option.GMCP, gmcp_payload(package, value))


_Handler = Callable[[TelnetCodec, bytes, list[Event]], None]
_SUBNEGOTIATIONS: Final[dict[int, _Handler]] = {
    Option.NAWS: TelnetCodec._on_window_size,
    Option.TTYPE: TelnetCodec._on_terminal_type,
    Option.CHARSET: TelnetCodec._on_charset,
    Option.NEW_ENVIRON: TelnetCodec._on_environ,
    Option.GMCP: TelnetCodec._on_gmcp,
}
