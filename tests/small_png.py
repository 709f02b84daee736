"""Makes a screenshot small: a palette of 256 colours instead of three bytes for each pixel.

A page of text in a few colours looks the same and has a third of the size. Reads what browsers write: PNG
with 8 bits for each of three or four channels, not interlaced (PNG specification, third edition).
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}
_PALETTE = 3
COLOURS = 256


def make_small(path: Path) -> None:
    """Rewrite the picture."""
    width, height, rows = _read(path.read_bytes())
    pixels = [[row[at : at + 3] for at in range(0, len(row), len(row) // width)] for row in rows]
    palette = _palette(pixels)
    index = {colour: number for number, colour in enumerate(palette)}
    for colour in {pixel for row in pixels for pixel in row} - index.keys():
        index[colour] = min(range(len(palette)), key=lambda number: _distance(colour, palette[number]))
    lines = b"".join(b"\0" + bytes(index[pixel] for pixel in row) for row in pixels)
    path.write_bytes(
        _SIGNATURE
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _PALETTE, 0, 0, 0))
        + _chunk(b"PLTE", b"".join(palette))
        + _chunk(b"IDAT", zlib.compress(lines, 9))
        + _chunk(b"IEND", b"")
    )


def _palette(pixels: list[list[bytes]]) -> list[bytes]:
    """The most common colours; but first one of each kind, so that a small red dot stays red."""
    common = [colour for colour, _ in Counter(pixel for row in pixels for pixel in row).most_common()]
    kinds: dict[bytes, bytes] = {}
    for colour in common:
        kinds.setdefault(bytes(channel >> 5 for channel in colour), colour)
    return list(dict.fromkeys([*list(kinds.values())[: COLOURS // 2], *common]))[:COLOURS]


def _distance(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(picture):
        length, kind = struct.unpack_from(">I4s", picture, at)
        yield kind, picture[at + 8 : at + 8 + length]
        at += 12 + length


def _read(picture: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height, and the rows of pixels without filters."""
    chunks = list(_chunks(picture))
    width, height, depth, kind, *_, interlaced = struct.unpack(">IIBBBBB", dict(chunks)[b"IHDR"])
    assert depth == 8 and not interlaced, "as browsers write them"  # noqa: PT018
    channels = _CHANNELS[kind]
    data = zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT"))
    length = width * channels
    starts = range(0, height * (length + 1) + 1, length + 1)
    rows = [bytes(length)]
    for start, end in pairwise(starts):
        rows.append(_unfiltered(data[start], bytearray(data[start + 1 : end]), rows[-1], channels))
    return width, height, rows[1:]


def _unfiltered(kind: int, row: bytearray, above: bytes, channels: int) -> bytes:
    if kind == 0:
        return bytes(row)
    for at in range(len(row)):
        left, corner = (row[at - channels], above[at - channels]) if at >= channels else (0, 0)
        row[at] = (row[at] + _predicted(kind, left, above[at], corner)) & 0xFF
    return bytes(row)


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    """PNG 9.2: sub, up, average, Paeth."""
    if kind == 1:
        return left
    if kind == 2:
        return up
    if kind == 3:
        return (left + up) // 2
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
