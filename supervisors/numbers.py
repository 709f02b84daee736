"""What counts as a number of seconds and as a count in a declaration. A bool is neither."""

from __future__ import annotations

import math


def is_count(value: object) -> bool:
    """An integer, 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_seconds(value: object, *, above_zero: bool = False) -> bool:
    """A finite number, 0 or more: nothing else can be given to a timer."""
    return is_finite(value) and (value > 0 if above_zero else value >= 0)  # type: ignore[operator]


def is_finite(value: object) -> bool:
    """A number that is neither infinite nor nan."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
