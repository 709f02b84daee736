"""Says what is wrong once, and then once a minute with how often it came. Pure.

What strangers and wrong settings cause comes again with each attempt, several times a second. A log that has
it each time hides everything else, and fills the disk.
"""

# Seconds until the same words are said again.
AGAIN_SECONDS = 60.0
# Different words that are remembered. With more than these a minute somebody knocks under many addresses.
KNOWN_LIMIT = 64


class Complaints:
    """What was said, when, and how often it came since."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[float, int]] = {}

    def about(self, words: str, now: float) -> str | None:
        """The words to log now, or None."""
        known = self._said.get(words)
        if known is not None and now - known[0] < AGAIN_SECONDS:
            self._said[words] = (known[0], known[1] + 1)
            return None
        if known is None and len(self._said) >= KNOWN_LIMIT and not self._make_room(now):
            return None
        self._said.pop(words, None)
        self._said[words] = (now, 0)
        return f"{words} ({known[1]} times more since it was last said)" if known and known[1] else words

    def _make_room(self, now: float) -> bool:
        # In the order of when it was said: the first is the oldest.
        oldest = next(iter(self._said))
        if now - self._said[oldest][0] < AGAIN_SECONDS:
            return False
        del self._said[oldest]
        return True
