"""What entities tell each other.

Requests are imperatives, events are in the past tense. A request that comes from a player's command carries
its `number`: whoever finishes the command says so to the character with that number (Answer, Entered, ...).
Number 0 stands for what is done without a command.

Things and persons on their way are never in nobody's hands: a Transfer or an Entrance that its receiver
cannot handle goes back, see `transfers`.
"""

from __future__ import annotations

from actors.world.commands import Target
from actors.world.directions import Direction
from transports.link.protocol import CharacterId, CommandNumber, EntityId, OutputBody, RoomOutput, SessionId
from wyld_actors import Message, Record, Ref

NOBODY = Target(())


class Thing(Record, frozen=True):
    """An item as the one who holds it knows it. `prototype` leads to its description in the atlas."""

    id: EntityId
    name: str
    keywords: tuple[str, ...] = ()
    prototype: str = ""
    takeable: bool = True
    weight: int = 1
    # The weight that goes into it; 0: it is no container. Containers do not go into each other.
    capacity: int = 0
    contents: tuple[Thing, ...] = ()

    @property
    def load(self) -> int:
        """What it weighs with all that is in it."""
        return self.weight + sum(thing.load for thing in self.contents)


class Goods(Record, frozen=True):
    """What can change hands: things, and coins, which are a number as one is as good as another."""

    things: tuple[Thing, ...] = ()
    coins: int = 0

    def __bool__(self) -> bool:
        return bool(self.things or self.coins)


class Person(Record, frozen=True):
    """Somebody, as others meet them: a character (`session` is not 0) or an npc.

    `hears` are the names of the events that an npc wants to be told; a character's player reads them instead.
    `is_link_dead`: its player's client is gone, and nobody sees through its eyes.
    """

    id: EntityId
    name: str
    ref: Ref
    session: SessionId = 0
    keywords: tuple[str, ...] = ()
    hears: frozenset[str] = frozenset()
    is_link_dead: bool = False

    @property
    def is_npc(self) -> bool:
        return self.session == 0


# ----------------------------------------------------------------- session and character


class Attach(Message, frozen=True):
    """To a character: this session plays you now. A session that did before is told Detached."""

    session: SessionId
    ref: Ref


class ClientLost(Message, frozen=True):
    """To a character: nobody looks and nobody types for you; you stay where you are until somebody does."""


class ClientBack(Message, frozen=True):
    """To a character: somebody plays you again, and is to be shown where you are and how."""


class Perform(Message, frozen=True):
    """To a character: do what this line says, then tell the session CommandPerformed."""

    number: CommandNumber
    text: str


class Retire(Message, frozen=True):
    """To a character: leave play, be saved and end. The session is told LeftPlay."""


class CommandPerformed(Message, frozen=True):
    """To a session: that command is complete, go on with the next."""

    number: CommandNumber
    prompt: str


class CommandFailed(Message, frozen=True):
    """To a session: something crashed on that command, and nothing of it happened there.

    `is_done`: only over what its player was to read of it; all of it has happened.
    """

    number: CommandNumber
    is_done: bool = False


class LeftPlay(Message, frozen=True):
    """To a session: your character has left the world."""

    character: CharacterId
    text: str = ""


class Detached(Message, frozen=True):
    """To a session: another session plays this character now."""


# ----------------------------------------------------------------- answers to a character


class Answer(Message, frozen=True):
    """To a character: show these to your player; with them command `number` is complete."""

    number: CommandNumber
    bodies: tuple[OutputBody, ...] = ()


class Show(Message, frozen=True):
    """To a character: show this to your player, whatever you are doing."""

    body: OutputBody


# ----------------------------------------------------------------- being somewhere


class Enter(Message, frozen=True):
    """To a room: this person comes in, `whence` (None: not by walking). Answered with Entered.

    `is_quiet` announces nothing: the person was here before, as far as the others know. `attempt` counts
    the rooms that failed to take them.
    """

    who: Person
    number: CommandNumber = 0
    whence: Direction | None = None
    is_quiet: bool = False
    attempt: int = 1


class Entered(Message, frozen=True):
    """To a person: you are in this room now. `view` is what a player sees of it."""

    room: EntityId
    ref: Ref
    who: Person
    number: CommandNumber
    view: RoomOutput


class Stranded(Message, frozen=True):
    """To a person: the room you were to enter could not take you; find another."""

    room: EntityId
    number: CommandNumber
    attempt: int


class Leave(Message, frozen=True):
    """To a room: this person wants to walk out that way."""

    who: Person
    direction: Direction
    number: CommandNumber = 0


class Depart(Message, frozen=True):
    """To a room: this person leaves the world from here. Answered with DepartedFromWorld."""

    who: Person
    number: CommandNumber = 0


class DepartedFromWorld(Message, frozen=True):
    """To a person: the room has let you go."""


class Expel(Message, frozen=True):
    """To a room: this person never got here; forget them without a word."""

    id: EntityId


