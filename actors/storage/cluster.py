"""Making a database cluster: initdb, the roles with their passwords, the game's database.

The cluster appears whole or not at all: initdb works beside the final place, and a rename ends it. The
passwords are drawn here, once; they lie inside the cluster in libpq's own format, so a DSN
only has to name the file.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg2 import sql

from actors.storage.binaries import MAJOR_VERSION, Binaries
from actors.storage.cluster_home import ClusterHome
from actors.storage.cooperative import connect
from actors.storage.errors import EmbeddedError, WrongMajorVersion

__all__ = [
    "DATABASE",
    "ROLE",
    "SUPERUSER",
    "check_version",
    "child_arguments",
    "make_cluster",
    "make_database",
]

logger = logging.getLogger(__name__)

SUPERUSER = "postgres"
# The game's own: it owns its database and is no superuser.
ROLE = "wyld"
DATABASE = "wyld"
_OUTPUT_TAIL_CHARACTERS = 1500


def child_arguments(home: ClusterHome) -> dict[str, Any]:
    """Keyword arguments for a subprocess that works on this cluster."""
    # Nothing of ours reaches the server: a PGDATA or LANG of the operator would change its meaning.
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    account = home.account.popen_arguments() if home.account else {"umask": 0o077}
    return {"env": environment, "cwd": home.folder, **account}


def check_version(home: ClusterHome) -> None:
    if home.has_cluster:
        found = (home.data / "PG_VERSION").read_text().strip()
        if found != MAJOR_VERSION:
            raise WrongMajorVersion(str(home.data), found, MAJOR_VERSION)


def make_cluster(home: ClusterHome, binaries: Binaries) -> None:
    """initdb beside the final place, then one rename: a cluster is there whole or not at all."""
    unfinished = home.folder / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    home.make_private(unfinished)
    passwords = {SUPERUSER: secrets.token_urlsafe(24), ROLE: secrets.token_urlsafe(24)}
    with tempfile.NamedTemporaryFile("w", dir=home.folder, prefix=".initdb-") as password:
        password.write(passwords[SUPERUSER])
        password.flush()
        home.give_away(Path(password.name))
        _run_initdb(home, binaries, unfinished, password.name)
    _write_passwords(home, unfinished, passwords)
    unfinished.rename(home.data)
    logger.info("made the database cluster %s", home.data)


def _run_initdb(home: ClusterHome, binaries: Binaries, folder: Path, password_file: str) -> None:
    finished = subprocess.run(
        [
            binaries.initdb,
            f"--pgdata={folder}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # PostgreSQL's own, so that no update of the system's C library changes the sort order.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        **child_arguments(home),
    )
    if finished.returncode != 0:
        text = finished.stdout.decode(errors="replace")[-_OUTPUT_TAIL_CHARACTERS:]
        raise EmbeddedError(f"no database cluster could be made in {home.folder}:\n{text}")


def _write_passwords(home: ClusterHome, folder: Path, passwords: Mapping[str, str]) -> None:
    path = folder / home.passwords.name
    path.touch(mode=0o600)
    # libpq's format: host:port:database:user:password
    path.write_text("".join(f"*:*:*:{role}:{password}\n" for role, password in passwords.items()))
    home.give_away(path)


def make_database(dsn: str, home: ClusterHome) -> None:
    """The game's role and database, if they are not there."""
    connection = connect(dsn)
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", (ROLE,))
        if cursor.fetchone() == (0,):
            password = _read_password(home, ROLE)
            statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            cursor.execute(statement.format(sql.Identifier(ROLE), sql.Literal(password)))
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", (DATABASE,))
        if cursor.fetchone() == (0,):
            statement = sql.SQL("CREATE DATABASE {} OWNER {}")
            cursor.execute(statement.format(sql.Identifier(DATABASE), sql.Identifier(ROLE)))


def _read_password(home: ClusterHome, role: str) -> str:
    for line in home.passwords.read_text().splitlines():
        *_, user, password = line.split(":")
        if user == role:
            return password
    raise EmbeddedError(f"{home.passwords} has no line for the role {role}")
