"""Where the embedded PostgreSQL keeps its data, and under which account it runs.

The rule:

1. `<data dir>/postgres` is the home of the data: `data/` (the cluster), `run/` (the socket), `log`.
2. A cluster that exists stays where it is, and keeps the account that owns it.
3. A new one is made in place, by an ordinary user as that user, by root for the service account
   (which owns `data/` and `run/`), provided that account may pass through every folder above.
4. Where it may not (a private home directory), nothing is opened: the home is made as a folder of
   its own below /var/lib/wyld-actors, and `<data dir>/postgres` becomes a symbolic link to it. Delete
   both to be rid of the data.

Socket paths are limited to about a hundred bytes by the system: with a long or odd data folder the
socket lives in a private folder below the temporary directory.
"""

from __future__ import annotations

import dataclasses
import os
import re
import secrets
import tempfile
from pathlib import Path

from actors.storage.errors import EmbeddedError, NotOurs
from actors.storage.service_account import (
    STATE_FOLDER,
    ServiceAccount,
    account_name,
    private_state_folder,
    service_account,
)

__all__ = ["SOCKET_NAME", "SOCKET_PATH_LIMIT_BYTES", "ClusterHome", "choose_home", "find_home"]

SOCKET_NAME = ".s.PGSQL.5432"
# sockaddr_un.sun_path: 108 bytes on Linux, 104 on macOS and the BSDs, with the final NUL.
SOCKET_PATH_LIMIT_BYTES = 103
# What needs no quoting in PostgreSQL's list of socket folders, nor in a DSN.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")


@dataclasses.dataclass(frozen=True, slots=True)
class ClusterHome:
    """A chosen place. `account` is None when PostgreSQL runs as ourselves."""

    folder: Path
    account: ServiceAccount | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def passwords(self) -> Path:
        # Inside the cluster, so that one cannot be lost without the other.
        return self.data / "wyld.passwords"

    @property
    def has_cluster(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def give_away(self, path: Path) -> None:
        """Make `path` belong to the account that PostgreSQL runs under."""
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)

    def make_private(self, folder: Path) -> Path:
        """Make `folder`, for PostgreSQL's account alone."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self.give_away(folder)
        return folder

    def socket_folder(self) -> Path:
        """A folder for the socket, made now: `run/`, or a short temporary one."""
        preferred = self.folder / "run"
        if _fits(preferred):
            return self.make_private(preferred)
        for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
            if _fits(parent / "wyld-xxxxxxxx") and (self.account is None or self.account.may_enter(parent)):
                return self.make_private(Path(tempfile.mkdtemp(prefix="wyld-", dir=parent)))
        raise EmbeddedError(
            f"no folder is short enough for a socket: {preferred} is too long, as is {parent}"
        )

    def is_temporary(self, socket_folder: Path) -> bool:
        """Whether `socket_folder()` made this one outside of the home."""
        return socket_folder.parent != self.folder and socket_folder.name.startswith("wyld-")


def find_home(data_dir: Path) -> ClusterHome | None:
    """The home of the cluster that `data_dir` has already, None if there is none."""
    link = data_dir / "postgres"
    if link.is_symlink() and not link.exists():
        raise EmbeddedError(
            f"{link} points to {link.readlink()}, which is gone. "
            "Put it back, or remove the link to begin empty"
        )
    home = link.resolve()
    if not (home / "data").exists():
        return None
    owner = (home / "data").stat()
    is_ours = owner.st_uid == os.geteuid()
    return ClusterHome(home, None if is_ours else ServiceAccount(owner.st_uid, owner.st_gid))


def choose_home(data_dir: Path, *, state_folder: Path = STATE_FOLDER) -> ClusterHome:
    """The home of the cluster of `data_dir`, by the rule above; made if it is new."""
    found = find_home(data_dir)
    if os.geteuid() != 0:
        return _for_ordinary_user(data_dir, found)
    if found is not None:
        return _for_root(found)
    account = service_account()
    home = data_dir / "postgres"
    if not account.may_enter(data_dir):
        home = _relocated(home, private_state_folder(account, state_folder))
    home.mkdir(exist_ok=True)
    home.chmod(0o711)
    return ClusterHome(home.resolve(), account)


def _for_ordinary_user(data_dir: Path, found: ClusterHome | None) -> ClusterHome:
    if found is not None and found.account is not None:
        raise NotOurs(str(found.data), found.account.name, account_name(os.geteuid()))
    home = data_dir / "postgres"
    home.mkdir(exist_ok=True, mode=0o700)
    return found or ClusterHome(home.resolve(), None)


def _for_root(found: ClusterHome) -> ClusterHome:
    if found.account is None:
        # Restored by root from a copy. It was ours to give, so give it to whom it must belong.
        found = ClusterHome(found.folder, service_account())
        _give_away_all(found, found.data)
    if found.account is not None and not found.account.may_enter(found.folder):
        raise EmbeddedError(
            f"PostgreSQL runs here as {found.account.name}, which may not pass through a folder above "
            f"{found.folder}. Open it with chmod o+x, or move {found.folder} below {STATE_FOLDER} and put a "
            "symbolic link in its place"
        )
    return found


def _give_away_all(home: ClusterHome, top: Path) -> None:
    for folder, _, files in os.walk(top):
        home.give_away(Path(folder))
        for name in files:
            home.give_away(Path(folder) / name)


def _relocated(link: Path, state_folder: Path) -> Path:
    # A name of its own and not one derived from the path: who deletes the data folder wants an
    # empty database next time, not the old one again.
    home = state_folder / f"cluster-{secrets.token_hex(6)}"
    home.mkdir()
    if link.is_dir() and not link.is_symlink():
        link.rmdir()
    link.symlink_to(home, target_is_directory=True)
    return home


def _fits(folder: Path) -> bool:
    length = len(os.fsencode(folder / SOCKET_NAME))
    return length <= SOCKET_PATH_LIMIT_BYTES and _PLAIN_PATH.fullmatch(str(folder)) is not None
