"""What a session was shown and no client is known to have seen: kept until one says so. Pure.

While a telnet client is there nothing is kept: what is written counts as seen. A client that says what it has
on its page (the browser's) lets go of it by number; without any client all is kept.

Bounded in lines and bytes. What no longer fits is dropped from the front and counted, so that the gap can be
said aloud. Numbers are those of the session's output stream.
"""

from collections.abc import Sequence
from typing import NamedTuple

from actors.rendering import Delivery
from transports.link.protocol import OutputNumber

__all__ = ["BYTES_LIMIT", "LINES_LIMIT", "Missed", "MissedOutput", "Numbered", "numbered"]

Numbered = tuple[OutputNumber, Delivery]

# As many as a client's window scrolls back without effort, and as many as the world keeps for a gateway.
LINES_LIMIT = 500
# 500 lines of 130 letters. With 10,000 players away at once it is bounded by what their rooms have seen, as
# an output that many see is one object.
BYTES_LIMIT = 64 * 1024


class Missed(NamedTuple):
    """What to show a client that is back: `gap` lines were dropped before `deliveries`, the last of which has
    `number` (None if there are none)."""

    gap: int
    deliveries: list[Delivery]
    number: OutputNumber | None


class _Kept(NamedTuple):
    number: OutputNumber
    delivery: Delivery
    lines: int
    size: int


def numbered(deliveries: Sequence[Delivery], last: OutputNumber) -> list[Numbered]:
    """The deliveries of a batch whose last has the number `last`.

    They are counted from the end. What was left out between them, because it had been shown, makes numbers
    greater than they are: then an output is kept for longer, and none is taken for seen that was not.
    """
    return list(enumerate(deliveries, last - len(deliveries) + 1))


class MissedOutput:
    """Of one session. A list and not a deque: it is empty for most, and that takes 56 bytes instead of
    760."""

    __slots__ = ("_gap", "_gap_ends_at", "_kept", "_lines", "_size")

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._lines = self._size = 0
        # Lines dropped, and the number of the last of them.
        self._gap = 0
        self._gap_ends_at: OutputNumber = 0

    def __len__(self) -> int:
        """How many outputs are kept."""
        return len(self._kept)

    @property
    def lines(self) -> int:
        """How many lines are kept."""
        return self._lines

    @property
    def size(self) -> int:
        """How many bytes of text are kept."""
        return self._size

    def keep(self, numbered: Sequence[Numbered]) -> None:
        """These were not seen by anybody yet; they are in the order of their numbers."""
        if self._kept and numbered and numbered[-1][0] < self._kept[-1].number:
            # Another world counts from the beginning: whatever is seen of it, this was before.
            self._kept = [kept._replace(number=0) for kept in self._kept]
        for number, delivery in numbered:
            lines, size = delivery.extent
            self._kept.append(_Kept(number, delivery, lines, size))
            self._lines += lines
            self._size += size
        if self._lines > LINES_LIMIT or self._size > BYTES_LIMIT:
            self._shrink()

    def confirm(self, number: OutputNumber) -> None:
        """A client has all up to `number`."""
        count = 0
        for kept in self._kept:
            if kept.number > number:
                break
            count += 1
        self._drop(count)
        if number >= self._gap_ends_at:
            self._gap = 0

    def after(self, seen: OutputNumber | None) -> Missed:
        """What a client lacks that has all up to `seen`, None for one that has nothing. All stays kept."""
        lacks = [kept for kept in self._kept if seen is None or kept.number > seen]
        gap = self._gap if seen is None or seen < self._gap_ends_at else 0
        return Missed(gap, [kept.delivery for kept in lacks], lacks[-1].number if lacks else None)

    def clear(self) -> None:
        """All has been shown to a client that is sure to have it."""
        self._kept = []
        self._lines = self._size = self._gap = 0

    def _shrink(self) -> None:
        lines, size, count = self._lines, self._size, 0
        while lines > LINES_LIMIT or size > BYTES_LIMIT:
            kept = self._kept[count]
            lines -= kept.lines
            size -= kept.size
            count += 1
        self._gap += self._lines - lines
        self._gap_ends_at = self._kept[count - 1].number
        self._drop(count)

    def _drop(self, count: int) -> None:
        for kept in self._kept[:count]:
            self._lines -= kept.lines
            self._size -= kept.size
        del self._kept[:count]
