"""The test's half of a scenario in the browser that plays on a whole server."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable

from tests.chaos.faults import Cut
from tests.chaos.tcp_proxy import Proxy
from tests.play.kit import Server
from tests.play.players import TelnetPlayer

__all__ = ["Stage"]


class Stage:
    """What a scenario may ask for: another player, by telnet, and harm to the server's processes and to the
    page's network."""

    def __init__(self, server: Server, named: Callable[[str], str], network: Proxy | None = None) -> None:
        """`named` gives a name that nobody has, from one that reads well; `network` is what is between the
        page and the server."""
        self._server = server
        self._network = network
        self._named = named
        self._other: TelnetPlayer | None = None

    def name(self) -> str:
        """A name for the player of the page."""
        return self._named("ann")

    def company(self, *way: str) -> str:
        """The other player comes and walks this way; returns the name."""
        other = self._other = self._server.telnet(self._named("bob")).signs_up()
        other.types(*way)
        other.catch_up()
        return other.name

    @property
    def other(self) -> TelnetPlayer:
        assert self._other is not None, "nobody has come"
        return self._other

    def types(self, line: str) -> None:
        """The other types this."""
        self.other.types(line)

    def hears(self, words: str) -> None:
        """The other sees or hears this."""
        self.other.sees(words)

    def heard_from(self, name: str) -> list[str]:
        """All the words that the other has heard this player say, if each was said alone."""
        self.other.catch_up()
        return re.findall(rf'{name} says, "(\w+)"', self.other.text)

    @property
    def network(self) -> Proxy:
        assert self._network is not None, "nothing is between the page and the server"
        return self._network

    def cut_network(self) -> None:
        """Every connection of the page breaks, and none gets through."""
        self.network.refuses = True
        self.network.cut_all(Cut.RESET)

    def mend_network(self) -> None:
        """Connections get through again."""
        self.network.refuses = False

    def freeze(self, half: str) -> None:
        """SIGSTOP the world or the gateway."""
        os.kill(self._server.pid(half), signal.SIGSTOP)

    def kill(self, half: str) -> None:
        """SIGKILL the world or the gateway."""
        self._server.kill(half)
