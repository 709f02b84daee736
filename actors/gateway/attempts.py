"""How often somebody may show what opens nothing: limits by address and by session. Pure.

Failures count, so that a whole school may come back at once through one address. Who tries several at a time
gets so many more at most as he has connections. A count begins anew `window_seconds` after its first failure.

By address, since a code has 40 bits only: at ten failures in ten minutes, an address that tries day and night
meets one of ten thousand codes once in two hundred years. Of IPv6 the first 64 bits count, which is what one
customer has.

By all who type codes, since ten thousand machines at once would meet one in a week. After `CODES_LIMIT`
failures a code leads back only from where the session's player was last, for the rest of the ten minutes: so
one is met in ten years, nobody who sits at home notices, and who is elsewhere logs in.

By session, since its number is no secret. Whoever comes from where the session's player was last is not
refused for what strangers do: else they could lock him out.

Memory is bounded whatever comes: past `keys_limit` the counts that were begun first are forgotten.
"""

import ipaddress
from collections.abc import Hashable
from dataclasses import dataclass

from actors.gateway.session_record import SessionId

_PREFIX_BITS = 64
# Wrong codes in a window, over all addresses: more than ten thousand honest players mistype.
CODES_LIMIT = 200


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """`keys_limit` holds for addresses and for sessions each."""

    by_address: int = 10
    by_session: int = 20
    window_seconds: float = 600.0
    # Some 2 MB at most.
    keys_limit: int = 10_000


class Attempts:
    """The failures of late, of one gateway."""

    def __init__(self, limits: AttemptLimits | None = None) -> None:
        limits = limits or AttemptLimits()
        self._by_address = _Counts(limits.by_address, limits)
        self._by_session = _Counts(limits.by_session, limits)
        self._codes = _Counts(CODES_LIMIT, limits)

    def may_try(self, address: str, now: float) -> bool:
        """Whether this address has not failed too often."""
        return not self._by_address.is_full(network_of(address), now)

    def may_try_for(self, session: SessionId, now: float) -> bool:
        """Whether this session was not tried too often by strangers."""
        return not self._by_session.is_full(session, now)

    def failed(self, address: str, session: SessionId | None, now: float) -> None:
        """What was shown from this address, for this session or none, was wrong."""
        self._by_address.add(network_of(address), now)
        if session is not None:
            self._by_session.add(session, now)

    def code_failed(self, now: float) -> None:
        """A code that somebody showed was wrong, wherever it came from."""
        self._codes.add(None, now)

    def are_codes_guessed(self, now: float) -> bool:
        """Whether so many were wrong that somebody must be trying them out."""
        return self._codes.is_full(None, now)

    @property
    def keys(self) -> int:
        """How many counts are remembered."""
        return len(self._by_address) + len(self._by_session)


def network_of(address: str) -> str:
    """Whom an address belongs to: itself in IPv4, its first 64 bits in IPv6, whatever else comes as it is."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _PREFIX_BITS), strict=False))


class _Counts:
    """Fixed windows, each begun by its first failure; in the order in which they were begun."""

    def __init__(self, limit: int, limits: AttemptLimits) -> None:
        self._limit = limit
        self._limits = limits
        self._begun: dict[Hashable, tuple[float, int]] = {}

    def __len__(self) -> int:
        return len(self._begun)

    def is_full(self, key: Hashable, now: float) -> bool:
        since, count = self._begun.get(key, (now, 0))
        return count >= self._limit and not self._is_over(since, now)

    def add(self, key: Hashable, now: float) -> None:
        since, count = self._begun.get(key, (now, 0))
        if count and not self._is_over(since, now):
            self._begun[key] = (since, count + 1)
            return
        # To the end of the order.
        self._begun.pop(key, None)
        self._make_room(now)
        self._begun[key] = (now, 1)

    def _make_room(self, now: float) -> None:
        while self._begun:
            oldest = next(iter(self._begun))
            if not self._is_over(self._begun[oldest][0], now) and len(self) < self._limits.keys_limit:
                return
            del self._begun[oldest]

    def _is_over(self, since: float, now: float) -> bool:
        return now - since >= self._limits.window_seconds