# ----------------------------------------------------------------- events for npcs


class Event(Message, frozen=True):
    """Something that happened in a room. An npc that handles it (`@on(Arrived)`) is told."""

    who: Person


class Arrived(Event, frozen=True):
    """Somebody came in, `whence` (None: not by walking)."""

    whence: Direction | None = None


class Departed(Event, frozen=True):
    """Somebody went out, `whither` (None: not by walking)."""

    whither: Direction | None = None


class Said(Event, frozen=True):
    """Somebody spoke in the room."""

    text: str = ""


class Emoted(Event, frozen=True):
    """Somebody showed what they do: `Ann smiles.` has the text `smiles.`"""

    text: str = ""


class Received(Event, frozen=True):
    """Somebody gave you a thing. It is yours already."""

    thing: Thing


class Paid(Event, frozen=True):
    """Somebody gave you coins. They are in your purse already."""

    coins: int


# ----------------------------------------------------------------- speech and looks


class Say(Message, frozen=True):
    """To a room: let all hear this."""

    who: Person
    text: str
    number: CommandNumber = 0


class Emote(Message, frozen=True):
    """To a room: let all see this."""

    who: Person
    text: str
    number: CommandNumber = 0


class LookAround(Message, frozen=True):
    """To a room: what does this person see?"""

    who: Person
    number: CommandNumber


class LookAt(Message, frozen=True):
    """To a room: what is this, that the person does not carry?"""

    who: Person
    target: Target
    number: CommandNumber
    is_inside: bool = False


class Examine(Message, frozen=True):
    """To an item, an npc or a character: describe yourself to this person. `thing` is an item as its holder
    knows it."""

    who: Person
    number: CommandNumber
    thing: Thing | None = None


class Recognise(Message, frozen=True):
    """To a room: this person, if it is here, is seen otherwise from now on; others read `line`, if any."""

    who: Person
    line: str


class Announce(Message, frozen=True):
    """To a room: tell the players who are here, but not those of `besides`."""

    text: str
    besides: tuple[EntityId, ...] = ()
    number: CommandNumber = 0
    origin: SessionId = 0


# ----------------------------------------------------------------- doors


class MoveDoor(Message, frozen=True):
    """To a room: open or close the door that `target` means."""

    who: Person
    target: Target
    is_closing: bool
    number: CommandNumber


class MoveFarDoor(Message, frozen=True):
    """To the room that owns a door, from the room on its other side."""

    who: Person
    direction: Direction
    is_closing: bool
    number: CommandNumber


class DoorMoved(Message, frozen=True):
    """To the room on the other side: the door in that direction is closed or open now."""

    who: Person
    direction: Direction
    is_closed: bool
    is_by_far_side: bool


# ----------------------------------------------------------------- things


class Take(Message, frozen=True):
    """To a room: this person wants to pick up `target`, out of a container here if one is named, and can
    carry `spare_weight` more."""

    who: Person
    target: Target
    spare_weight: int
    number: CommandNumber
    container: Target | None = None


class Transfer(Message, frozen=True):
    """Goods on their way from `source`, which has given them out of its hands already."""

    goods: Goods
    source: Ref
    who: Person | None = None
    number: CommandNumber = 0


class Receive(Transfer, frozen=True):
    """To a room, a character or an npc: these are yours now. `who` gave, took or dropped them; `whence` is
    the name of the container they were in."""

    whence: str = ""


class PassOn(Transfer, frozen=True):
    """To a room: give these to the one here that `receiver` means."""

    receiver: Target = NOBODY


class PutIn(Transfer, frozen=True):
    """To a room: put these into the container here that `container` means; what does not fit comes back."""

    container: Target = NOBODY


class Returned(Message, frozen=True):
    """To the source of a Transfer: it came to nothing, the goods are yours again.

    `text` is for the player whose command it was; without it there is nothing to say, as the command failed.
    """

    goods: Goods
    number: CommandNumber = 0
    text: str = ""
    attempt: int = 1


# ----------------------------------------------------------------- presence and keeper


class CameIntoPlay(Message, frozen=True):
    """To the presence: this character can be found from now on."""

    who: Person
    zone: str


class WentOutOfPlay(Message, frozen=True):
    """To the presence: this character cannot be found any more."""

    id: EntityId


class ListPresent(Message, frozen=True):
    """To the presence: who is playing?"""

    who: Person
    number: CommandNumber


class PassTell(Message, frozen=True):
    """To the presence: let that player hear this, wherever they are."""

    who: Person
    name: str
    text: str
    number: CommandNumber


class PassYell(Message, frozen=True):
    """To the presence: let everybody in the zone hear this."""

    who: Person
    zone: str
    text: str
    number: CommandNumber


class Traded(Message, frozen=True):
    """To the keeper: players have exchanged goods. A crash must not undo that for long: save it soon."""


class SaveCharacter(Message, frozen=True):
    """To the keeper: this character has left play with this state."""

    id: EntityId
    state: Record
