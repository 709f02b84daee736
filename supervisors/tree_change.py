"""A new declaration for a whole tree that runs: what would change, and the change.

`ApplyChange` is one supervisor's affair; these go down from a root and ask each supervisor that is there in
both. The tree is made as declared: what is new is started, what is not declared any more is stopped. Of a
dynamic supervisor flags and template are changed, for who comes from now on. A supervisor that is down begins
as it is declared now.
"""

from __future__ import annotations

from collections import deque

from supervisors.calls import ApplyChange, Changes, PreviewChange, WhichChild
from supervisors.changing import Added, Change, PoolChange, Unlisted
from supervisors.dynamic_supervisor import DynamicSupervisor
from supervisors.errors import InvalidSpec
from supervisors.specs import ActorClass, ChildSpec
from supervisors.supervisor import Supervisor
from wyld_actors import Ref


def preview_tree(root: Ref, wanted: ChildSpec) -> dict[str, Changes]:
    """What `change_tree` would do, by the path of the supervisor it would happen to. Nothing is done.

    Raises InvalidSpec when some of it would be refused.
    """
    return _go_down(root, wanted, PreviewChange)


def change_tree(root: Ref, wanted: ChildSpec) -> dict[str, Changes]:
    """Let the running tree become as `wanted` declares it. Returns what changes, by path.

    All of it is looked at first: what is refused (InvalidSpec) changes nothing anywhere. It returns when
    every supervisor has begun with it; stops and starts go on in order.
    """
    preview_tree(root, wanted)
    return _go_down(root, wanted, ApplyChange)


def _go_down(
    root: Ref, wanted: ChildSpec, call: type[PreviewChange] | type[ApplyChange]
) -> dict[str, Changes]:
    found: dict[str, Changes] = {}
    waiting = deque([(root, wanted)])
    while waiting:
        ref, spec = waiting.popleft()
        if not issubclass(spec.actor, Supervisor):
            mend = "Give the declaration of the supervisor at this path: supervisor(...)."
            raise InvalidSpec(f"tree {ref.path}", "actor", "a static supervisor", spec.actor, mend)
        flags, children = spec.args
        change = Change(children=children, flags=flags, added=Added.START, unlisted=Unlisted.REMOVE)
        changes: Changes = ref.ask(call(change))
        if changes:
            found[ref.path] = changes
        staying = [child for child in children if child.id not in changes.added]
        for pool, declared in _below(ref, staying, DynamicSupervisor):
            pool_flags, template = declared.args
            changes = pool.ask(call(PoolChange(flags=pool_flags, template=template)))
            if changes:
                found[pool.path] = changes
        waiting.extend(_below(ref, staying, Supervisor))
    return found


def _below(ref: Ref, children: list[ChildSpec], kind: ActorClass) -> list[tuple[Ref, ChildSpec]]:
    """The supervisors of this kind among `children` that run as such."""
    supervisors = [child for child in children if issubclass(child.actor, kind)]
    entries = [(ref.ask(WhichChild(child.id)), child) for child in supervisors]
    return [
        (entry.ref, child)
        for entry, child in entries
        if entry.ref is not None and issubclass(entry.ref.actor_class, kind)
    ]
