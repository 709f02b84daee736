"""What opens a session again: a token for programs, a code for people. Pure.

A **token** names its session and carries a secret of 256 random bits; it is written as URL-safe base64
without padding, so it fits into a JSON string, a GMCP package and an environment variable alike:

    version (1 byte) | session (8 bytes, big endian) | secret (32 bytes)

Session and version are 9 bytes, which are exactly 12 letters: who has a token and makes 32 random bytes for
the next one knows its text, and loses nothing if it is never told (`read_secret`).

A **code** is what a person can type: eight letters of Crockford's base32 ("K7QM-2XWD"), 40 random bits,
short-lived. It names no session, so it is found by its digest alone.

Only digests are stored. They need neither salt nor a slow hash: nobody has a dictionary of 256 random bits,
and a code is worth nothing by the time it could have been tried out. A code's digest is marked as one, so it
never stands for a token. There is no checksum: a token with a letter wrong is one with a wrong secret.

No secret is in a `repr`. Whatever text comes in, `read` gives a token, a code or a TokenError (`errors.py`).
"""

import binascii
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Final

import msgspec

from actors.gateway.errors import TokenError, TokenFromElsewhere, TokenMalformed, TokenTooLong
from actors.gateway.session_record import SessionId

VERSION: Final = 1
SECRET_BYTES: Final = 32
_SESSION_BYTES: Final = 8
# An epoch is below 2**31, and the database's integers are signed.
_LAST_SESSION: Final = 2**63 - 1
_TOKEN_BYTES: Final = 1 + _SESSION_BYTES + SECRET_BYTES
TOKEN_LETTERS: Final = -(-_TOKEN_BYTES * 4 // 3)
SECRET_LETTERS: Final = -(-SECRET_BYTES * 4 // 3)
# Looked at before anything is decoded. Later versions may be longer, and are to be told apart from garbage.
_LETTERS_LIMIT: Final = 4 * TOKEN_LETTERS

CODE_LETTERS: Final = 8
_CODE_BYTES: Final = 5
# Crockford's base32: no I, L, O, U. Who reads 0 as O, or 1 as I or L, is understood.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS: Final = frozenset(_ALPHABET)
_READ_AS: Final = str.maketrans("OIL", "011", "- ")
_CODE_MARK: Final = b"wyld code "

# Draws so many random bytes: `secrets.token_bytes`, but in tests.
Random = Callable[[int], bytes]


class Token(msgspec.Struct, frozen=True):
    """A token for `session`."""

    session: SessionId
    secret: bytes

    @property
    def digest(self) -> bytes:
        """What is stored of it."""
        return digest(self.secret)

    def __repr__(self) -> str:
        return f"Token(session={self.session}, secret=***)"


class Code(msgspec.Struct, frozen=True):
    """A code, without its hyphen and in capitals."""

    letters: str

    @property
    def digest(self) -> bytes:
        """What is stored of it."""
        return digest(_CODE_MARK + self.letters.encode())

    def __repr__(self) -> str:
        return "Code(***)"


def make(session: SessionId, random: Random) -> Token:
    """A new token for this session."""
    return Token(session, random(SECRET_BYTES))


def make_code(random: Random) -> Code:
    """A new code. It is for whatever session it is stored with."""
    bits = int.from_bytes(random(_CODE_BYTES), "big")
    return Code("".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(CODE_LETTERS))))


def encode(token: Token) -> str:
    """The token as its client keeps it."""
    raw = bytes([VERSION]) + token.session.to_bytes(_SESSION_BYTES, "big") + token.secret
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def encode_code(code: Code) -> str:
    """The code as it is shown: "K7QM-2XWD"."""
    half = CODE_LETTERS // 2
    return f"{code.letters[:half]}-{code.letters[half:]}"


def decode(text: str) -> Token:
    """The token that `text` is. Raises a TokenError."""
    if len(text) > _LETTERS_LIMIT:
        raise TokenTooLong(len(text), TOKEN_LETTERS)
    raw = _from_base64(text)
    if raw and raw[0] != VERSION:
        raise TokenFromElsewhere(raw[0], VERSION)
    if len(raw) != _TOKEN_BYTES:
        raise TokenMalformed
    session = int.from_bytes(raw[1 : 1 + _SESSION_BYTES], "big")
    if session > _LAST_SESSION:
        raise TokenMalformed
    return Token(SessionId(session), raw[1 + _SESSION_BYTES :])


def decode_code(text: str) -> Code:
    """The code that `text` is, in whatever case and with or without its hyphen. Raises a TokenError."""
    if len(text) > _LETTERS_LIMIT:
        raise TokenTooLong(len(text), TOKEN_LETTERS)
    letters = text.strip().upper().translate(_READ_AS)
    if not text.isascii() or len(letters) != CODE_LETTERS or not set(letters) <= _LETTERS:
        raise TokenMalformed
    return Code(letters)


def read(text: str) -> Token | Code:
    """What a player typed or a program sent: a token or a code. Raises a TokenError."""
    try:
        return decode_code(text)
    except TokenMalformed:
        return decode(text.strip())


def shown_in(line: str) -> str:
    """What is shown by “reconnect” and a word with the shape of a code or a token; "" if `line` is none."""
    word, _, rest = line.strip().partition(" ")
    shown = rest.strip()
    if word.lower() != "reconnect" or " " in shown:
        return ""
    try:
        decode_code(shown)
    except TokenError:
        return shown if len(shown) >= TOKEN_LETTERS else ""
    return shown


def read_secret(text: str) -> bytes:
    """The secret of a token that its client makes itself: the token's last letters. Raises a TokenError."""
    if len(text) != SECRET_LETTERS:
        raise TokenMalformed
    return _from_base64(text)


def digest(secret: bytes) -> bytes:
    """SHA-256: 32 bytes."""
    return hashlib.sha256(secret).digest()


def _from_base64(text: str) -> bytes:
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error):
        raise TokenMalformed from None
    # The decoder passes over letters that it does not know, and over bits that nobody needs.
    if urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise TokenMalformed
    return raw
