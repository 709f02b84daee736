"""What is inside a subnegotiation: payload bytes to values and back, one pair of functions for each option.

A payload that cannot be understood raises `MalformedError`, which the codec turns into an event. Values
from the client are cut to a sane length and cleaned of control characters; they stay untrusted (RFC 1572).
Sources: RFC 1073 (NAWS), 1091 (TTYPE), 1572 (NEW-ENVIRON), 2066 (CHARSET), and the MTTS, MSSP and GMCP
pages. Not implemented: translation tables (RFC 2066 TTABLE), which no client in use has.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from transports.adapter import Charset
from transports.telnet.commands import CharsetCode, EnvironCode, MsspCode, TtypeCode
from transports.telnet.errors import MalformedError

__all__ = [
    "ASK_CHARSET",
    "ASK_ENVIRON",
    "ASK_TTYPE",
    "Status",
    "charset_answer",
    "charset_named",
    "charset_offered",
    "environ_variables",
    "gmcp_message",
    "gmcp_payload",
    "mssp_payload",
    "terminal_type",
    "window_size",
]

Status: TypeAlias = Mapping[str, str | int | Sequence[str | int]]
"""MSSP variables: name in capitals to a value, or to several, the most important last."""

ASK_TTYPE: Final = bytes((TtypeCode.SEND,))
ASK_CHARSET: Final = bytes((CharsetCode.REQUEST,)) + b";UTF-8;ISO-8859-1;US-ASCII"

_VAR, _VALUE, _ESC, _USERVAR = 0, 1, 2, 3
# All variables of both kinds: Mudlet has its own as USERVAR unless MNES is on, MNES wants VAR.
ASK_ENVIRON: Final = bytes((EnvironCode.SEND, _VAR, _USERVAR))

# A name or value: longer than any terminal's or client's name, and than a token to come back with and the
# secret of the next; the rest is cut off.
_NAME_LIMIT = 128
# Variables in one message: Mudlet has about 20.
_VARIABLES_LIMIT = 64

# The sizes of screens that are believed; beyond them a client is mistaken or plays tricks.
_COLUMNS, _ROWS = (20, 500), (5, 500)

_UNPRINTABLE = re.compile("[^\x20-\x7e]")
_GMCP_PACKAGE = re.compile(rb"[A-Za-z][A-Za-z0-9_.\-]*")
_MSSP_FORBIDDEN = re.compile("[\x00\x01\x02\xff]")
_ENVIRON_MARK = re.compile(rb"\x02(.)|([\x00\x01\x03])", re.DOTALL)

_CHARSETS: Final[dict[str, Charset]] = {
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "ISO-8859-1": "latin-1",
    "ISO8859-1": "latin-1",
    "ISO_8859-1": "latin-1",
    "LATIN1": "latin-1",
    "LATIN-1": "latin-1",
    "US-ASCII": "ascii",
    "ASCII": "ascii",
    "ANSI_X3.4-1968": "ascii",
}


def window_size(payload: bytes) -> tuple[int | None, int | None]:
    """NAWS: columns and rows within sane bounds; None for one the client left open (0)."""
    if len(payload) != 4:
        raise MalformedError(f"NAWS has {len(payload)} bytes, expected 4")
    columns, rows = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:], "big")
    return _within(columns, _COLUMNS), _within(rows, _ROWS)


def terminal_type(payload: bytes) -> str:
    """TTYPE IS: the name."""
    if payload[:1] != bytes((TtypeCode.IS,)):
        raise MalformedError("TTYPE came without IS")
    return _name(payload[1:])


def charset_named(name: str) -> Charset | None:
    """The charset of this name, in any of its spellings; None for one we do not have."""
    return _CHARSETS.get(name.strip().upper())


def charset_offered(payload: bytes) -> tuple[str, Charset] | None:
    """CHARSET REQUEST: the best one of ours the client offers, by its name for it; None without one."""
    offers = payload[1:]
    if offers.startswith(b"[TTABLE]"):
        offers = offers[9:]  # the word and a version byte
    if not offers:
        raise MalformedError("CHARSET REQUEST offers nothing")
    # RFC 2066: the first byte of the list is its separator.
    names = [name.decode("latin-1") for name in offers[1:].split(offers[:1])]
    known = {charset: name for name in reversed(names) if (charset := charset_named(name)) is not None}
    order: tuple[Charset, ...] = ("utf-8", "latin-1", "ascii")
    return next(((known[charset], charset) for charset in order if charset in known), None)


def charset_answer(name: str | None) -> bytes:
    """The payload for ACCEPTED name, or for REJECTED."""
    if name is None:
        return bytes((CharsetCode.REJECTED,))
    return bytes((CharsetCode.ACCEPTED,)) + name.encode("latin-1")


def environ_variables(payload: bytes) -> dict[str, str]:
    """NEW-ENVIRON IS or INFO: names to values, VAR and USERVAR alike; an undefined variable is left out."""
    if payload[:1] not in (bytes((EnvironCode.IS,)), bytes((EnvironCode.INFO,))):
        raise MalformedError("NEW-ENVIRON came without IS or INFO")
    variables: dict[str, str] = {}
    name: str | None = None
    for mark, text in _environ_parts(payload[1:]):
        if mark == _VALUE:
            if name is None:
                raise MalformedError("NEW-ENVIRON has a value without a variable")
            variables[name] = _name(text)
        else:
            name = _name(text)
        if len(variables) > _VARIABLES_LIMIT:
            raise MalformedError(f"NEW-ENVIRON has more than {_VARIABLES_LIMIT} variables")
    return variables


def _environ_parts(body: bytes) -> list[tuple[int, bytes]]:
    parts: list[tuple[int, bytes]] = []
    text = bytearray()
    mark: int | None = None
    position = 0
    for found in _ENVIRON_MARK.finditer(body):
        text += body[position : found.start()]
        position = found.end()
        if found[1] is not None:
            text += found[1]
            continue
        if mark is not None:
            parts.append((mark, bytes(text)))
        text.clear()
        mark = found[2][0]
    if mark is not None:
        parts.append((mark, bytes(text + body[position:])))
    elif body:
        raise MalformedError("NEW-ENVIRON does not begin with a variable")
    return parts


def gmcp_message(payload: bytes) -> tuple[str, object]:
    """GMCP: the package name and the value, None if there is none."""
    package, _, body = payload.partition(b" ")
    if not _GMCP_PACKAGE.fullmatch(package):
        raise MalformedError("GMCP without a package name")
    body = body.strip()
    if not body:
        return package.decode("ascii"), None
    try:
        return package.decode("ascii"), msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MalformedError(f"GMCP {package.decode('ascii')[:_NAME_LIMIT]}: {error}") from error


def gmcp_payload(package: str, value: object) -> bytes:
    """The payload of a GMCP message; no space behind the package when there is no value."""
    name = package.encode("ascii")
    return name if value is None else name + b" " + msgspec.json.encode(value)


def mssp_payload(status: Status) -> bytes:
    """The payload of the MSSP answer."""
    payload = bytearray()
    for name, given in status.items():
        values = (given,) if isinstance(given, str | int) else given
        payload += bytes((MsspCode.VAR,)) + _mssp_text(name)
        for value in values:
            payload += bytes((MsspCode.VAL,)) + _mssp_text(str(value))
    return bytes(payload)


def _mssp_text(text: str) -> bytes:
    return _MSSP_FORBIDDEN.sub("", text).encode("utf-8", errors="replace")


def _within(size: int, bounds: tuple[int, int]) -> int | None:
    return None if size == 0 else max(bounds[0], min(bounds[1], size))


def _name(raw: bytes) -> str:
    return _UNPRINTABLE.sub("", raw[:_NAME_LIMIT].decode("latin-1")).strip()
