"""What the world tells its outlet: the actor that carries outputs to the sessions.

In the server the outlet is the world's link actor, in the test kit a recorder. It is found by its
registered name (OUTLET), as it starts after the entities: the link opens when everything else is up.

Order: what one command makes arrives before its Performed; a session's own outputs keep their order.
"""

from __future__ import annotations

from transports.link.protocol import CharacterId, CommandNumber, Outcome, OutputBody, SessionId
from wyld_actors import Message

# Names in the registry of the world's actor system.
OUTLET = "outlet"
PRESENCE = "presence"
KEEPER = "keeper"


class EmitTo(Message, frozen=True):
    """Show `body` to one session. `cause` is the number of its own command that made it, 0 for none."""

    session: SessionId
    cause: CommandNumber
    body: OutputBody


class EmitToMany(Message, frozen=True):
    """Show one `body` to all these sessions; it crosses the link once.

    `origin` is the session, and `cause` the number of its command, that made it; 0 and 0 for none.
    """

    sessions: tuple[SessionId, ...]
    cause: CommandNumber
    body: OutputBody
    origin: SessionId = 0


class Performed(Message, frozen=True):
    """Command `number` of the session is complete; `prompt` is the prompt after it.

    FAILED means that it crashed and changed nothing. Its number counts all the same.
    """

    session: SessionId
    number: CommandNumber
    prompt: str
    outcome: Outcome = Outcome.DONE


class Released(Message, frozen=True):
    """The session's character is out of the world and handed to the keeper; the session plays nobody now.

    `applied` is the number of the last command that ran. Lines after it were meant for the character's menu;
    with `comes_back`, for the character, which was torn out and is to be brought back.
    """

    session: SessionId
    character: CharacterId
    applied: CommandNumber
    text: str = ""
    comes_back: bool = False
