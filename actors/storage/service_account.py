"""The account under which PostgreSQL runs when we are root, and what that account may reach.

PostgreSQL refuses to run as root. Started as an ordinary user it simply runs as that user.
Started as root it runs under an unprivileged account:

- the owner of the data folder, if there is one already that is not root's;
- else the account named `wyld`, if the operator has made one;
- else `nobody`, which every system has.

No account is created and no folder that exists is made more open than it was. What the account
may reach is asked of the kernel, by trying under that account, so that access lists and
network file systems count as well as mode bits.
"""

from __future__ import annotations

import dataclasses
import os
import pwd
import subprocess
from pathlib import Path
from typing import Any

from actors.storage.errors import EmbeddedError

__all__ = ["STATE_FOLDER", "ServiceAccount", "private_state_folder", "service_account"]

# Where things of ours go when the place that was asked for is closed to the service account.
STATE_FOLDER = Path("/var/lib/wyld-actors")
_PREFERRED_ACCOUNTS = ("wyld", "nobody")
_FIND_UNREADABLE = 'test -r "$1" && test -z "$(find "$1" ! -readable -print -quit 2>&1)"'


@dataclasses.dataclass(frozen=True, slots=True)
class ServiceAccount:
    """An unprivileged account of the machine."""

    uid: int
    gid: int

    @property
    def name(self) -> str:
        return account_name(self.uid)

    def popen_arguments(self) -> dict[str, Any]:
        """Keyword arguments for subprocess.Popen that make the child run under this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}

    def may_enter(self, folder: Path) -> bool:
        """Whether this account may pass through `folder` and all folders above it."""
        return self._succeeds('test -x "$1"', folder)

    def may_read_all(self, path: Path) -> bool:
        """Whether this account may read `path` and everything below it."""
        return self._succeeds(_FIND_UNREADABLE, path)

    def _succeeds(self, script: str, path: Path) -> bool:
        try:
            finished = subprocess.run(
                ["/bin/sh", "-c", script, "sh", str(path)],
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                **self.popen_arguments(),
            )
        except PermissionError as failure:
            raise EmbeddedError(
                "PostgreSQL does not run as root, and this process may not change to another user "
                f"({failure}). Start it as an ordinary user, or give the DSN of a PostgreSQL of your own"
            ) from failure
        return finished.returncode == 0


def account_name(uid: int) -> str:
    """The name of a user of this machine, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def service_account() -> ServiceAccount:
    """The account for data that root begins anew."""
    for name in _PREFERRED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServiceAccount(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError("PostgreSQL does not run as root; make an account named wyld for it")


def private_state_folder(account: ServiceAccount, folder: Path = STATE_FOLDER) -> Path:
    """A folder that only root writes to and that `account` may pass through."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise EmbeddedError(f"{folder} must be a folder that belongs to root and that nobody else writes to")
    if not account.may_enter(folder):
        raise EmbeddedError(f"{account.name} may not pass through {folder}; open it with chmod o+x")
    return folder
