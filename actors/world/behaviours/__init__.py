"""The behaviours that world files can name (`behaviour = "Innkeeper"`). A new one is added to the tuple
below."""

from collections.abc import Mapping
from types import MappingProxyType

from actors.world.behaviours.innkeeper import Innkeeper
from actors.world.npc import Npc

__all__ = ["BEHAVIOURS"]

BEHAVIOURS: Mapping[str, type[Npc]] = MappingProxyType(
    {behaviour.__name__: behaviour for behaviour in (Npc, Innkeeper)}
)
