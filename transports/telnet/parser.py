"""Bytes in, tokens out: one incremental parser for the telnet stream and the lines in it.

The idea is libtelnet's: one state at a time, each with a name and a handler. There are two layers in one
table. The text states cut lines; the telnet states interrupt them anywhere, even between CR and LF, and
afterwards the text goes on where it was (`_text_state`). So telnet is taken out *before* lines are cut (a
server that does it the other way round makes `password CR LF IAC DONT ECHO` into a line too many).

Invariants: every byte sequence is taken without an exception; any split of it gives the same tokens; what is
kept never exceeds the two limits.

Line ends: CR LF, CR NUL, LF, CR, and LF CR. Control characters and escape sequences never get into a line;
TAB becomes a space; BS and DEL take the last character away, as do the commands EC, and EL (also IP, BRK
and ABORT, which clients send for an interrupt key) the whole line. A line over the limit is refused when
its first byte too many arrives, and the rest of it swallowed. A subnegotiation over the limit is dropped
likewise; one that never ends is given up by `abandon_subnegotiation`, which the driver calls after a while.

Sources: RFC 854, 855, 885, 1123 3.3.1 (line ends), ECMA-48 5.4 (escape sequences).
"""

import re
from collections.abc import Callable
from enum import IntEnum, auto
from typing import Final, TypeAlias

import msgspec

from transports.telnet.commands import Command, command_name, option_name

__all__ = [
    "CommandSeen",
    "LineTooLong",
    "NegotiationSeen",
    "Parser",
    "State",
    "SubnegotiationSeen",
    "Token",
    "Violation",
]


class CommandSeen(msgspec.Struct, frozen=True):
    """A command without an option: AYT, NOP, GA and so on."""

    code: int


class NegotiationSeen(msgspec.Struct, frozen=True):
    """WILL, WONT, DO or DONT of an option."""

    command: int
    option: int


class SubnegotiationSeen(msgspec.Struct, frozen=True):
    """A whole subnegotiation, 0xFF no longer doubled."""

    option: int
    payload: bytes


class LineTooLong(msgspec.Struct, frozen=True):
    """A line passed the limit and was dropped as a whole."""

    limit: int


class Violation(msgspec.Struct, frozen=True):
    """Something no telnet client should send."""

    what: str


# A line is its plain bytes: the one token that is frequent.
Token: TypeAlias = bytes | CommandSeen | NegotiationSeen | SubnegotiationSeen | LineTooLong | Violation


class State(IntEnum):
    """Where in the stream the parser is."""

    # text
    TEXT = 0
    AFTER_CR = auto()
    AFTER_LF = auto()
    ESCAPE = auto()
    CONTROL_SEQUENCE = auto()
    SINGLE_SHIFT = auto()
    CONTROL_STRING = auto()
    CONTROL_STRING_ESCAPE = auto()
    # telnet
    COMMAND = auto()
    OPTION = auto()
    SUBNEGOTIATION_OPTION = auto()
    SUBNEGOTIATION = auto()
    SUBNEGOTIATION_COMMAND = auto()


_TEXT: Final = State.TEXT
_BS, _TAB, _LF, _CR, _CAN, _SUB, _ESC, _DEL, _NUL, _BEL = 8, 9, 10, 13, 24, 26, 27, 127, 0, 7
_IAC: Final = int(Command.IAC)
_SE: Final = int(Command.SE)
_SB: Final = int(Command.SB)
_FIRST_COMMAND: Final = int(Command.EOF)
_NEGOTIATIONS: Final = frozenset((Command.WILL, Command.WONT, Command.DO, Command.DONT))
_LINE_KILLERS: Final = frozenset((Command.EL, Command.IP, Command.BRK, Command.ABORT))
_LINE_ENDS: Final = frozenset((_CR, _LF))
_ERASERS: Final = frozenset((_BS, _DEL))

