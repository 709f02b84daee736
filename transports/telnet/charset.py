"""Characters: which bytes are which text, in both directions.

**In.** A line is decoded when it is whole, so a character of several bytes is never cut by the edge of a
read. The rule: what is valid UTF-8 is UTF-8; a line that is not is Latin-1, as a whole, with 0x80-0x9F read
as Windows-1252 does (that is where old clients have their quotation marks). A client that agreed to
ISO-8859-1 is read as Latin-1 at once. So every byte of text becomes a character; only control characters
are taken out.

**Out.** UTF-8 as it is; for Latin-1 and ASCII every character that does not fit is replaced by one that
looks alike ("é" by "e", "—" by "-", "│" by "|"), because a client that strips the eighth bit would show
something else entirely. "?" stands for what has no likeness.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from transports.adapter import Charset

__all__ = ["decode_line", "encode_text", "transliterated"]

# C1 controls, which some terminals obey, and what moves or reorders text on the screens of others:
# line and paragraph separators, bidirectional overrides and isolates.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

# Windows-1252 where it differs from Latin-1; its five holes become the replacement character.
_WINDOWS_1252: Final = {code: bytes((code,)).decode("cp1252", errors="replace") for code in range(0x80, 0xA0)}

# What unicodedata cannot decompose.
_LIKENESSES: Final = {
    **dict.fromkeys("‘’‚‛′ʻʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−─━┄┅┈┉╌═", "-"),
    **dict.fromkeys("│┃┆┇┊┋╎║", "|"),
    **dict.fromkeys("┌┍┎┏┐┑┒┓└┕┖┗┘┙┚┛├┝┞┟┠┡┢┣┤┥┦┧┨┩┪┫┬┭┮┯┰┱┲┳┴┵┶┷┸┹┺┻┼╔╗╚╝╠╣╦╩╬╭╮╯╰", "+"),
    **dict.fromkeys("█▓▒░■▪▮", "#"),
    **dict.fromkeys("•·●○◦▸►★☆✦", "*"),
    **dict.fromkeys("←", "<-"),
    **dict.fromkeys("→➜", "->"),
    **dict.fromkeys("↑", "^"),
    **dict.fromkeys("↓", "v"),
    "ß": "ss",
    "ẞ": "SS",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ł": "l",
    "Ł": "L",
    "ı": "i",
    "€": "EUR",
    "£": "GBP",
    "©": "(c)",
    "®": "(r)",
    "×": "x",
    "⁄": "/",
    "÷": "/",
    "¡": "!",
    "¿": "?",
    "\u200b": "",
    "\u200d": "",
    "\ufeff": "",
    "\ufe0e": "",
    "\ufe0f": "",
}


def decode_line(raw: bytes, charset: Charset) -> tuple[str, Charset]:
    """Decode a line from a client believed to use `charset`; returns the text and the charset it turned out.

    Takes out control characters; the parser has taken out those below 0x80 already.
    """
    if raw.isascii():
        return _cleaned(raw.decode("ascii")), "ascii"
    if charset != "latin-1":
        try:
            return _cleaned(raw.decode("utf-8")), "utf-8"
        except UnicodeDecodeError:
            pass
    return _cleaned(raw.decode("latin-1").translate(_WINDOWS_1252)), "latin-1"


def encode_text(text: str, charset: Charset) -> bytes:
    """Encode text for a client; nothing in it is lost without a likeness. Does not double IAC."""
    if charset == "utf-8" or text.isascii():
        # A lone surrogate has no encoding in UTF-8; it can only come from broken data, and becomes "?".
        return text.encode("utf-8", errors="replace")
    if charset == "latin-1":
        return "".join(one if one <= "\xff" else _likeness(one) for one in text).encode("latin-1")
    return transliterated(text).encode("ascii")


def transliterated(text: str) -> str:
    """The text in ASCII, each character by its nearest likeness."""
    return text if text.isascii() else "".join(one if one.isascii() else _likeness(one) for one in text)


# As many as a world's texts and its players' languages need; a likeness costs 2 microseconds to find.
@lru_cache(maxsize=4096)
def _likeness(character: str) -> str:
    known = _LIKENESSES.get(character)
    if known is not None:
        return known
    decomposed = unicodedata.normalize("NFKD", character)
    if decomposed == character:
        return "" if unicodedata.combining(character) else "?"
    kept = [part for part in decomposed if not unicodedata.combining(part)]
    return "".join(part if part.isascii() else _LIKENESSES.get(part, "?") for part in kept)


def _cleaned(text: str) -> str:
    return text if text.isprintable() else _UNWANTED.sub("", text)
