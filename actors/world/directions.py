"""The ten directions: their names, aliases and opposites, as one table.

Everything that speaks of a direction (world files, the command grammar, departures and arrivals) reads this
table, so a direction cannot be known to one of them and unknown to another.
"""

from __future__ import annotations

import enum


class Direction(enum.StrEnum):
    """A way out of a room. The value is the full name, which is also how it is saved."""

    NORTH = "north"
    NORTHEAST = "northeast"
    EAST = "east"
    SOUTHEAST = "southeast"
    SOUTH = "south"
    SOUTHWEST = "southwest"
    WEST = "west"
    NORTHWEST = "northwest"
    UP = "up"
    DOWN = "down"

    @property
    def opposite(self) -> Direction:
        return _OPPOSITES[self]

    @property
    def whence(self) -> str:
        """How an arrival from here is told: `from the north`, `from above`."""
        return _WHENCE.get(self, f"from the {self.value}")


_OPPOSITES = {
    Direction.NORTH: Direction.SOUTH,
    Direction.SOUTH: Direction.NORTH,
    Direction.EAST: Direction.WEST,
    Direction.WEST: Direction.EAST,
    Direction.NORTHEAST: Direction.SOUTHWEST,
    Direction.SOUTHWEST: Direction.NORTHEAST,
    Direction.NORTHWEST: Direction.SOUTHEAST,
    Direction.SOUTHEAST: Direction.NORTHWEST,
    Direction.UP: Direction.DOWN,
    Direction.DOWN: Direction.UP,
}
_WHENCE = {Direction.UP: "from above", Direction.DOWN: "from below"}

ALIASES: dict[str, Direction] = {
    "n": Direction.NORTH,
    "ne": Direction.NORTHEAST,
    "e": Direction.EAST,
    "se": Direction.SOUTHEAST,
    "s": Direction.SOUTH,
    "sw": Direction.SOUTHWEST,
    "w": Direction.WEST,
    "nw": Direction.NORTHWEST,
    "u": Direction.UP,
    "d": Direction.DOWN,
    "north-east": Direction.NORTHEAST,
    "south-east": Direction.SOUTHEAST,
    "south-west": Direction.SOUTHWEST,
    "north-west": Direction.NORTHWEST,
}
NAMED: dict[str, Direction] = {direction.value: direction for direction in Direction} | ALIASES
