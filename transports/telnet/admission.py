"""Who may connect: a total, and for each address a number at a time and a rate. Pure; time is an argument.

A refused client is told why in one line; nothing else is spent on it. An IPv6 address counts as its /64,
because that is what one household is given. The rate is a bucket that holds a minute's worth and fills
evenly. Addresses with nothing open and a full bucket are forgotten, so the tables stay small.
"""

from ipaddress import IPv6Address, ip_address

from transports.telnet.settings import TelnetOptions

__all__ = ["Admission"]

_PRUNE_SECONDS = 60.0


class Admission:
    """Counts the connections of one listener."""

    def __init__(self, options: TelnetOptions) -> None:
        self._options = options
        self._total = 0
        self._open: dict[str, int] = {}
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens left, and when that was
        self._pruned_at = 0.0

    @property
    def total(self) -> int:
        """Connections open now."""
        return self._total

    def admit(self, address: str, now: float) -> str | None:
        """Count one more connection of this address and return None, or say why it is refused."""
        if self._total >= self._options.max_connections:
            return "The server is full. Please try again in a few minutes."
        group = self._group(address)
        if group is not None:
            limit = self._options.connections_per_address
            if limit and self._open.get(group, 0) >= limit:
                return "Too many connections from your address are open. Close one and try again."
            if not self._takes_token(group, now):
                return "Your address connects too often. Please try again in a minute."
            self._open[group] = self._open.get(group, 0) + 1
        self._total += 1
        return None

    def release(self, address: str) -> None:
        """A connection that was admitted has ended."""
        self._total -= 1
        group = self._group(address)
        if group is None:
            return
        left = self._open[group] - 1
        if left:
            self._open[group] = left
        else:
            del self._open[group]

    def _group(self, address: str) -> str | None:
        """What is counted together; None for what is not counted at all."""
        parsed = ip_address(address.partition("%")[0])
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        if parsed.is_loopback and not self._options.limit_loopback:
            return None
        if isinstance(parsed, IPv6Address):
            return str(IPv6Address(int(parsed) >> 64 << 64))
        return str(parsed)

    def _takes_token(self, group: str, now: float) -> bool:
        capacity = self._options.connections_per_address_per_minute
        if not capacity:
            return True
        self._prune(now)
        tokens, since = self._buckets.get(group, (float(capacity), now))
        tokens = min(capacity, tokens + (now - since) * capacity / 60.0)
        if tokens < 1.0:
            self._buckets[group] = (tokens, now)
            return False
        self._buckets[group] = (tokens - 1.0, now)
        return True

    def _prune(self, now: float) -> None:
        if now - self._pruned_at < _PRUNE_SECONDS:
            return
        self._pruned_at = now
        # A bucket untouched for a minute is full again, which is the same as none.
        self._buckets = {
            group: bucket for group, bucket in self._buckets.items() if now - bucket[1] < _PRUNE_SECONDS
        }
