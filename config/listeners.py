"""Whether the ports of the listeners can be had, asked before anything is started.

The answer may be out of date a moment later, so the listeners' own bind decides; but a person who has
another server running learns it at once, with the name of the setting, and not from a process that ended.
"""

import errno
import ipaddress
import itertools
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from config.loading import Configuration
from config.problems import ConfigurationError, Key, Problem, shown


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an address cannot be listened on, and whether its host is to blame or its port."""

    blamed: Literal["host", "port"]
    why: str


_KNOWN = {
    errno.EADDRINUSE: Obstacle(
        "port", "is in use on {host}; stop the other program, or choose another port (0: any free one)"
    ),
    errno.EACCES: Obstacle(
        "port", "needs more rights than this user has; choose a port above 1023 (0: any free one)"
    ),
    errno.EADDRNOTAVAIL: Obstacle(
        "host", "cannot be used: {host} is no address of this machine; name one that is, such as 127.0.0.1"
    ),
}


def check_listeners(configuration: Configuration) -> None:
    """Raise ConfigurationError naming every port that cannot be bound now or is given twice."""
    listeners = list(_listeners(configuration))
    problems = [
        _problem(configuration, key, host, port, obstacle)
        for key, host, port in listeners
        if (obstacle := why_not(host, port)) is not None
    ]
    problems += [
        _clash(configuration, one, other, port)
        for (one, host, port), (other, other_host, other_port) in itertools.combinations(listeners, 2)
        if port == other_port != 0 and is_in_the_way(host, other_host)
    ]
    if problems:
        raise ConfigurationError(list(dict.fromkeys(problems)))


def _problem(configuration: Configuration, key: Key, host: str, port: int, obstacle: Obstacle) -> Problem:
    is_host = obstacle.blamed == "host"
    key, value = ((*key[:-1], "host"), shown(host, None)) if is_host else (key, str(port))
    return Problem(str(configuration.origins[key]), ".".join(key), value, obstacle.why)


def _clash(configuration: Configuration, one: Key, other: Key, port: int) -> Problem:
    first = f"{'.'.join(one)} ({configuration.origins[one]})"
    what = f"is that of {first} as well; choose another for one of them (0: any free one)"
    return Problem(str(configuration.origins[other]), ".".join(other), str(port), what)


def is_in_the_way(one: str, other: str) -> bool:
    """Whether who listens on the host `one` keeps others from listening on the same port of `other`."""
    if one == other:
        return True
    try:
        hosts = [ipaddress.ip_address("127.0.0.1" if host == "localhost" else host) for host in (one, other)]
    except ValueError:
        return False  # names, which may be of different addresses; their bind decides
    first, second = hosts
    either = first.is_unspecified or second.is_unspecified
    return first.version == second.version and (first == second or either)


def why_not(host: str, port: int) -> Obstacle | None:
    """What keeps this address from being listened on, None if nothing does."""
    try:
        candidates = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        return Obstacle(
            "host",
            f"cannot be used: the host {host} is unknown ({error.strerror}); "
            "name an address of this machine, such as 127.0.0.1",
        )
    for family, kind, protocol, _, address in candidates[:1]:
        with socket.socket(family, kind, protocol) as probe:
            # As the listeners do: what only lingers after a restart is not in use.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                return _obstacle(error, host)
    return None


def _obstacle(error: OSError, host: str) -> Obstacle:
    known = _KNOWN.get(error.errno or 0)
    if known is None:
        return Obstacle("host", f"cannot be used: {error.strerror}")
    return Obstacle(known.blamed, known.why.format(host=host))


def _listeners(configuration: Configuration) -> Iterator[tuple[Key, str, int]]:
    """The key of each port with the address to bind."""
    gateway, admin = configuration.settings.gateway, configuration.settings.admin
    yield ("gateway", "telnet", "port"), gateway.telnet.host, gateway.telnet.port
    yield ("gateway", "web", "port"), gateway.web.host, gateway.web.port
    if gateway.telnets.enabled:
        yield ("gateway", "telnets", "port"), gateway.telnets.host, gateway.telnets.port
    yield ("admin", "gateway_port"), admin.host, admin.gateway_port
    yield ("admin", "world_port"), admin.host, admin.world_port
