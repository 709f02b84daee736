"""What a running server says of itself: the welcome on the terminal, and the content of `run.json`.

`Announcement` is called at every change of the process group. It keeps silent until all processes serve for
the first time, then welcomes once and keeps `run.json` true: a restarted process has a new id there; while it
is down its id is null, and the addresses it gave last still stand.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from supervisors.instance import RunFile
from supervisors.process_group import ProcessGroup

Addresses = Mapping[str, tuple[str, int]]

# How a person reaches a listener of this name.
FORMS = {
    "telnet": "telnet {host} {port}",
    "telnets": "a telnet client with TLS: {host} {port}",
    "web": "http://{host}:{port}/",
    "gateway-admin": "http://{host}:{port}/",
    "world-admin": "http://{host}:{port}/",
}
EVERY_ADDRESS = ("", "0.0.0.0", "::")
LOOPBACK = ("127.0.0.1", "::1")


class Announcement:
    """Tells people and programs where the server is."""

    def __init__(
        self,
        run_file: RunFile,
        *,
        version: str,
        started_at: str,
        say: Callable[[str], None],
        served: Callable[[Addresses], None],
    ) -> None:
        """`say` gets the welcome; `served` the addresses, once, when all serve for the first time."""
        self._run_file = run_file
        self._version = version
        self._started_at = started_at
        self._say = say
        self._served = served
        self._addresses: dict[str, tuple[str, int]] = {}

    def __call__(self, group: ProcessGroup) -> None:
        for process in group.processes:
            if process.facts is not None:
                found = process.facts.get("addresses", {})
                self._addresses |= {name: (host, port) for name, (host, port) in found.items()}
        is_first = not self._run_file.is_written
        if is_first and not group.is_ready:
            return
        self._run_file.write(self.content(group))
        if is_first:
            self._served(self._addresses)
            self._say(welcome(self._version, self._run_file.path.parent, self._addresses))

    def content(self, group: ProcessGroup) -> dict[str, object]:
        """What stands in `run.json`."""
        return {
            "version": self._version,
            "data_dir": str(self._run_file.path.parent),
            "started_at": self._started_at,
            "pids": {"launcher": os.getpid(), **{process.name: process.pid for process in group.processes}},
            # A process that does not answer, in the words of its launcher.
            "troubles": {p.name: f"{p.name} {p.signs.trouble}" for p in group.processes if p.signs.trouble},
            "ports": {name: port for name, (_, port) in self._addresses.items()},
            "addresses": {name: form(name, host, port) for name, (host, port) in self._addresses.items()},
        }


def welcome(version: str, data_dir: Path, addresses: Addresses) -> str:
    """Where to connect, in words."""
    width = max(8, *map(len, addresses)) if addresses else 8
    lines = [f"Wyld Actors {version} is ready. Ctrl-C stops it.", ""]
    lines += [f"  {name:<{width}} {form(name, host, port)}" for name, (host, port) in addresses.items()]
    lines += [f"  {'data':<{width}} {data_dir}", ""]
    return "\n".join(lines)


def form(name: str, host: str, port: int) -> str:
    """How this machine reaches the listener `name` that is bound to `host`."""
    if host in EVERY_ADDRESS + LOOPBACK:
        host = "localhost"
    return FORMS.get(name, "{host}:{port}").format(host=f"[{host}]" if ":" in host else host, port=port)
