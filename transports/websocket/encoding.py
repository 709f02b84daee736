"""Marked-up text to the JSON fragment that shows it: `{"t":"text","spans":[[style,text],...]}`.

One result serves every client of the same rendering. Colours are the page's business: the fragment carries
the names of the styles, nested ones joined by spaces, outermost first.
"""

from transports.adapter import Rendering
from transports.markup import spans
from transports.websocket import codec

__all__ = ["encode"]


def encode(text: str, rendering: Rendering) -> bytes:
    """The text as one JSON object. `rendering` is taken for the shape all encoders share."""
    if text.isprintable():  # the common short line: no mark, no line end
        return codec.text([("", text)])
    return codec.text([(" ".join(styles), piece) for styles, piece in spans(text)])
