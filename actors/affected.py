"""Who noticed that an actor has ended, in a form that stays small whoever it was.

Asked in the turn of a supervisor, so it reads last good states and waits for nobody; the answer is a
few names and a count. What cannot be known quickly is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["NAMED_AT_MOST", "players"]

# Players and sessions that are named; the rest is in the count.
NAMED_AT_MOST = 10


def players(names: Sequence[str], sessions: Sequence[int]) -> dict[str, object]:
    """The fields for these players; nothing for none."""
    if not sessions:
        return {}
    return {
        "players": len(sessions),
        "names": list(names[:NAMED_AT_MOST]),
        "sessions": list(sessions[:NAMED_AT_MOST]),
    }
