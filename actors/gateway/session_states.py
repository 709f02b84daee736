"""The six states of a session and the table of the ways between them.

A session is older than any socket: it begins when a client connects, survives the socket while it is
Disconnected, and ends for good when it is Closed. The table is the documentation:

    Connecting ──> Authenticating ──> CharacterSelection <──> Playing
                                             │  ^               │  ^
                                             v  │               v  │
                                            Disconnected (back to the state it left, only)

    and from every state but Closed to Closed.

Pure: nothing here knows a clock, a socket or an actor. A way that is not in the table raises
IllegalTransition, which names both states.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType

from actors.gateway.errors import IllegalTransition


class SessionState(enum.StrEnum):
    """Where a session is; the value is its name in records, logs and the operators' pages."""

    CONNECTING = "connecting"
    AUTHENTICATING = "authenticating"
    CHARACTER_SELECTION = "character_selection"
    PLAYING = "playing"
    DISCONNECTED = "disconnected"
    CLOSED = "closed"


_S = SessionState

# Disconnected lists both of the states it can go back to: the one it left decides between them.
TRANSITIONS: Mapping[SessionState, frozenset[SessionState]] = MappingProxyType(
    {
        _S.CONNECTING: frozenset({_S.AUTHENTICATING, _S.CLOSED}),
        _S.AUTHENTICATING: frozenset({_S.CHARACTER_SELECTION, _S.CLOSED}),
        _S.CHARACTER_SELECTION: frozenset({_S.PLAYING, _S.DISCONNECTED, _S.CLOSED}),
        _S.PLAYING: frozenset({_S.CHARACTER_SELECTION, _S.DISCONNECTED, _S.CLOSED}),
        _S.DISCONNECTED: frozenset({_S.CHARACTER_SELECTION, _S.PLAYING, _S.CLOSED}),
        _S.CLOSED: frozenset(),
    }
)
# A client can be attached to a session in these, and come back to it.
ENTERABLE: frozenset[SessionState] = frozenset({_S.CHARACTER_SELECTION, _S.PLAYING, _S.DISCONNECTED})


def allowed_targets(current: SessionState, left: SessionState | None = None) -> frozenset[SessionState]:
    """The states a session can become now. `left` is the state a Disconnected session was in before."""
    targets = TRANSITIONS[current]
    if current is _S.DISCONNECTED:
        return frozenset(target for target in targets if target in (left, _S.CLOSED))
    return targets


def check_transition(current: SessionState, target: SessionState, left: SessionState | None = None) -> None:
    """Raise IllegalTransition unless the table allows `current` to become `target`."""
    allowed = allowed_targets(current, left)
    if target not in allowed:
        raise IllegalTransition(current, target, allowed)
