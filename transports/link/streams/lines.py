"""Which line of its client each command carries. Pure.

A browser's page numbers its own lines, upwards and with gaps, and sends them again when it is not sure. That
number travels with the command, so that whoever has it knows which lines have come, whatever has died
between: the world, when it was the gateway (`Welcome.lines`). A telnet client has no numbers; 0 stands for
that, and costs nothing here.
"""

from typing import Self

from transports.link.protocol import CommandNumber

__all__ = ["ClientLines"]


class ClientLines:
    """The lines of one session that are under way: `last` has come, up to `passed` all is over.

    What "over" means is its owner's affair: durable for a gateway, applied for a world.
    """

    __slots__ = ("_clients", "last", "passed")

    def __init__(self, passed: int = 0) -> None:
        self.last = self.passed = passed
        # The client's number of each command that has one, in the order of the commands.
        self._clients: dict[CommandNumber, int] = {}

    def __bool__(self) -> bool:
        return bool(self._clients)

    def note(self, command: CommandNumber, client: int) -> None:
        """This command carries that line."""
        self._clients[command] = client
        self.last = max(self.last, client)

    def of(self, command: CommandNumber) -> int:
        """The line that this command carries, 0 if it has no number."""
        return self._clients.get(command, 0)

    def has_come(self, command: CommandNumber, client: int) -> bool:
        """Whether the line has come before, with another command."""
        return client <= self.last and self._clients.get(command) != client

    def pass_through(self, command: CommandNumber) -> None:
        """All commands up to this one are over."""
        clients = self._clients
        while clients and (first := next(iter(clients))) <= command:
            self.passed = clients.pop(first)

    def pass_all(self) -> None:
        """Nothing is under way any more: all of it is over."""
        self._clients.clear()
        self.passed = self.last

    def take_back(self) -> None:
        """What is not over has not come."""
        self._clients.clear()
        self.last = self.passed

    def under_way(self) -> tuple[tuple[CommandNumber, int], ...]:
        """The commands with a line that are not over, in order."""
        return tuple(self._clients.items())

    def begun_anew(self) -> Self:
        """The same lines for a stream with other numbers: nothing is under way."""
        anew = type(self)(self.passed)
        anew.last = self.last
        return anew
