"""Out-of-band data that a session and a client program of ours say to each other, by name.

The words of a contract between the gateway's sessions and every transport that has a form for them: objects
of their own in our JSON, packages of GMCP for programs that know how to come back. Who says what with them is
in docs/web-protocol.md.
"""

from typing import Final

__all__ = [
    "AGAIN",
    "DONE",
    "FAILED",
    "FROM_SESSION",
    "RESUME",
    "RESUMED",
    "SEEN",
    "SEQUENCE",
    "SESSION",
    "STATUS",
    "TAKEN",
    "TOKEN",
]

# From the client.

RESUME: Final = "session.resume"
"""It goes on with an earlier session: {"token", "seen", "next"}, `next` only where it has made one."""
SEEN: Final = "session.seen"
"""All output up to this number is on the page."""

# From the session.

AGAIN: Final = "session.again"
"""A reason for logs: the client is asked to connect again, and does so by itself."""
DONE: Final = "session.done"
"""Up to which number the client's lines are saved."""
FAILED: Final = "session.resume-failed"
"""Why it does not go on: {"reason", "message", "again"}."""
RESUMED: Final = "session.resumed"
"""It goes on: {"seen", "missed"}."""
SEQUENCE: Final = "session.seq"
"""The number of the last output in what was sent."""
SESSION: Final = "session"
"""Whether what is typed is for the game: {"playing"}."""
STATUS: Final = "status"
"""The link to the world: {"world"} is "up" or "away"."""
TAKEN: Final = "session.taken"
"""Up to which number the client's lines have been taken, over all connections and gateways of the session."""
TOKEN: Final = "session.token"
"""What the next connection may show: {"token", "seconds"}."""

FROM_SESSION: Final = frozenset({AGAIN, DONE, FAILED, RESUMED, SESSION, STATUS, TAKEN, TOKEN})
"""What a session says to programs of ours; others would report it as packages that nobody knows."""
