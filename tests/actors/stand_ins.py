"""Stand-ins for what a rule only names: a reference to an actor that is never told anything."""

from wyld_actors import Actor, ActorSystem, Ref


class Idle(Actor):
    """Does nothing."""


def somebody() -> Ref:
    """A reference to an actor of its own."""
    return ActorSystem().create_cell(Idle).ref
