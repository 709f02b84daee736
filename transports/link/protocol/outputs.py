"""What a session is to be shown or told: the bodies of the numbered output stream.

Six kinds of game output, then the prompt and the few things that must arrive in order with them, exactly
once: that a command is complete, that a state changed, that the character left, that the session ends.

`text` fields are marked-up text (`transports/markup.py`): the gateway renders it for each kind of client.
A body is shared by all sessions that are to see it, and is never changed.
"""

import enum
from typing import Any

from transports.link.protocol.sessions import DisconnectReason
from transports.link.protocol.shapes import CharacterId, CommandNumber, Compact, EntityId
from transports.link.protocol.states import StateUpdate


class Level(enum.StrEnum):
    """How much a system output matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    STORY = "story"


class OccupantKind(enum.StrEnum):
    """What stands in a room."""

    PLAYER = "player"
    NPC = "npc"


class CombatAction(enum.StrEnum):
    """What happened in a fight."""

    HIT = "hit"
    MISS = "miss"
    PARRY = "parry"
    CRITICAL = "critical"
    FLEE = "flee"
    DEATH = "death"


class Outcome(enum.StrEnum):
    """How a command ended. A failed one crashed and changed nothing; its number counts all the same."""

    DONE = "done"
    FAILED = "failed"


# gc=False: such a record holds no container that could lead back to it, so the collector need not look.
class TextOutput(Compact, frozen=True, gc=False, tag="t"):
    """Lines of marked-up text."""

    text: str


class Span(Compact, frozen=True, gc=False):
    """A piece of text in one semantic style ("npc", "exit"); "" is plain."""

    text: str
    style: str = ""


class FormattedOutput(Compact, frozen=True, tag="f"):
    """Text as spans, for output that is laid out rather than written."""

    spans: tuple[Span, ...]


class StructuredOutput(Compact, frozen=True, tag="s"):
    """Data for the client program, not for the eye: a GMCP package, a JSON object of that name."""

    kind: str
    # Any: whatever JSON can say; the two ends of a package agree about it, not the link.
    data: dict[str, Any]


class RoomExit(Compact, frozen=True, gc=False):
    """A way out. `door` names the door in it, if any."""

    direction: str
    door: str = ""
    closed: bool = False


class RoomItem(Compact, frozen=True, gc=False):
    """`count` equal things that lie here."""

    name: str
    count: int = 1
    id: EntityId = ""


class RoomOccupant(Compact, frozen=True, gc=False):
    """Somebody who is here. `doing` is "" for one who just stands there."""

    name: str
    kind: OccupantKind = OccupantKind.PLAYER
    doing: str = ""
    id: EntityId = ""


class RoomOutput(Compact, frozen=True, tag="r"):
    """A room as the one who looks sees it: `occupants` without themselves."""

    name: str
    description: str
    exits: tuple[RoomExit, ...] = ()
    items: tuple[RoomItem, ...] = ()
    occupants: tuple[RoomOccupant, ...] = ()
    id: EntityId = ""
    zone: str = ""


class CombatOutput(Compact, frozen=True, gc=False, tag="c"):
    """A blow, told in `text` from the view of the one who reads it."""

    action: CombatAction
    text: str
    attacker: str = ""
    target: str = ""
    damage: int = 0


class SystemOutput(Compact, frozen=True, gc=False, tag="y"):
    """The server speaks, not the world."""

    level: Level
    text: str


class Prompt(Compact, frozen=True, gc=False, tag="p"):
    """The prompt changed without a command (RPC send_prompt)."""

    text: str


class Performed(Compact, frozen=True, gc=False, tag="d"):
    """Command `number` is complete: it is applied, and this is the prompt after it."""

    number: CommandNumber
    prompt: str = ""
    outcome: Outcome = Outcome.DONE


class EntityStateChanged(Compact, frozen=True, tag="e"):
    """Something about an entity that the player follows has changed (RPC entity_state_changed)."""

    entity: EntityId
    update: StateUpdate


class CharacterReleased(Compact, frozen=True, gc=False, tag="l"):
    """The character is saved and out of the world: the session is back at character selection.

    With `comes_back` it was torn out by a crash: the gateway selects it again, and keeps its lines meanwhile.
    """

    character: CharacterId
    text: str = ""
    comes_back: bool = False


class DisconnectSession(Compact, frozen=True, gc=False, tag="x"):
    """Show what came before, say `text`, close the client, end the session (RPC disconnect_session)."""

    reason: DisconnectReason
    text: str = ""


OutputBody = (
    TextOutput
    | FormattedOutput
    | StructuredOutput
    | RoomOutput
    | CombatOutput
    | SystemOutput
    | Prompt
    | Performed
    | EntityStateChanged
    | CharacterReleased
    | DisconnectSession
)
