"""Where gateway and world meet when the configuration does not say: a socket file.

It lies in the data directory, unless its path would be longer than a socket address can hold (108 bytes with
the closing zero, `sockaddr_un`): then in a private folder under the system's temporary one, named after the
data directory, so that both processes come to the same answer by themselves.
"""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from config.problems import ConfigurationError, Problem

# 107 bytes are left by the closing zero.
PATH_LIMIT_BYTES = 107
FILE_NAME = "link.sock"


def default_link_address(data_dir: Path, *, temporary: Path | None = None) -> str:
    """The address for this data directory. Makes the private folder if one is needed.

    Raises ConfigurationError if that folder is somebody else's.
    """
    path = data_dir / FILE_NAME
    if len(os.fsencode(path)) > PATH_LIMIT_BYTES:
        path = _private_folder(data_dir, temporary or Path(tempfile.gettempdir())) / FILE_NAME
    return f"ipc://{path}"


def _private_folder(data_dir: Path, temporary: Path) -> Path:
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    folder = temporary / f"wyld-{os.geteuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # Anybody may make a folder there, with this name too.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        what = f"must be set: {folder}, where the link would be, is not a private folder of this user"
        raise ConfigurationError([Problem("default", "link.address", None, what)])
    return folder
