"""Keys that the server makes for itself: the link's secrets, the operators' token.

A key file is made once, complete or not at all, readable by its owner only, and used again afterwards. One
that others can read is refused rather than mended: whoever could read it may have done so.
"""

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

# 256 bits, the size of the hash that proves the key.
KEY_BYTES = 32


class KeyFileError(Exception):
    """A key file cannot be used."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(path, why)
        self.path = path
        self.why = why

    def __str__(self) -> str:
        return f"key file {self.path}: {self.why}"


def make_token() -> str:
    """A new key of letters, digits, - and _."""
    return secrets.token_urlsafe(KEY_BYTES)


def ensure_key(path: Path, make: Callable[[], str] = make_token) -> str:
    """Return the key in `path`, made now if the file is not there. Raises KeyFileError."""
    if not path.exists():
        _make(path, make())
    return read_key(path)


def read_key(path: Path, missing: str = "is not there") -> str:
    """Return the key in `path`. Raises KeyFileError, with these words if the file is not there."""
    if not path.exists():
        raise KeyFileError(path, missing)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise KeyFileError(
            path, f"others may read it (mode {mode:04o}); delete it and start again to get a new one"
        )
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if not key:
        raise KeyFileError(path, "is empty; delete it and start again to get a new one")
    return key


def _make(path: Path, key: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key + "\n")
    try:
        # A link, unlike a rename, does not replace: of two processes that start together one key wins.
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