# What ends a run of ordinary text, and a run of a control string.
_SPECIAL = re.compile(rb"[\x00-\x1f\x7f\xff]")
_STRING_SPECIAL = re.compile(rb"[\x07\x0a\x0d\x18\x1a\x1b\xff]")
# ESC followed by one of these opens a control string (DCS, SOS, OSC, PM, APC), ended by BEL or ESC \.
_STRING_OPENERS: Final = frozenset(b"PX]^_")
# One well-formed UTF-8 character of several bytes at the very end.
_LAST_CHARACTER = re.compile(
    rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2})[\x80-\xbf]\Z"
)


class Parser:
    """See the module. Both limits are in bytes, of what the client meant: after un-doubling and editing."""

    __slots__ = (
        "_command",
        "_data",
        "_line",
        "_line_limit",
        "_payload",
        "_payload_limit",
        "_skipping_line",
        "_state",
        "_text_state",
    )

    def __init__(self, line_limit: int, subnegotiation_limit: int) -> None:
        self._line_limit = line_limit
        self._payload_limit = subnegotiation_limit
        self._state = State.TEXT
        self._text_state = State.TEXT
        # Both buffers are made when the first byte comes and given back with the last: an idle client has
        # none.
        self._line: bytearray | None = None
        self._skipping_line = False
        self._command = 0
        self._payload: bytearray | None = None

    @property
    def in_subnegotiation(self) -> bool:
        """Whether a subnegotiation has begun and not ended."""
        return self._state in _IN_SUBNEGOTIATION

    def whole_line(self, data: bytes) -> str | None:
        """The fast path: the text, if `data` is exactly one line of printable ASCII and nothing is pending.

        Otherwise None, and nothing has been taken: give the same bytes to `receive`.
        """
        # isprintable() on ASCII is 0x20-0x7E: it excludes every control character and, with isascii(), IAC.
        if self._state is not _TEXT or self._line is not None or self._skipping_line:
            return None
        if data[-2:] != b"\r\n" or len(data) - 2 > self._line_limit or not data.isascii():
            return None
        text = data[:-2].decode("ascii")
        return text if text.isprintable() else None

    def receive(self, data: bytes) -> list[Token]:
        """Take the bytes of one read and return the tokens they complete."""
        tokens: list[Token] = []
        position, end = 0, len(data)
        while position < end:
            position = _HANDLERS[self._state](self, data, position, tokens)
        return tokens

    def abandon_subnegotiation(self) -> list[Token]:
        """Give up a subnegotiation that does not end, so that the player's lines get through again."""
        if not self.in_subnegotiation:
            return []
        self._leave_subnegotiation()
        self._state = self._text_state
        return [Violation("a subnegotiation did not end")]

    # -- text ------------------------------------------------------------

    def _on_text(self, data: bytes, position: int, tokens: list[Token]) -> int:
        special = _SPECIAL.search(data, position)
        if special is None:
            self._append(data[position:], tokens)
            return len(data)
        at = special.start()
        if at > position:
            self._append(data[position:at], tokens)
        byte = data[at]
        if byte in _LINE_ENDS:
            self._end_line(byte, tokens)
            if byte == _CR and data[at + 1 : at + 2] == b"\n":
                self._go(State.TEXT)
                return at + 2
        elif byte == _IAC:
            self._enter_command()
        elif byte in _ERASERS:
            self._erase_character()
        elif byte == _ESC:
            self._go(State.ESCAPE)
        elif byte == _TAB:
            self._append(b" ", tokens)
        return at + 1

    def _after_cr(self, data: bytes, position: int, tokens: list[Token]) -> int:
        return self._after_line_end(data, position, (_LF, _NUL))

    def _after_lf(self, data: bytes, position: int, tokens: list[Token]) -> int:
        return self._after_line_end(data, position, (_CR,))

    def _after_line_end(self, data: bytes, position: int, second_halves: tuple[int, ...]) -> int:
        if data[position] == _IAC:
            self._enter_command()
            return position + 1
        self._go(State.TEXT)
        return position + 1 if data[position] in second_halves else position

    def _on_escape(self, data: bytes, position: int, tokens: list[Token]) -> int:
        byte = data[position]
        if byte == ord("["):
            self._go(State.CONTROL_SEQUENCE)
        elif byte == ord("O"):
            self._go(State.SINGLE_SHIFT)
        elif byte in _STRING_OPENERS:
            self._go(State.CONTROL_STRING)
        elif byte == _IAC:
            self._enter_command()
        elif not 0x20 <= byte <= 0x2F:  # an intermediate byte: the sequence goes on
            self._go(State.TEXT)
            if not 0x30 <= byte <= 0x7E:
                return position  # no escape sequence: only the ESC is dropped
        return position + 1

    def _on_control_sequence(self, data: bytes, position: int, tokens: list[Token]) -> int:
        byte = data[position]
        if byte == _IAC:
            self._enter_command()
        elif not 0x20 <= byte <= 0x3F:
            self._go(State.TEXT)
            if not 0x40 <= byte <= 0x7E:
                return position  # broken off, by a line end for instance
        return position + 1

    def _on_single_shift(self, data: bytes, position: int, tokens: list[Token]) -> int:
        byte = data[position]
        if byte == _IAC:
            self._enter_command()
            return position + 1
        self._go(State.TEXT)
        return position + 1 if 0x20 <= byte <= 0x7E else position

    def _on_control_string(self, data: bytes, position: int, tokens: list[Token]) -> int:
        special = _STRING_SPECIAL.search(data, position)
        if special is None:
            return len(data)
        at = special.start()
        byte = data[at]
        if byte == _IAC:
            self._enter_command()
        elif byte == _ESC:
            self._go(State.CONTROL_STRING_ESCAPE)
        else:
            self._go(State.TEXT)
            if byte in _LINE_ENDS:
                return at
        return at + 1

    def _on_control_string_escape(self, data: bytes, position: int, tokens: list[Token]) -> int:
        if data[position] == ord("\\"):
            self._go(State.TEXT)
            return position + 1
        self._go(State.ESCAPE)  # an ESC ends the string anyway and may begin something else
        return position

    def _append(self, text: bytes, tokens: list[Token]) -> None:
        if self._skipping_line:
            return
        if self._line is None:
            self._line = bytearray(text)
        else:
            self._line += text
        if len(self._line) > self._line_limit:
            self._line = None
            self._skipping_line = True
            tokens.append(LineTooLong(self._line_limit))

    def _end_line(self, byte: int, tokens: list[Token]) -> None:
        if self._skipping_line:
            self._skipping_line = False
        else:
            tokens.append(b"" if self._line is None else bytes(self._line))
        self._line = None
        self._go(State.AFTER_CR if byte == _CR else State.AFTER_LF)

    def _erase_character(self) -> None:
        if self._line:
            last = _LAST_CHARACTER.search(self._line[-4:])
            del self._line[-len(last[0]) if last else -1 :]

    def _go(self, state: State) -> None:
        self._state = self._text_state = state

    # -- telnet ------------------------------------------------------------

    def _enter_command(self) -> None:
        self._state = State.COMMAND

    def _on_command(self, data: bytes, position: int, tokens: list[Token]) -> int:
        code = data[position]
        if code in _NEGOTIATIONS:
            self._command = code
            self._state = State.OPTION
        elif code == _SB:
            self._state = State.SUBNEGOTIATION_OPTION
        elif code == _IAC:
            self._take_data_byte(tokens)
        elif code < _FIRST_COMMAND:
            # An IAC that nobody doubled: the byte behind it is the player's, a line end perhaps.
            self._state = self._text_state
            tokens.append(Violation(f"IAC was followed by {code}, which is no command"))
            return position
        else:
            self._state = self._text_state
            self._obey(code, tokens)
        return position + 1

    def _obey(self, code: int, tokens: list[Token]) -> None:
        if code == _SE:
            tokens.append(Violation("IAC SE without a subnegotiation"))
            return
        if code == Command.EC:
            self._erase_character()
        elif code in _LINE_KILLERS:
            self._line = None
        tokens.append(CommandSeen(code))

    def _take_data_byte(self, tokens: list[Token]) -> None:
        """A doubled IAC: the byte 0xFF as text. Inside an escape sequence it breaks that off."""
        if self._text_state is State.CONTROL_STRING:
            self._state = self._text_state
            return
        self._go(State.TEXT)
        self._append(b"\xff", tokens)

    def _on_option(self, data: bytes, position: int, tokens: list[Token]) -> int:
        tokens.append(NegotiationSeen(self._command, data[position]))
        self._state = self._text_state
        return position + 1

    def _on_subnegotiation_option(self, data: bytes, position: int, tokens: list[Token]) -> int:
        if data[position] == _IAC:
            tokens.append(Violation("a subnegotiation named no option"))
            self._state = State.COMMAND
            return position + 1
        self._command = data[position]
        self._payload = bytearray()
        self._state = State.SUBNEGOTIATION
        return position + 1

    def _on_subnegotiation(self, data: bytes, position: int, tokens: list[Token]) -> int:
        at = data.find(b"\xff", position)
        if at < 0:
            self._append_payload(data[position:], tokens)
            return len(data)
        self._append_payload(data[position:at], tokens)
        self._state = State.SUBNEGOTIATION_COMMAND
        return at + 1

    def _on_subnegotiation_command(self, data: bytes, position: int, tokens: list[Token]) -> int:
        code = data[position]
        if code == _IAC:
            self._state = State.SUBNEGOTIATION
            self._append_payload(b"\xff", tokens)
            return position + 1
        if code == _SE:
            if self._payload is not None:
                tokens.append(SubnegotiationSeen(self._command, bytes(self._payload)))
            self._leave_subnegotiation()
            self._state = self._text_state
            return position + 1
        # libtelnet: "something else -- protocol error", then the command is taken for what it is.
        option = option_name(self._command)
        tokens.append(Violation(f"{command_name(code)} in the middle of a subnegotiation of {option}"))
        self._leave_subnegotiation()
        self._state = State.COMMAND
        return position

    def _append_payload(self, part: bytes, tokens: list[Token]) -> None:
        if self._payload is None:
            return
        self._payload += part
        if len(self._payload) > self._payload_limit:
            self._payload = None
            option = option_name(self._command)
            tokens.append(Violation(f"a subnegotiation of {option} exceeds {self._payload_limit} bytes"))

    def _leave_subnegotiation(self) -> None:
        self._payload = None


