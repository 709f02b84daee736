"""What can go wrong with a web listener, as opposed to with a peer.

    WebSocketError
      ListenFailed        the operating system refused the address
        PortInUse         somebody else listens there

A peer that breaks the protocol is never an exception: it is an event and a close code.
"""


class WebSocketError(Exception):
    """Base of this package's errors."""


class ListenFailed(WebSocketError):
    """The listening socket could not be opened. Attributes: host, port, reason."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(host, port, reason)
        self.host = host
        self.port = port
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"the web listener cannot use {self.host} port {self.port}: {self.reason}. "
            "Choose another host or port in the web section of the settings (port 0 takes any free one)."
        )


class PortInUse(ListenFailed):
    """Another process listens on this host and port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port, "another process listens there")

    def __str__(self) -> str:
        return (
            f"the web listener cannot use {self.host} port {self.port}: another process listens there. "
            f"Stop it (`ss -ltnp sport = :{self.port}` names it) or choose another port "
            "in the web section of the settings (port 0 takes any free one)."
        )
