"""Accounts whose sessions all gateways are to end, and which gateway has heard of which. Pure.

They are numbered. A gateway confirms what has arrived, and is told again after each handshake what it has not
confirmed; one that this world has not met yet is told everything, since whoever it brings along was there
before. Nobody logs in at a gateway that is cut off, so what is told late meets old sessions only.

A login takes its time, and may have been proved with the old password: it is refused (`is_overtaken`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from transports.link.protocol import AccountId, EndSessions, SessionId

__all__ = ["Endings"]

# A gateway that misses more than so many has been away for days, and whoever waits in it has timed out.
_KEPT = 1000


@dataclass(slots=True)
class Endings:
    """All that was said in one life of the world."""

    _last: int = 0
    _kept: deque[EndSessions] = field(default_factory=lambda: deque(maxlen=_KEPT))
    # Name of a gateway -> the last number that it has confirmed.
    _heard: dict[str, int] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The number of the newest."""
        return self._last

    def begin(self, account: AccountId, spared: SessionId) -> EndSessions:
        """One more; to be sent to everybody who is here."""
        self._last += 1
        ending = EndSessions(self._last, account, spared)
        self._kept.append(ending)
        return ending

    def is_overtaken(self, account: AccountId, since: int) -> bool:
        """Whether one for this account came after that number. Whoever proved then who he is has to prove it
        again."""
        for ending in reversed(self._kept):
            if ending.number <= since:
                return False
            if ending.account == account:
                return True
        return False

    def owed(self, name: str) -> list[EndSessions]:
        """What the gateway of this name has not confirmed."""
        heard = self._heard.get(name, 0)
        return [ending for ending in self._kept if ending.number > heard]

    def heard(self, name: str, number: int) -> None:
        """The gateway of this name has everything up to this number."""
        self._heard[name] = max(number, self._heard.get(name, 0))
