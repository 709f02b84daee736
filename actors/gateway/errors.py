"""What can go wrong in the gateway, and whose mistake it is.

    GatewayError
      IllegalTransition    a session was asked for a state its table does not allow (our mistake)
      BindFailed           a listener's address cannot be had (the operator's settings)
      GatewayStartFailed   the gateway's tree did not come up, with the reason of the part that failed
      TokenError           a text that opens no session, whatever the database says (the client's mistake)
        TokenTooLong       nothing of ours is as long
        TokenMalformed     neither a token nor a code: other letters, another length
        TokenFromElsewhere made by a version that this program does not know

An expected "no" of the game (a wrong password, a taken name) is none of these: the world answers it
with a code, and the login dialogue puts it into words.
"""

from collections.abc import Iterable


class GatewayError(Exception):
    """Base of the gateway's own errors."""


class IllegalTransition(GatewayError):
    """A session in `current` cannot become `target`; it could become one of `allowed`."""

    def __init__(self, current: str, target: str, allowed: Iterable[str] = ()) -> None:
        super().__init__(current, target)
        self.current = current
        self.target = target
        self.allowed = tuple(sorted(allowed))

    def __str__(self) -> str:
        could = ", ".join(self.allowed) or "nothing any more"
        return f"a session that is {self.current} cannot become {self.target} (it can become: {could})"


class BindFailed(GatewayError):
    """A listener cannot have its address: in use, not permitted, or not of this machine."""

    def __init__(self, protocol: str, host: str, port: int, reason: str) -> None:
        super().__init__(protocol, host, port, reason)
        self.protocol = protocol
        self.host = host
        self.port = port
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"cannot listen for {self.protocol} on {self.host}:{self.port}: {self.reason}; "
            "choose another port, or 0 for any free one"
        )


class GatewayStartFailed(GatewayError):
    """The tree did not come up within its time. `part` is what failed, `reason` why."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(part, reason)
        self.part = part
        self.reason = reason

    def __str__(self) -> str:
        return f"the gateway did not start: {self.part}: {self.reason}"


class TokenError(GatewayError):
    """Base of what is wrong with a text that should be a token or a code. The text itself is never in it."""


class TokenTooLong(TokenError):
    """Longer than anything that was ever given out."""

    def __init__(self, letters: int, expected: int) -> None:
        super().__init__(letters, expected)
        self.letters = letters
        self.expected = expected

    def __str__(self) -> str:
        return f"a token has {self.expected} letters, this has {self.letters}"


class TokenMalformed(TokenError):
    """Neither a token nor a code."""

    def __str__(self) -> str:
        return "neither a token nor a code"


class TokenFromElsewhere(TokenError):
    """A token of another version."""

    def __init__(self, version: int, known: int) -> None:
        super().__init__(version, known)
        self.version = version
        self.known = known

    def __str__(self) -> str:
        return f"a token of version {self.version}; this program knows version {self.known}"
