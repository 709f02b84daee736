"""A small picture is the same picture."""

import struct
import zlib
from pathlib import Path

import pytest

from tests.small_png import _chunk, _read, make_small

ROWS = [bytes([0, 0, 0, 255, 0, 0]), bytes([9, 9, 9, 255, 0, 1]), bytes([9, 9, 9, 0, 0, 0])]


def filtered(kind: int, row: bytes, above: bytes) -> bytes:
    """As an encoder does it."""
    out = bytearray([kind])
    for at, value in enumerate(row):
        left, corner = (row[at - 3], above[at - 3]) if at >= 3 else (0, 0)
        up = above[at]
        guess = left + up - corner
        paeth = min((left, up, corner), key=lambda near: abs(guess - near))
        out.append((value - [0, left, up, (left + up) // 2, paeth][kind]) & 0xFF)
    return bytes(out)


@pytest.mark.parametrize("kind", range(5))
def test_every_filter_is_undone_and_every_colour_stays(tmp_path: Path, kind: int) -> None:
    data = b"".join(filtered(kind, row, above) for above, row in zip([bytes(6), *ROWS], ROWS, strict=False))
    picture = tmp_path / "picture.png"
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 3, 8, 2, 0, 0, 0))
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(data)))

    assert _read(picture.read_bytes()) == (2, 3, ROWS)
    make_small(picture)

    written = picture.read_bytes()
    chunks = dict(zip([b"PLTE", b"IDAT"], _contents(written), strict=True))
    palette = [chunks[b"PLTE"][at : at + 3] for at in range(0, len(chunks[b"PLTE"]), 3)]
    lines = zlib.decompress(chunks[b"IDAT"])
    assert [palette[lines[row * 3 + 1]] + palette[lines[row * 3 + 2]] for row in range(3)] == ROWS


def _contents(picture: bytes) -> list[bytes]:
    found = []
    for kind in (b"PLTE", b"IDAT"):
        at = picture.index(kind)
        length = struct.unpack(">I", picture[at - 4 : at])[0]
        found.append(picture[at + 4 : at + 4 + length])
    return found
