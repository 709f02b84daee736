"""From the records of the link to what a client shows: the words, and the bytes for each kind of client.

`told` turns an output body into marked-up text, `out_of_band` into a package of data for the client program;
every body has one, the other, or neither (what only steers the session). Both are pure.

`Delivery` is one output on its way to any number of sessions. Its text is made once and encoded once for each
rendering (the capability class of a client), not once for each player: a sentence in a room of a hundred
costs one encoding and a hundred appends.

Lines are broken between words at a fixed width for telnet (see `actors.wrapping` for why), not at all for
JSON, where the page does it, nor for screen readers, which stumble over breaks.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from actors.plurals import counted
from actors.wrapping import wrapped
from transports.adapter import Family, Rendering
from transports.link.protocol import (
    AttributesUpdate,
    CharacterReleased,
    CombatAction,
    CombatOutput,
    ConditionUpdate,
    DisconnectSession,
    EntityStateChanged,
    FormattedOutput,
    InventoryUpdate,
    Level,
    LocationUpdate,
    OccupantKind,
    OpponentUpdate,
    OutputBody,
    Performed,
    Prompt,
    RoomExit,
    RoomItem,
    RoomOccupant,
    RoomOutput,
    StateUpdate,
    StructuredOutput,
    SystemOutput,
    TextOutput,
    VitalsUpdate,
)
from transports.markup import OPEN, styled
from transports.telnet.encoding import encode as encode_for_telnet
from transports.websocket.encoding import encode as encode_for_json

_ENCODERS: Mapping[Family, Callable[[str, Rendering], bytes]] = MappingProxyType(
    {"telnet": encode_for_telnet, "json": encode_for_json}
)
_LEVEL_STYLES: Mapping[Level, str] = MappingProxyType(
    {Level.INFO: "system", Level.WARNING: "error", Level.ERROR: "error", Level.STORY: "emote"}
)
_COMBAT_STYLES: Mapping[CombatAction, str] = MappingProxyType(
    {
        CombatAction.HIT: "damage",
        CombatAction.CRITICAL: "damage",
        CombatAction.DEATH: "damage",
        CombatAction.MISS: "dim",
        CombatAction.PARRY: "dim",
        CombatAction.FLEE: "emote",
    }
)


def told(body: OutputBody) -> str:
    """The marked-up text of an output, each line ended; "" if there is nothing to read in it."""
    # The order is that of how often they come.
    match body:
        case TextOutput(text):
            return _ended(text)
        case RoomOutput():
            return _room(body)
        case SystemOutput(level, text):
            return _ended(styled(_LEVEL_STYLES[level], text))
        case CombatOutput(action, text):
            return _ended(text if OPEN in text else styled(_COMBAT_STYLES[action], text))
        case FormattedOutput(spans):
            return _ended(
                "".join([styled(span.style, span.text) if span.style else span.text for span in spans])
            )
        case _:
            return ""


def out_of_band(body: OutputBody) -> tuple[str, object] | None:
    """The package (GMCP's name for it) and its value, None if the output is no data for a program."""
    match body:
        case StructuredOutput(kind, data):
            return kind, data
        case EntityStateChanged(entity, update):
            return _package(entity, update)
        case _:
            return None


def encoded(text: str, rendering: Rendering) -> bytes:
    """Marked-up text as the bytes for clients of this rendering."""
    if rendering.family == "telnet" and not rendering.screen_reader:
        text = wrapped(text)
    return _ENCODERS[rendering.family](text, rendering)


def encoded_prompt(text: str, rendering: Rendering) -> bytes:
    """A prompt: never broken, and in the prompt's style unless it has its own."""
    return _ENCODERS[rendering.family](text if OPEN in text else styled("prompt", text), rendering)


# What a session acts upon itself; everything else it hands on unread.
_STEERING = frozenset({Performed, Prompt, CharacterReleased, DisconnectSession})


class Delivery:
    """One output body on its way; what is made of it is kept for all who are to get it.

    `steers` is True for what concerns the session itself: prompts, and the ends of things. `is_place` is True
    for where a player stands, told without being asked: whoever comes back is told that anew.
    """

    __slots__ = ("_encoded", "_extent", "_text", "body", "is_place", "steers")

    def __init__(self, body: OutputBody, *, is_place: bool = False) -> None:
        self.body = body
        self.steers = body.__class__ in _STEERING
        self.is_place = is_place
        self._text: str | None = None
        self._extent: tuple[int, int] | None = None
        self._encoded: dict[Rendering, bytes] = {}

    def encoded(self, rendering: Rendering) -> bytes:
        """The bytes for clients of this rendering; empty if the output is nothing to read."""
        found = self._encoded.get(rendering)
        if found is None:
            found = self._encoded[rendering] = self._encode(rendering)
        return found

    @property
    def extent(self) -> tuple[int, int]:
        """Its lines and bytes as text; of what is data for a program, about the bytes."""
        if self._extent is None:
            text = self._words()
            if text or (package := self.package) is None:
                self._extent = text.count("\n"), len(text.encode(errors="replace"))
            else:
                self._extent = 0, len(str(package))
        return self._extent

    @property
    def is_readable(self) -> bool:
        """Whether there is something in it for people, and not for their programs only."""
        return bool(self._words())

    @property
    def package(self) -> tuple[str, object] | None:
        """What client programs get of it, see `out_of_band`."""
        return out_of_band(self.body)

    def _encode(self, rendering: Rendering) -> bytes:
        body = self.body
        if rendering.family == "telnet" and isinstance(body, RoomOutput):
            place = _place_alone(body.name, body.description, body.exits, body.items, rendering)
            return place + b"".join([_presence(one, rendering) for one in body.occupants])
        text = self._words()
        return encoded(text, rendering) if text else b""

    def _words(self) -> str:
        if self._text is None:
            self._text = told(self.body)
        return self._text


def _ended(text: str) -> str:
    return text if not text or text[-1] == "\n" else text + "\n"


# Rooms


def _room(room: RoomOutput) -> str:
    return _place(room) + "".join([_occupant(one.name, one.kind, one.doing) for one in room.occupants])


def _place(room: RoomOutput) -> str:
    """All but those who are here."""
    lines = [styled("room", room.name)]
    if room.description:
        lines.append(room.description)
    lines.append(
        f"Exits: {_joined([_exit(way) for way in room.exits])}." if room.exits else "There is no way out."
    )
    if room.items:
        lines.append(f"You see {_joined([_item(item) for item in room.items])} here.")
    return "\n".join(lines) + "\n"


# Everybody who looks into a crowd sees nearly the same, and never quite: one's own line is missing. In a
# stream of lines each stands for itself, so it is made once for each person (300 microseconds become 30).
@lru_cache(maxsize=16_384)
def _presence(one: RoomOccupant, rendering: Rendering) -> bytes:
    return encoded(_occupant(one.name, one.kind, one.doing), rendering)


# The place itself is the same for all who stand in it, and the most of the work: its lines are wrapped.
@lru_cache(maxsize=2_048)
def _place_alone(
    name: str,
    description: str,
    exits: tuple[RoomExit, ...],
    items: tuple[RoomItem, ...],
    rendering: Rendering,
) -> bytes:
    return encoded(_place(RoomOutput(name, description, exits, items)), rendering)


def _exit(way: RoomExit) -> str:
    name = styled("exit", way.direction)
    if not way.door:
        return name
    return f"{name} ({way.door}, {'closed' if way.closed else 'open'})"


def _item(item: RoomItem) -> str:
    return styled("item", counted(item.name, item.count))


def _occupant(name: str, kind: OccupantKind, doing: str) -> str:
    style = "player" if kind is OccupantKind.PLAYER else "npc"
    shown = name[:1].upper() + name[1:]
    return f"{styled(style, shown)} {doing.removesuffix('.') or 'is here'}.\n"


def _joined(parts: list[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


# Data for client programs, under the names that GMCP clients know


def _package(entity: str, update: StateUpdate) -> tuple[str, object]:
    match update:
        case VitalsUpdate(vitals):
            return "Char.Vitals", _vitals(vitals)
        case LocationUpdate(room, name, zone, exits):
            return "Room.Info", {"num": room, "name": name, "area": zone, "exits": exits}
        case InventoryUpdate(items):
            listed = [{"id": item.id, "name": item.name, "count": item.count} for item in items]
            return "Char.Items.List", {"location": "inv", "items": listed}
        case AttributesUpdate(attributes):
            return "Char.Status", attributes
        case ConditionUpdate(posture, effects):
            return "Char.Status", {"posture": posture, "effects": list(effects)}
        case OpponentUpdate(opponent, name, percent):
            return "Char.Opponent", {"id": opponent, "name": name, "health": percent}
    raise AssertionError(f"an update of {entity} without a package: {update!r}")


# IRE's names for the common ones: {"hp": 12, "maxhp": 20}.
_SHORT_VITALS = MappingProxyType({"health": "hp", "mana": "mp", "movement": "mv"})


def _vitals(vitals: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    package = {}
    for name, (now, most) in vitals.items():
        short = _SHORT_VITALS.get(name, name)
        package[short] = now
        package[f"max{short}"] = most
    return package
