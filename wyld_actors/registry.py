"""Names and groups of actors, in one actor system.

A unique name belongs to one actor, a group holds any number in the order they joined. Both belong to the
cell: they survive a crash and are freed when the actor is gone for good. Look-up is O(1).
"""

from __future__ import annotations

from wyld_actors.errors import NameTaken
from wyld_actors.ref import Ref

__all__ = ["Registry"]


class Registry:
    """What `ActorSystem.registry` is."""

    def __init__(self) -> None:
        self._names: dict[str, Ref] = {}
        self._groups: dict[str, dict[Ref, None]] = {}

    def register(self, name: str, ref: Ref) -> None:
        """Give `name` to an actor. Raises NameTaken while another one has it."""
        owner = self._names.get(name)
        if owner == ref:
            return
        if owner is not None:
            raise NameTaken(name)
        self._names[name] = ref
        ref.cell.add_registration(name, is_group=False)

    def unregister(self, name: str) -> None:
        """Free `name`. Does nothing when it is free."""
        self._names.pop(name, None)

    def whereis(self, name: str) -> Ref | None:
        """The actor that has `name`."""
        return self._names.get(name)

    def join(self, group: str, ref: Ref) -> None:
        """Add an actor to a group. A second time changes nothing."""
        members = self._groups.setdefault(group, {})
        if ref not in members:
            members[ref] = None
            ref.cell.add_registration(group, is_group=True)

    def leave(self, group: str, ref: Ref) -> None:
        """Take an actor out of a group. Does nothing when it is not in it."""
        members = self._groups.get(group)
        if members is not None:
            members.pop(ref, None)
            if not members:
                del self._groups[group]

    def members(self, group: str) -> list[Ref]:
        """The actors of a group, in the order they joined."""
        return list(self._groups.get(group, ()))

    def forget(self, ref: Ref, registrations: list[tuple[str, bool]]) -> None:
        """Free what an actor had; the runtime calls it when the actor is gone."""
        for name, is_group in registrations:
            if is_group:
                self.leave(name, ref)
            elif self._names.get(name) == ref:
                del self._names[name]
