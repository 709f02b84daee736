"""The behaviours that world files can name (`behaviour = "Innkeeper"`). A new one is added to the tuple
below."""

from collections.abc import Mapping
from types import MappingProxyType

from actors.world.behaviours.appraiser import Appraiser
from actors.world.behaviours.baker import Baker
from actors.world.behaviours.cat import Cat
from actors.world.behaviours.charcoal_burner import CharcoalBurner
from actors.world.behaviours.fishmonger import Fishmonger
from actors.world.behaviours.innkeeper import Innkeeper
from actors.world.behaviours.mimic import Mimic
from actors.world.behaviours.night_watchman import NightWatchman
from actors.world.behaviours.sexton import Sexton
from actors.world.behaviours.storyteller import Storyteller
from actors.world.npc import Npc

__all__ = ["BEHAVIOURS"]

_CLASSES: tuple[type[Npc], ...] = (
    Npc,
    Appraiser,
    Baker,
    Cat,
    CharcoalBurner,
    Fishmonger,
    Innkeeper,
    Mimic,
    NightWatchman,
    Sexton,
    Storyteller,
)
BEHAVIOURS: Mapping[str, type[Npc]] = MappingProxyType(
    {behaviour.__name__: behaviour for behaviour in _CLASSES}
)