_Handler: TypeAlias = Callable[[Parser, bytes, int, list[Token]], int]

# A handler takes at least one byte, or changes the state so that the next one does; it returns how far it
# came.
_BY_STATE: Final[dict[State, _Handler]] = {
    State.TEXT: Parser._on_text,
    State.AFTER_CR: Parser._after_cr,
    State.AFTER_LF: Parser._after_lf,
    State.ESCAPE: Parser._on_escape,
    State.CONTROL_SEQUENCE: Parser._on_control_sequence,
    State.SINGLE_SHIFT: Parser._on_single_shift,
    State.CONTROL_STRING: Parser._on_control_string,
    State.CONTROL_STRING_ESCAPE: Parser._on_control_string_escape,
    State.COMMAND: Parser._on_command,
    State.OPTION: Parser._on_option,
    State.SUBNEGOTIATION_OPTION: Parser._on_subnegotiation_option,
    State.SUBNEGOTIATION: Parser._on_subnegotiation,
    State.SUBNEGOTIATION_COMMAND: Parser._on_subnegotiation_command,
}
_HANDLERS: Final[tuple[_Handler, ...]] = tuple(_BY_STATE[state] for state in State)
_IN_SUBNEGOTIATION: Final = frozenset(
    (State.SUBNEGOTIATION_OPTION, State.SUBNEGOTIATION, State.SUBNEGOTIATION_COMMAND)
)
