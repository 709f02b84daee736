"""The JSON subprotocol "json.wyld-actors": what a text message means, in both directions.

Client to server, one JSON object in a text message, `t` names the kind:

    {"t":"line","n":7,"text":"look"}             a typed line; `n` is the client's own number, optional
    {"t":"ping","at":1234.5}                     the page's heartbeat, answered by a pong with the same `at`
    {"t":"hello","columns":80,"rows":24}         the size of the page; "client", "version" and "id" optional,
                                                 and "resume" and "seen" to go on with an earlier session
                                                 "next" with it is the secret of the token after that one,
                                                 made by the client
    {"t":"seen","n":31}                          all output up to this number is on the page
    {"t":"data","package":"Core.Ping","value":0} out-of-band data; "value" optional

Server to client, one JSON array of objects in a text message, everything of one turn of the loop:

    {"t":"text","spans":[["room","The Inn\\n"],["",...]]}   styled text; a line ends only where "\\n" stands
    {"t":"prompt","spans":[...]}                 what to show beside the input, replaces the one before
    {"t":"echo","on":false}                      a password follows: mask the input, keep nothing
    {"t":"status","world":"up"}                  the gateway's link to the world: "up" or "away"
    {"t":"ack","n":7}                            every line up to this number has been taken
    {"t":"taken","n":7}                          the same of earlier connections: the answer to an "id"
    {"t":"done","n":7}                           every line up to this number is saved: forget them
    {"t":"seq","n":31}                           the output of this message goes up to this number
    {"t":"token","token":...,"seconds":900}      what "resume" is to be, next time
    {"t":"resumed","seen":31,"missed":0}         it goes on; so many outputs are gone, the rest follows
    {"t":"resume-failed","reason":...,"message":...,"again":false}   it does not; or not yet, if "again"
    {"t":"pong","at":1234.5}                     the answer to a ping
    {"t":"data","package":...,"value":...}       out-of-band data
    {"t":"error","code":...,"message":...}       what was wrong with a message, in words; "n" where it had one
    {"t":"bye","reason":...,"again":false}       the connection ends; `again`: whether to come back by itself

Styles are the names of `transports.markup`, nested ones joined by spaces. A client ignores kinds it does not
know. Everything here is pure; a message that cannot be understood gives a `Refusal`, never an exception.
docs/web-protocol.md tells the same story to authors of clients.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, Struct

__all__ = [
    "ClientMessage",
    "Data",
    "Hello",
    "Line",
    "Ping",
    "Refusal",
    "RefusalCode",
    "Seen",
    "acknowledgement",
    "bye",
    "clean",
    "data",
    "decode",
    "done",
    "echo",
    "error",
    "join",
    "pong",
    "prompt",
    "resume_failed",
    "resumed",
    "sequence",
    "status",
    "taken",
    "text",
    "token",
]

# 2^53: the largest whole number a JavaScript number holds exactly.
_NUMBER_LIMIT = 9_007_199_254_740_992
_NAME_LIMIT = 64
# A secret name of a client: 16 letters of base 64 are 96 bits, which nobody guesses.
_SECRET_LEAST = 16
# A token that lets a client go on with its session takes 56 letters; more is none.
_TOKEN_LIMIT = 256
# A secret that the client makes for its next token: 32 bytes in URL-safe base 64 without padding. The last of
# its letters holds four bits.
_NEXT = re.compile("[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
# Data under this name is between the transport and the session, and never a client's to send.
_RESERVED = "session."
# A window wider than this is a mistake; what is rendered for it would be one long line.
_COLUMNS_LIMIT = 500

_Number: TypeAlias = Annotated[int, Meta(ge=0, le=_NUMBER_LIMIT)]
_Name: TypeAlias = Annotated[str, Meta(max_length=_NAME_LIMIT)]
_Secret: TypeAlias = Annotated[str, Meta(min_length=_SECRET_LEAST, max_length=_NAME_LIMIT)]
_Token: TypeAlias = Annotated[str, Meta(min_length=1, max_length=_TOKEN_LIMIT)]
_Size: TypeAlias = Annotated[int, Meta(ge=1, le=_COLUMNS_LIMIT)]

# C0 and C1 control characters and DEL. Line separators within a line become spaces with them.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Line(Struct, frozen=True, tag="line", tag_field="t"):
    text: str
    n: _Number | None = None


class Ping(Struct, frozen=True, tag="ping", tag_field="t"):
    at: int | float = 0


class Hello(Struct, frozen=True, tag="hello", tag_field="t"):
    columns: _Size = 80
    rows: _Size = 24
    client: _Name = ""
    version: _Name = ""
    id: _Secret | None = None
    resume: _Token | None = None
    seen: _Number = 0
    next: str | None = None

    # There are secrets in it.
    def __repr__(self) -> str:
        return f"Hello({self.columns} by {self.rows}, client={self.client!r}, version={self.version!r})"


class Seen(Struct, frozen=True, tag="seen", tag_field="t"):
    n: _Number


class Data(Struct, frozen=True, tag="data", tag_field="t"):
    package: _Name
    value: Any = None


_WRONG_NEXT = (
    "The next secret is to be 32 random bytes as URL-safe base64 without padding, which is 43 letters. "
    "Nothing of this hello was taken, and no token was used."
)


class RefusalCode:
    """Why a message was not taken; the `code` of an error object."""

    BAD_JSON = "bad-json"
    BAD_MESSAGE = "bad-message"
    LINE_TOO_LONG = "line-too-long"
    BINARY = "binary-not-expected"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that was not taken. `message` explains; `number` is the line's, if it had one."""

    code: str
    message: str
    number: int | None = None


