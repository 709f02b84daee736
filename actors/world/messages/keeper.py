"""What the keeper is told: what is to be in a checkpoint soon."""

from __future__ import annotations

from transports.link.protocol import EntityId
from wyld_actors import Message, Record


class Traded(Message, frozen=True):
    """To the keeper: players have exchanged goods. A crash must not undo that for long: save it soon."""


class SaveCharacter(Message, frozen=True):
    """To the keeper: this character has left play with this state."""

    id: EntityId
    state: Record
