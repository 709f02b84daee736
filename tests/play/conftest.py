"""One server for all tests that do it no harm, servers of their own for the others, and names for players."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.play.kit import Server, folder
from tests.play.players import Player

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_endings = itertools.product(_LETTERS, _LETTERS)


def _makers() -> Iterator[Callable[..., Server]]:
    with ExitStack() as stack:

        def make(**settings: str) -> Server:
            return stack.enter_context(Server(stack.enter_context(folder()), **settings))

        yield make


@pytest.fixture(scope="session")
def common_server() -> Iterator[Server]:
    with folder() as path, Server(path).start() as server:
        yield server


@pytest.fixture
def server(common_server: Server) -> Iterator[Server]:
    """A running server. Its players leave it when the test ends."""
    yield common_server
    common_server.send_all_away()


@pytest.fixture
def new_server() -> Iterator[Callable[..., Server]]:
    """Makes servers that are not running yet, each with settings of its own."""
    yield from _makers()


@pytest.fixture
def unique() -> Callable[[str], str]:
    """A name that nobody has yet, from one that reads well: Ann becomes Annab."""
    return lambda name: name.capitalize() + "".join(next(_endings))


@pytest.fixture(params=["telnet", "web"])
def connect(request: pytest.FixtureRequest, server: Server) -> Callable[[str], Player]:
    """Connects a player to the common server, by telnet and, in another run of the test, by websocket."""
    connect: Callable[[str], Player] = getattr(server, request.param)
    return connect


@pytest.fixture(scope="module")
def new_module_server() -> Iterator[Callable[..., Server]]:
    """As `new_server`, for the tests of one module together."""
    yield from _makers()
