"""A new configuration for a supervisor that runs: OTP's code_change, and what OTP leaves out.

OTP: specifications with a known id are replaced and their children go on as they are, new ones are added but
not started, those no longer listed are kept, in the new order with the kept ones last. `Added.START` and
`Unlisted.REMOVE` go further, for an operator who wants the tree to be as declared.

Pure: `compare` says what would be different, the engine does it.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from supervisors.specs import ChildSpec, ChildType, DynamicFlags, SupervisorFlags


class Added(enum.Enum):
    """What becomes of children that are new in the list."""

    STAY_DOWN = "stay_down"
    """As in OTP: `RestartChild` starts them."""
    START = "start"


class Unlisted(enum.Enum):
    """What becomes of children that are not in the list any more."""

    KEEP = "keep"
    """As in OTP: they go on behind all others."""
    REMOVE = "remove"
    """They are stopped, in reverse order, and forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The wanted configuration of a static supervisor. `flags` None keeps what it has."""

    children: Sequence[ChildSpec]
    flags: SupervisorFlags | None = None
    added: Added = Added.STAY_DOWN
    unlisted: Unlisted = Unlisted.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolChange:
    """The wanted configuration of a dynamic supervisor, as Elixir's: for who comes from now on.

    Children that are there keep their specification, also more of them than `max_children` now allows.
    `template` is one of `dynamic_supervisor`. None keeps what it has.
    """

    flags: DynamicFlags | None = None
    template: object | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A change against what is there. `order` are the ids that remain, in their new start order."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unlisted: tuple[str, ...]
    order: tuple[str, ...]


def compare(change: Change, present: Mapping[str, ChildSpec]) -> Difference:
    """Find what is different. Raises InvalidSpec when `change` and what stays do not fit together."""
    wanted = {spec.id: spec for spec in change.children}
    unlisted = tuple(id for id in present if id not in wanted)
    staying = unlisted if change.unlisted is Unlisted.KEEP else ()
    if change.flags is not None:
        change.flags.check_all([*change.children, *(present[id] for id in staying)])
    return Difference(
        added=tuple(id for id in wanted if id not in present),
        changed=tuple(id for id in wanted if id in present and not is_same(wanted[id], present[id])),
        unlisted=unlisted,
        order=(*wanted, *staying),
    )


def is_same(one: ChildSpec, other: ChildSpec) -> bool:
    """Whether two specifications mean the same child. What a supervisor is to supervise is its own affair."""
    if one.type is ChildType.SUPERVISOR and one.actor is other.actor:
        one = dataclasses.replace(one, args=other.args, kwargs=other.kwargs)
    return one == other
