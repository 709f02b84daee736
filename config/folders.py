"""The folders of a run: made and tried before anything is started, and files in them read as text.

The log's folder is closed to other users of the machine: what players do stands there. The data folder
itself stays open to pass through, because PostgreSQL may run under an account of its own; what is secret in
it (keys, the database) has rights of its own.
"""

import os
from pathlib import Path

from config.loading import Configuration
from config.problems import ConfigurationError, Key, Problem, shown

__all__ = ["make_folders", "read_texts"]

LOG_RIGHTS = 0o750


def make_folders(configuration: Configuration) -> Path:
    """Make the data folder and the log's, and return the latter.

    Raises ConfigurationError naming the setting of one that cannot be made or written to.
    """
    settings = configuration.settings
    _make(configuration, ("data_dir",), settings.data_dir, 0o755)
    if not settings.log.directory:
        return _make(configuration, ("data_dir",), settings.data_dir / "log", LOG_RIGHTS)
    return _make(configuration, ("log", "directory"), Path(settings.log.directory), LOG_RIGHTS)


def _make(configuration: Configuration, key: Key, folder: Path, rights: int) -> Path:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(rights, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(None, "no right to write there")
    except OSError as error:
        what = f"the folder {folder} cannot be used: {_why(error)}"
        problem = Problem(str(configuration.origins[key]), ".".join(key), shown(str(folder), None), what)
        raise ConfigurationError([problem]) from error
    return folder


def _why(error: OSError) -> str:
    match error:
        case PermissionError():
            return f"{error.strerror}; choose another, or give this user the right"
        case FileExistsError() | NotADirectoryError():
            return "a file is in its way; choose another"
        case FileNotFoundError():
            # Not for want of folders above it, which are made: some systems of files take none, as /proc.
            return "no folder can be made there; choose another"
        case _:
            return f"{error.strerror}; choose another"


def read_texts(key: str, folder: Path, pattern: str) -> list[tuple[str, str]]:
    """Path and text of every file in `folder` that fits, in the order of their names.

    Raises ConfigurationError naming the file that cannot be read, or `key` if there is none to read.
    """
    paths = sorted(folder.glob(pattern))
    if not paths:
        missing = f"has no file {pattern}" if folder.is_dir() else "is no folder"
        raise ConfigurationError([Problem(str(folder), key, None, f"{missing}; name one that has")])
    return [(str(path), _read(path)) for path in paths]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        what = f"line {line} is not UTF-8 text: save the file as UTF-8"
    raise ConfigurationError([Problem(str(path), "", None, what)])
