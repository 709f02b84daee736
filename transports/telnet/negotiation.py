"""The Q method of RFC 1143: options are switched without loops, whatever the other side does.

Two tables are the whole rule; each row is a clause of the RFC's section 7. For every option and side there is
one of six states: the RFC's NO, YES, WANTNO and WANTYES, the last two with their queue bit (EMPTY, OPPOSITE)
written into the state. The same tables serve both sides, with WILL/WONT for what we do and DO/DONT for what
the client does.

Two rules make loops impossible: a request for the state that holds already is never answered, and no
negotiation is begun while one for the same option is outstanding.
"""

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import Final, NamedTuple

from transports.telnet.commands import IAC, Command

__all__ = ["Negotiation", "Outcome", "QState", "Side"]


class Side(Enum):
    """Whose behaviour an option describes: ours (WILL, WONT) or the client's (DO, DONT)."""

    LOCAL = "local"
    REMOTE = "remote"


class QState(IntEnum):
    """The state of an option on one side; _OPPOSITE: when the answer is here, ask for the contrary."""

    NO = 0
    YES = 1
    WANT_NO = 2
    WANT_NO_OPPOSITE = 3
    WANT_YES = 4
    WANT_YES_OPPOSITE = 5


class _Step(NamedTuple):
    """The next state, and what to send: True "enable" (WILL or DO), False "disable", None nothing."""

    state: QState
    send: bool | None = None


# The other side says WILL or DO. (In the state NO it depends on whether we agree.)
_ASKED_ON: Final[Mapping[QState, _Step]] = {
    QState.YES: _Step(QState.YES),
    QState.WANT_NO: _Step(QState.NO),  # RFC 1143: "Error: DONT answered by WILL. him=NO."
    QState.WANT_NO_OPPOSITE: _Step(QState.YES),  # "Error: DONT answered by WILL. him=YES*, himq=EMPTY."
    QState.WANT_YES: _Step(QState.YES),
    QState.WANT_YES_OPPOSITE: _Step(QState.WANT_NO, send=False),
}

# The other side says WONT or DONT.
_ASKED_OFF: Final[Mapping[QState, _Step]] = {
    QState.NO: _Step(QState.NO),
    QState.YES: _Step(QState.NO, send=False),
    QState.WANT_NO: _Step(QState.NO),
    QState.WANT_NO_OPPOSITE: _Step(QState.WANT_YES, send=True),
    QState.WANT_YES: _Step(QState.NO),
    QState.WANT_YES_OPPOSITE: _Step(QState.NO),
}

# We want it on.
_WISH_ON: Final[Mapping[QState, _Step]] = {
    QState.NO: _Step(QState.WANT_YES, send=True),
    QState.YES: _Step(QState.YES),
    QState.WANT_NO: _Step(QState.WANT_NO_OPPOSITE),
    QState.WANT_NO_OPPOSITE: _Step(QState.WANT_NO_OPPOSITE),
    QState.WANT_YES: _Step(QState.WANT_YES),
    QState.WANT_YES_OPPOSITE: _Step(QState.WANT_YES),
}

# We want it off.
_WISH_OFF: Final[Mapping[QState, _Step]] = {
    QState.NO: _Step(QState.NO),
    QState.YES: _Step(QState.WANT_NO, send=False),
    QState.WANT_NO: _Step(QState.WANT_NO),
    QState.WANT_NO_OPPOSITE: _Step(QState.WANT_NO),
    QState.WANT_YES: _Step(QState.WANT_YES_OPPOSITE),
    QState.WANT_YES_OPPOSITE: _Step(QState.WANT_YES_OPPOSITE),
}

_SENT: Final = {
    (Side.LOCAL, True): Command.WILL,
    (Side.LOCAL, False): Command.WONT,
    (Side.REMOTE, True): Command.DO,
    (Side.REMOTE, False): Command.DONT,
}
_MEANING: Final = {
    int(Command.DO): (Side.LOCAL, True),
    int(Command.DONT): (Side.LOCAL, False),
    int(Command.WILL): (Side.REMOTE, True),
    int(Command.WONT): (Side.REMOTE, False),
}
_STATES: Final = tuple(QState)
# What we have asked to end is in effect until the answer.
_IN_EFFECT: Final = frozenset((QState.YES, QState.WANT_NO, QState.WANT_NO_OPPOSITE))


class Outcome(NamedTuple):
    """What a command of the client did: the answer to send, and whether the option went on or off."""

    side: Side
    answer: bytes
    changed: bool
    enabled: bool


class Negotiation:
    """The states of the options of one connection.

    `tracked` gives each option that may ever be on its position, shared by all connections; the states
    themselves are two bytes an option. An option that is not tracked is refused each time.
    """

    __slots__ = ("_states", "_tracked")

    def __init__(self, tracked: Mapping[int, int]) -> None:
        self._tracked = tracked
        self._states = bytearray(2 * len(tracked))

    def state(self, side: Side, option: int) -> QState:
        """The state of an option; NO for one that is not tracked."""
        position = self._tracked.get(option)
        return QState.NO if position is None else _STATES[self._states[2 * position + (side is Side.REMOTE)]]

    def is_enabled(self, side: Side, option: int) -> bool:
        """Whether both sides have agreed to it."""
        return self.state(side, option) is QState.YES

    def receive(self, command: int, option: int, *, agree: bool) -> Outcome:
        """Take WILL, WONT, DO or DONT from the client; `agree`: whether we say yes to a request."""
        side, on = _MEANING[command]
        before = self.state(side, option)
        if on and before is QState.NO:
            yes = agree and option in self._tracked
            step = _Step(QState.YES, send=True) if yes else _Step(QState.NO, send=False)
        else:
            step = (_ASKED_ON if on else _ASKED_OFF)[before]
        enabled = step.state is QState.YES
        changed = enabled is not (before in _IN_EFFECT)
        return Outcome(side, self._take(side, option, step), changed, enabled)

    def wish(self, side: Side, option: int, enabled: bool) -> bytes:
        """Ask for a tracked option to be on or off; returns what to send, which may be nothing."""
        return self._take(side, option, (_WISH_ON if enabled else _WISH_OFF)[self.state(side, option)])

    def _take(self, side: Side, option: int, step: _Step) -> bytes:
        position = self._tracked.get(option)
        if position is not None:
            self._states[2 * position + (side is Side.REMOTE)] = step.state
        return b"" if step.send is None else IAC + bytes((_SENT[side, step.send], option))
