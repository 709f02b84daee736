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
# The sentence that the world has for the same, when it is another gateway that a character is played from.
TAKEN_OVER = styled("system", "Your character is being played from elsewhere now.")
PASSWORD_CHANGED = styled(
    "system", "The password of this account has been changed. Whoever knows the new one may log in with it."
)
LOST_PLACE = styled("error", "The world has lost your place in it.")
CODE_IN_VAIN = styled("error", "No code can be made just now. If your connection breaks, just log in.")
IN_PLAY_ALREADY = styled("system", "You are here. A code is for the door, when your connection has broken.")
DEVICE_THERE = "Your character is in the world with another of your devices, and only one may play at a time."
REFUSALS: Mapping[Refusal, str] = MappingProxyType(
    {
        Refusal.TOO_MANY_LINES: styled("error", "Not taken: too many of your lines wait for the world."),
        Refusal.TOO_MANY_BYTES: styled("error", "Not taken: too much of your text waits for the world."),
        Refusal.NOT_SAVED: styled("error", "Not taken: the world cannot save what you do just now."),
    }
)


def caught_up(away_seconds: float | None, gap: int, *, has_missed: bool) -> str:
    """What comes before the output that a client has missed, and how much of that is lost. `away_seconds` is
    None for another client of a session that had one."""
    lines = ["You are here as well."]
    if away_seconds is not None:
        lines = [f"You are back, after {time_span(away_seconds)}."]
    if gap:
        lines.append(f"More happened here than could be kept for you: {gap} lines of it are lost.")
    if has_missed:
        lines.append("This is what you have missed:")
    return "\n".join([styled("system", line) for line in lines])


def time_span(seconds: float) -> str:
    """About how long, for people: "a moment", "one minute", "3 hours"."""
    if seconds < 10:
        return "a moment"
    for name, length in (("hour", 3600), ("minute", 60), ("second", 1)):
        count = round(seconds / length)
        if seconds >= length and count:
            return f"one {name}" if count == 1 else f"{count} {name}s"
    return "a moment"


def code_line(code: str) -> str:
    """How a player comes back whose program cannot do it alone."""
    return styled("system", f"If your connection breaks, “reconnect {code}” at the door leads back here.")
