"""What players do with gems and coins: the commands that move something, and the effect of each. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.chaos.ledger import FLOOR, Transfer

# Coins at a time. A purse begins with 20: most can be paid, and some is refused.
COINS = 9


def bag_of(player: str) -> str:
    """Under which name the ledger knows what is in somebody's bag."""
    return f"{player}'s bag"


def draw(player: str, others: Sequence[str], source: random.Random) -> tuple[str, Transfer]:
    """The next thing that a player does: the line, and its effect if it is not refused."""
    other, coins = source.choice(others), source.randint(2, COINS)
    return source.choice(
        [
            ("get gem", Transfer("gem", 1, FLOOR, player)),
            ("drop gem", Transfer("gem", 1, player, FLOOR)),
            (f"give gem to {other}", Transfer("gem", 1, player, other)),
            ("put gem in bag", Transfer("gem", 1, player, bag_of(player))),
            ("get gem from bag", Transfer("gem", 1, bag_of(player), player)),
            (f"drop {coins} coins", Transfer("coin", coins, player, FLOOR)),
            (f"get {coins} coins", Transfer("coin", coins, FLOOR, player)),
            (f"give {coins} coins to {other}", Transfer("coin", coins, player, other)),
        ]
    )
