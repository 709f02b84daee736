"""Which lines of which page have been taken: so that a line sent again after a reconnect is not taken twice.

A client that gives itself a secret name (`hello.id`, new for each page that is loaded) numbers its lines
upwards. Its receipt is the number of the last line that was taken under that name, over all its connections
to this listener. A new connection of the same client takes the receipt over and ends the one before, whose
last bytes may still be on their way: what arrives there afterwards is nobody's.

Kept in memory: they end with the process, and the oldest are forgotten beyond the limit.
"""

from typing import Protocol

__all__ = ["RECEIPTS_LIMIT", "Receipt", "Receipts"]

# 200 bytes each. A forgotten one costs a page that comes back later its lines being told apart, no more.
RECEIPTS_LIMIT = 20_000


class Holder(Protocol):
    """A connection as a receipt knows it."""

    def abort(self, reason: str) -> None:
        """End it now."""


class Receipt:
    """The lines up to `taken` have been taken; `holder` is the one connection that may take more."""

    __slots__ = ("holder", "taken")

    def __init__(self, holder: Holder) -> None:
        self.holder: Holder | None = holder
        self.taken = 0

    def take(self, number: int) -> bool:
        """Whether the line is new. Ask before handing it on, which may wait, and happens once in any case."""
        if number <= self.taken:
            return False
        self.taken = number
        return True

    def release(self, holder: Holder) -> None:
        """The connection has ended."""
        if self.holder is holder:
            self.holder = None


class Receipts:
    """The receipts of one listener."""

    def __init__(self, limit: int = RECEIPTS_LIMIT) -> None:
        self._limit = limit
        # In the order of their last use.
        self._receipts: dict[str, Receipt] = {}

    def __len__(self) -> int:
        return len(self._receipts)

    def claim(self, client: str, holder: Holder) -> Receipt:
        """The receipt of this client, which belongs to `holder` from now on."""
        receipt = self._receipts.pop(client, None)
        if receipt is None:
            receipt = Receipt(holder)
        elif (before := receipt.holder) is not holder:
            receipt.holder = holder
            if before is not None:
                before.abort("its page has connected again")
        self._receipts[client] = receipt
        if len(self._receipts) > self._limit:
            del self._receipts[next(iter(self._receipts))]
        return receipt
