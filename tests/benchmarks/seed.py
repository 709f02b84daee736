"""Makes accounts for a benchmark, each with one character: `python -m tests.benchmarks.seed DATA_DIR COUNT`.

Written into the database of a running server. All have one password, hashed once; a login still checks the
hash of each.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402 - patched before anything else is imported
from pathlib import Path  # noqa: E402

from actors.storage.accounts import create_account  # noqa: E402
from actors.storage.characters import create_character  # noqa: E402
from actors.storage.cooperative import CooperativeDatabase  # noqa: E402
from actors.storage.embedded import EmbeddedPostgres  # noqa: E402
from actors.storage.passwords import PasswordHasher, PasswordOptions  # noqa: E402
from tests.benchmarks.accounts import PASSWORD, player_name  # noqa: E402


def seed(data_dir: Path, count: int) -> None:
    """Accounts and characters number 0 to `count` - 1."""
    database = CooperativeDatabase(EmbeddedPostgres(data_dir).ensure_running())
    hashed = PasswordHasher(PasswordOptions()).hash(PASSWORD)
    with database.connection_context(), database.atomic():
        for number in range(count):
            account = create_account(database, player_name(number), hashed)
            create_character(database, account.id, player_name(number), "wanderer")


if __name__ == "__main__":
    seed(Path(sys.argv[1]), int(sys.argv[2]))
