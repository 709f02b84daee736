"""Marked-up text to the bytes of a telnet stream: `encode(text, rendering)`.

The output depends on the rendering only, never on the player, so one encoding serves all who share it.
Invariants: every line end is CR LF; there is no control character or escape sequence in it but the colours
made here and TAB; every 0xFF is doubled; a style never runs on past its line, so nothing that follows is
coloured by accident. Colours go down from truecolor to 256 to 16 to none (`transports.markup.Paint`).

Sources: RFC 854 (line ends, IAC), ECMA-48 8.3.117 (SGR), xterm's 38;5 and 38;2 forms.
"""

import re
from functools import lru_cache

from transports.adapter import Colour, Rendering
from transports.markup import CLOSE, OPEN, PALETTE, RGB, Paint, spans
from transports.telnet.charset import encode_text
from transports.telnet.commands import IAC, IAC_IAC

__all__ = ["encode"]

_RESET = "\x1b[0m"
_NO_PAINT = Paint()

# C0 but TAB and LF, DEL, and C1. A CR is dropped too: line ends are LF in text, and CR LF on the wire.
_STRAY = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HEX_COLOUR = re.compile("#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


def encode(text: str, rendering: Rendering) -> bytes:
    """Encode marked-up text for all clients of this rendering. Takes any string."""
    if OPEN in text or CLOSE in text:
        text = "".join([_painted(styles, part, rendering.colour) for styles, part in spans(text)])
    elif not text.isprintable():
        text = _STRAY.sub("", text)
    if "\n" in text:
        text = text.replace("\n", "\r\n")
    raw = encode_text(text, rendering.charset)
    return raw.replace(IAC, IAC_IAC) if rendering.charset == "latin-1" else raw


def _painted(styles: tuple[str, ...], part: str, colour: Colour) -> str:
    part = _STRAY.sub("", part)
    begin = _sgr(styles, colour)
    if not begin or not part:
        return part
    if "\n" in part:
        lines = part.split("\n")
        return "\n".join([f"{begin}{line}{_RESET}" if line else "" for line in lines])
    return f"{begin}{part}{_RESET}"


# The styles in use and their nestings; more only if a world uses hundreds of colours of its own.
@lru_cache(maxsize=1024)
def _sgr(styles: tuple[str, ...], colour: Colour) -> str:
    """The escape sequence for nested styles, innermost colour first; "" if they change nothing."""
    if colour is Colour.NONE:
        return ""
    paints = [_paint(style) for style in styles]
    codes = [
        number
        for number, has in (
            ("1", any(paint.bold for paint in paints)),
            ("2", any(paint.faint for paint in paints)),
            ("4", any(paint.underline for paint in paints)),
        )
        if has
    ]
    coloured = next((paint for paint in reversed(paints) if paint.rgb is not None), None)
    if coloured is not None:
        codes.append(_foreground(coloured, colour))
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def _paint(style: str) -> Paint:
    paint = PALETTE.get(style)
    if paint is not None:
        return paint
    own = _HEX_COLOUR.fullmatch(style)
    return _NO_PAINT if own is None else Paint((int(own[1], 16), int(own[2], 16), int(own[3], 16)))


def _foreground(paint: Paint, colour: Colour) -> str:
    code: RGB | int | None = paint.code(colour)
    if isinstance(code, tuple):
        return "38;2;" + ";".join(map(str, code))
    return f"38;5;{code}" if colour is Colour.ANSI256 else str(code)
