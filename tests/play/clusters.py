"""A new database cluster in no time: one is made for all tests of a run, and the others are copies of it.

To make one takes PostgreSQL a second, and some twenty servers of the tests begin with a new one. Those in an
`empty_folder` make their own, as a user's first start does.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

from actors.storage.embedded import EmbeddedPostgres

__all__ = ["put_cluster"]


def put_cluster(data_dir: Path) -> None:
    """Give this data directory, which is not there yet, a cluster that nobody has used."""
    made = _made(data_dir.parent.parent) / "postgres"
    # Where PostgreSQL's account may not pass through, this is a link to somewhere else.
    if not made.is_symlink():
        data_dir.mkdir()
        # It keeps the owner, which shutil does not.
        subprocess.run(["cp", "-a", made, data_dir], check=True)


@functools.cache
def _made(place: Path) -> Path:
    """The data directory of the cluster that is copied; it runs no more."""
    folder = Path(tempfile.mkdtemp(prefix="wyld-cluster-", dir=place))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o711)
    cluster = EmbeddedPostgres(folder)
    cluster.ensure_running()
    cluster.stop()
    return folder
