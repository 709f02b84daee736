"""Where a character comes from: a few backgrounds, each setting the nine attributes.

Three aspects (body, mind, soul), each with an attribute to act by, one to act finely by and one to
withstand by. Values go from 10, what everybody has, to 20, mastery. Every background spends the same number
of points, so a choice is about what somebody is like and never about how good they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ASPECTS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "Body": ("strength", "dexterity", "fortitude"),
        "Mind": ("acuity", "focus", "resolve"),
        "Soul": ("authority", "resonance", "permanence"),
    }
)
ATTRIBUTES = tuple(attribute for trio in ASPECTS.values() for attribute in trio)
BASE = 10
# Points above the base that each background spends.
POINTS = 18
# Coins in the purse of a new character. The same for every background, as the points are.
STARTING_COINS = 20
# Weight that a character can carry for each point of strength; an item of weight 1 fits a hand.
CARRIED_BY_STRENGTH = 3


@dataclass(frozen=True, slots=True)
class Background:
    """`gifts` are the points above the base; what is not named stays at the base."""

    id: str
    name: str
    description: str
    gifts: Mapping[str, int]

    @property
    def attributes(self) -> dict[str, int]:
        """All nine attributes, in their order."""
        return {attribute: BASE + self.gifts.get(attribute, 0) for attribute in ATTRIBUTES}


BACKGROUNDS: tuple[Background, ...] = (
    Background(
        "dockhand",
        "Dockhand",
        "You grew up among crates and ropes. Your back is strong, and little knocks you over.",
        {"strength": 6, "fortitude": 5, "dexterity": 3, "resolve": 3, "permanence": 1},
    ),
    Background(
        "thief",
        "Rooftop thief",
        "Windows were your doors. You are quick, you see what others miss, and you keep your nerve.",
        {"dexterity": 7, "acuity": 4, "focus": 4, "resonance": 2, "strength": 1},
    ),
    Background(
        "scholar",
        "Scholar",
        "You read what should have stayed closed. Your mind is a sharp tool, and you know how to hold it.",
        {"acuity": 6, "focus": 6, "resolve": 3, "resonance": 3},
    ),
    Background(
        "healer",
        "Hedge healer",
        "People came to you at night, with fevers and with secrets. You listen, and things grow calm.",
        {"resonance": 7, "permanence": 4, "focus": 3, "fortitude": 2, "acuity": 2},
    ),
    Background(
        "herald",
        "Fallen herald",
        "Once you spoke for a court that is no more. Crowds still turn when you raise your voice.",
        {"authority": 7, "resolve": 4, "permanence": 3, "acuity": 2, "dexterity": 2},
    ),
    Background(
        "wanderer",
        "Wanderer",
        "You have slept under many skies and learned a little of everything.",
        dict.fromkeys(ATTRIBUTES, 2),
    ),
)
BY_ID: Mapping[str, Background] = MappingProxyType({background.id: background for background in BACKGROUNDS})


def called(background: str) -> str:
    """The name of the background with this id; the id itself for one that is not known any more."""
    known = BY_ID.get(background)
    return known.name if known else background


def attributes_of(background: str) -> dict[str, int]:
    """The attributes of a background; the base for one that does not exist any more."""
    known = BY_ID.get(background)
    return known.attributes if known else dict.fromkeys(ATTRIBUTES, BASE)


def carrying_limit(attributes: Mapping[str, int]) -> int:
    """The weight that somebody with these attributes can carry."""
    return CARRIED_BY_STRENGTH * attributes.get("strength", BASE)
