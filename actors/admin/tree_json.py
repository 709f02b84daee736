"""The live tree as JSON, written while it is looked at.

Ten thousand actors are two megabytes of JSON; as objects they would be five times that, all at once. So each
is encoded and forgotten, and what is written leaves in pieces, as fast as the reader takes them. The shape
is that of nested records:

    {"trees": [{"path": "/world", ..., "children": [{"path": "/world/link", ...}, ...]}], "actors": 7}

An actor without others below it, or whose others are not shown, has no `children`; `actors` counts all.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from supervisors.snapshot import CellSnapshot

# Bytes that leave in one piece: few writes, and small beside what one connection may buffer.
PIECE_BYTES: Final = 32_768


def tree_json(rows: Iterable[tuple[int, CellSnapshot]]) -> Iterator[bytes]:
    """The answer in pieces, from rows with their levels, parents before their children."""
    encode = msgspec.json.Encoder(enc_hook=str).encode_into
    piece = bytearray(b'{"trees":[')
    last, actors = -1, 0
    for level, row in rows:
        actors += 1 + row.hidden
        piece += _between(last, level)
        encode(row, piece, -1)
        # What is below it comes before its end.
        del piece[-1]
        last = level
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    piece += _closed(last + 1) + b'],"actors":%d}' % actors
    yield bytes(piece)


def _between(last: int, level: int) -> bytes:
    """What stands between a row of level `last`, still open, and the next one."""
    if last < 0:
        return b""
    if level > last:
        return b',"children":['
    return _closed(last - level + 1) + b","


def _closed(open_rows: int) -> bytes:
    """The end of so many rows, each inside the one that ends after it."""
    return b"]".join([b"}"] * open_rows)
