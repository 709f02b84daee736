"""What the gateway itself says to a player who has logged in: the login's words are with the login."""

from collections.abc import Mapping
from types import MappingProxyType

from transports.link.streams import Refusal
from transports.markup import styled

STORY = styled("emote", "Everything swims before your eyes. Were your last words heard?")
BREATH_HELD = styled("system", "The world holds its breath. What you type is kept and will happen.")
BREATH_DRAWN = styled("system", "The world breathes again.")
TOO_SLOW = styled("system", "You have been at the door for a long time. Come back when you are ready.")
IDLE = styled("system", "You have been away for so long that the world lets you rest. Farewell.")
ENDED = styled("system", "Your stay here has ended. Farewell.")
# For logs: a page comes again without asking, and says nothing of why.
AGAIN = "the world has lost lines that only the page has"
LOST_PLACE = styled("error", "The world has lost your place in it.")
REFUSALS: Mapping[Refusal, str] = MappingProxyType(
    {
        Refusal.TOO_MANY_LINES: styled("error", "Not taken: too many of your lines wait for the world."),
        Refusal.TOO_MANY_BYTES: styled("error", "Not taken: too much of your text waits for the world."),
        Refusal.NOT_SAVED: styled("error", "Not taken: the world cannot save what you do just now."),
    }
)
