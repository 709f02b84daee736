"""Who changed what: one JSON line for every call that changes something, the refused ones too.

Appended with one write, so that both processes can share the file. It is checked before anything is done:
what cannot be written down is not done. It is never rotated here; it grows by some 200 bytes for each
action of a person.
"""

import errno
import os
from pathlib import Path

import msgspec


class AuditEntry(msgspec.Struct, frozen=True):
    """`token` is a fingerprint; `operator` is what the caller says of itself, and no proof."""

    time: str
    process: str
    token: str
    operator: str
    peer: str
    action: str
    target: str
    arguments: dict[str, object]
    status: int
    result: str


class AuditFile:
    """The end of a file, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def check(self) -> None:
        """Raises OSError when nothing can be written."""
        os.close(self._open())

    def write(self, entry: AuditEntry) -> None:
        """Append one line. Raises OSError."""
        line = msgspec.json.encode(entry) + b"\n"
        descriptor = self._open()
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                # Half a line of a time when the disk was full.
                line = b"\n" + line
            if os.write(descriptor, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
