"""Whether the ports of the listeners can be had, asked before anything is started.

The answer may be out of date a moment later, so the listeners' own bind decides; but a person who has
another server running learns it at once, with the name of the setting, and not from a process that ended.
"""

import errno
import socket
from collections.abc import Iterator

from config.loading import Configuration
from config.problems import ConfigurationError, Key, Problem, shown

_CANNOT = "cannot be used: "
_WHAT_TO_DO = {
    errno.EADDRINUSE: "is in use on {host}; stop the other program, or choose another port (0: any free one)",
    errno.EACCES: "needs more rights than this user has; choose a port above 1023 (0: any free one)",
    errno.EADDRNOTAVAIL: f"{_CANNOT}{{host}} is no address of this machine",
}


def check_listeners(configuration: Configuration) -> None:
    """Raise ConfigurationError naming every listener's port that cannot be bound now."""
    problems = [
        _problem(configuration, key, host, port, why)
        for key, host, port in _listeners(configuration)
        if (why := why_not(host, port)) is not None
    ]
    if problems:
        raise ConfigurationError(list(dict.fromkeys(problems)))


def _problem(configuration: Configuration, key: Key, host: str, port: int, why: str) -> Problem:
    """About the port, unless it is the host's fault."""
    is_host = why.startswith(_CANNOT)
    key, value = ((*key[:-1], "host"), shown(host, None)) if is_host else (key, str(port))
    return Problem(str(configuration.origins[key]), ".".join(key), value, why)


def why_not(host: str, port: int) -> str | None:
    """Why this address cannot be listened on, or None if it can."""
    try:
        candidates = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        return f"{_CANNOT}the host {host} is unknown ({error.strerror})"
    for family, kind, protocol, _, address in candidates[:1]:
        with socket.socket(family, kind, protocol) as probe:
            # As the listeners do: what only lingers after a restart is not in use.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                return _WHAT_TO_DO.get(error.errno or 0, f"{_CANNOT}{error.strerror}").format(host=host)
    return None


def _listeners(configuration: Configuration) -> Iterator[tuple[Key, str, int]]:
    """The key of each port with the address to bind."""
    gateway, admin = configuration.settings.gateway, configuration.settings.admin
    yield ("gateway", "telnet", "port"), gateway.telnet.host, gateway.telnet.port
    yield ("gateway", "web", "port"), gateway.web.host, gateway.web.port
    if gateway.telnets.enabled:
        yield ("gateway", "telnets", "port"), gateway.telnets.host, gateway.telnets.port
    yield ("admin", "gateway_port"), admin.host, admin.gateway_port
    yield ("admin", "world_port"), admin.host, admin.world_port