ClientMessage: TypeAlias = Line | Ping | Hello | Seen | Data
_decoder = msgspec.json.Decoder(ClientMessage)
# Values of ours that JSON does not know are sent as their text rather than not at all.
_encoder = msgspec.json.Encoder(enc_hook=str)


def decode(message: str, line_limit_bytes: int) -> ClientMessage | Refusal:
    """Read one client message. The text of a `Line` comes without control characters."""
    try:
        read: ClientMessage = _decoder.decode(message)
    except msgspec.ValidationError as problem:
        return Refusal(RefusalCode.BAD_MESSAGE, f"This message has the wrong shape: {problem}.")
    except (msgspec.DecodeError, RecursionError, UnicodeError) as problem:
        return Refusal(RefusalCode.BAD_JSON, f"This message is not JSON: {problem}.")
    if isinstance(read, Line):
        return _checked(read, line_limit_bytes)
    if isinstance(read, Hello) and read.next is not None and not _NEXT.fullmatch(read.next):
        return Refusal(RefusalCode.BAD_MESSAGE, _WRONG_NEXT)
    if isinstance(read, Data) and read.package.lower().startswith(_RESERVED):
        explanation = f"Data named {_RESERVED}… is not for clients to send: say hello with resume, or seen."
        return Refusal(RefusalCode.BAD_MESSAGE, explanation)
    return read


def _checked(line: Line, limit_bytes: int) -> Line | Refusal:
    if len(line.text.encode()) > limit_bytes:
        explanation = f"This line was not taken: it is longer than {limit_bytes} bytes."
        return Refusal(RefusalCode.LINE_TOO_LONG, explanation, line.n)
    cleaned = clean(line.text)
    return line if cleaned is line.text else Line(cleaned, line.n)


def clean(text: str) -> str:
    """The text with a space for every control character; the very same object if there is none."""
    return text if text.isprintable() else _CONTROL.sub(" ", text)


# Server to client: each function gives one object, `join` the message.


def join(fragments: list[bytes]) -> bytes:
    return b"[" + b",".join(fragments) + b"]"


def text(spans: list[tuple[str, str]]) -> bytes:
    try:
        encoded = _encoder.encode(spans)
    except UnicodeEncodeError:  # half a surrogate pair: no UTF-8 can carry it
        encoded = _encoder.encode([(_whole(style), _whole(piece)) for style, piece in spans])
    return _TEXT + encoded + b"}"


# `text` objects begin like this, so that an encoded text can become a prompt without decoding it.
_TEXT = b'{"t":"text","spans":'
_PROMPT = b'{"t":"prompt","spans":'


def prompt(encoded: bytes) -> bytes:
    """Make a prompt of an encoded text."""
    return _PROMPT + encoded[len(_TEXT) :] if encoded.startswith(_TEXT) else encoded


def echo(enabled: bool) -> bytes:
    return b'{"t":"echo","on":true}' if enabled else b'{"t":"echo","on":false}'


def acknowledgement(number: int) -> bytes:
    return b'{"t":"ack","n":%d}' % number


def taken(number: int) -> bytes:
    return b'{"t":"taken","n":%d}' % number


def done(number: int) -> bytes:
    return b'{"t":"done","n":%d}' % number


def sequence(number: int) -> bytes:
    return b'{"t":"seq","n":%d}' % number


def token(fields: Mapping[str, object]) -> bytes:
    return _encode({**fields, "t": "token"})


def resumed(fields: Mapping[str, object]) -> bytes:
    return _encode({**fields, "t": "resumed"})


def resume_failed(fields: Mapping[str, object]) -> bytes:
    return _encode({**fields, "t": "resume-failed"})


def pong(at: int | float) -> bytes:
    return b'{"t":"pong","at":' + _encode(at) + b"}"


def data(package: str, value: object) -> bytes:
    """Raises what msgspec raises for values that JSON cannot hold (cycles, half surrogate pairs)."""
    return _encode({"t": "data", "package": package, "value": value})


def status(fields: dict[str, object]) -> bytes:
    return _encode({**fields, "t": "status"})


def error(refusal: Refusal) -> bytes:
    fields: dict[str, object] = {"t": "error", "code": refusal.code, "message": refusal.message}
    if refusal.number is not None:
        fields["n"] = refusal.number
    return _encode(fields)


def bye(reason: str, *, again: bool) -> bytes:
    return _encode({"t": "bye", "reason": _whole(reason), "again": again})


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _encode(value: object) -> bytes:
    return _encoder.encode(value)
