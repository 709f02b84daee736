"""Names and groups of actors, in one actor system.

A unique name belongs to one actor, a group holds any number in the order they joined. Both belong to the
cell: they survive a crash and are freed when the actor is gone for good. Look-up is O(1).

Changes are there at once, also within a handler: it has to know whether a name is its own. A handler that
raises has changed nothing in the end: what it took is freed, what it gave up is its own again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wyld_actors.errors import ActorDeadError, NameTaken
from wyld_actors.ref import Ref
from wyld_actors.worker import current_handler

__all__ = ["Registry"]


class Registry:
    """What `ActorSystem.registry` is."""

    def __init__(self) -> None:
        self._names: dict[str, Ref] = {}
        self._groups: dict[str, dict[Ref, None]] = {}

    def register(self, name: str, ref: Ref) -> None:
        """Give `name` to an actor. Raises NameTaken while another has it, ActorDeadError if it is gone."""
        owner = self._names.get(name)
        if owner == ref:
            return
        if owner is not None:
            raise NameTaken(name)
        _refuse_the_dead(ref)
        self._set(name, ref)
        _undo(partial(self._unset, name, ref))

    def unregister(self, name: str) -> None:
        """Free `name`. Does nothing when it is free."""
        owner = self._names.get(name)
        if owner is not None:
            self._unset(name, owner)
            _undo(partial(self._restore, name, owner))

    def whereis(self, name: str) -> Ref | None:
        """The actor that has `name`."""
        return self._names.get(name)

    def join(self, group: str, ref: Ref) -> None:
        """Add an actor to a group. A second time changes nothing. Raises ActorDeadError if it is gone."""
        if ref not in self._groups.get(group, ()):
            _refuse_the_dead(ref)
            self._add(group, ref)
            _undo(partial(self._remove, group, ref))

    def leave(self, group: str, ref: Ref) -> None:
        """Take an actor out of a group. Does nothing when it is not in it."""
        if ref in self._groups.get(group, ()):
            self._remove(group, ref)
            _undo(partial(self._rejoin, group, ref))

    def members(self, group: str) -> list[Ref]:
        """The actors of a group, in the order they joined."""
        return list(self._groups.get(group, ()))

    def forget(self, ref: Ref, registrations: list[tuple[str, bool]]) -> None:
        """Free what an actor had; the runtime calls it when the actor is gone."""
        for name, is_group in registrations:
            if is_group:
                self._remove(name, ref)
            else:
                self._unset(name, ref)

    # Without a way back ------------------------------------------------------------------------------

    def _set(self, name: str, ref: Ref) -> None:
        self._names[name] = ref
        ref.cell.add_registration(name, is_group=False)

    def _unset(self, name: str, ref: Ref) -> None:
        if self._names.get(name) == ref:
            del self._names[name]
            ref.cell.remove_registration(name, is_group=False)

    def _restore(self, name: str, ref: Ref) -> None:
        if name not in self._names and ref.is_alive():
            self._set(name, ref)

    def _add(self, group: str, ref: Ref) -> None:
        self._groups.setdefault(group, {})[ref] = None
        ref.cell.add_registration(group, is_group=True)

    def _remove(self, group: str, ref: Ref) -> None:
        members = self._groups.get(group)
        if members is not None and ref in members:
            del members[ref]
            if not members:
                del self._groups[group]
            ref.cell.remove_registration(group, is_group=True)

    def _rejoin(self, group: str, ref: Ref) -> None:
        if ref.is_alive() and ref not in self._groups.get(group, ()):
            self._add(group, ref)


def _refuse_the_dead(ref: Ref) -> None:
    if not ref.is_alive():
        raise ActorDeadError(f"{ref} is gone: a name of it could never be freed")


def _undo(step: Callable[[], None]) -> None:
    handler = current_handler()
    if handler is not None:
        handler.undo.append(step)
