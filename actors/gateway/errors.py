"""What can go wrong in the gateway, and whose mistake it is.

    GatewayError
      IllegalTransition    a session was asked for a state its table does not allow (our mistake)
      BindFailed           a listener's address cannot be had (the operator's settings)
      GatewayStartFailed   the gateway's tree did not come up, with the reason of the part that failed

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
