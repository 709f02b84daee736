"""Where the processes of a server answer operators: `run.json`, which its launcher keeps true.

Read anew for each question: ports change when a process is started again, and troubles come and go.
"""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from actors.admin.operator_errors import NotRunning, RunFileBroken

HALVES: Final = ("gateway", "world")


class RunFile(msgspec.Struct, frozen=True):
    """What is needed of run.json."""

    addresses: dict[str, str] = {}
    troubles: dict[str, str] = {}


def read_run_file(data_dir: Path) -> RunFile:
    """What it says now. Raises NotRunning, RunFileBroken."""
    path = data_dir / "run.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunFile)
    except (FileNotFoundError, NotADirectoryError):
        raise NotRunning(data_dir) from None
    except (OSError, ValueError) as error:
        raise RunFileBroken(path, str(error)) from error


def addresses(data_dir: Path) -> dict[str, tuple[str, int]]:
    """Where each process answers operators. Raises NotRunning, RunFileBroken."""
    known = read_run_file(data_dir).addresses
    found = {}
    for half in HALVES:
        try:
            parts = urlsplit(known.get(f"{half}-admin", ""))
            if parts.hostname and parts.port:
                found[half] = (parts.hostname, parts.port)
        except ValueError as error:
            raise RunFileBroken(data_dir / "run.json", str(error)) from error
    return found
