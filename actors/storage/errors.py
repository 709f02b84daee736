"""What storage answers when it cannot do what it was asked.

    Refused (wyld_actors)              the asker gets it, the store actor lives on
    +-- StorageRefused
        +-- StoreUnavailable           the database cannot be reached, or did not answer in time
        |   +-- SchemaTooNew           the database was migrated by a newer version of this program
        |   +-- SchemaOutdated         the database waits for `migrate`
        +-- StoreBusy                  a queue is full; nothing was done, try again later
        +-- StoreCrashed               a bug ended the worker that held the request
        +-- NameTaken                  account and character names are unique whatever their case
        +-- UnusableName               no name at all: empty, too long, with control characters
        +-- WrongCredentials           unknown account or wrong password; deliberately the same
        +-- NoSuchAccount
        +-- NoSuchCharacter
        +-- WorldTaken                 another process owns the world of this name
        +-- TokenRefused               a token opens nothing, and why
            +-- TokenExpired
            +-- TokenUsed              or somebody else was faster
            +-- TokenWrong             never given out, or replaced, or revoked
            +-- NoSuchSession          of this gateway
            +-- SessionIsClosed

    EmbeddedError                      the embedded PostgreSQL cannot be run here
    +-- WrongMajorVersion
    +-- NotOurs

Any other exception that leaves this package is a bug in it, and ends the actor that met it.
"""

from __future__ import annotations

from wyld_actors import Refused

__all__ = [
    "EmbeddedError",
    "NameTaken",
    "NoSuchAccount",
    "NoSuchCharacter",
    "NoSuchSession",
    "NotOurs",
    "SchemaOutdated",
    "SchemaTooNew",
    "SessionIsClosed",
    "StorageRefused",
    "StoreBusy",
    "StoreCrashed",
    "StoreUnavailable",
    "TokenExpired",
    "TokenRefused",
    "TokenUsed",
    "TokenWrong",
    "UnusableName",
    "WorldTaken",
    "WrongCredentials",
    "WrongMajorVersion",
]


class StorageRefused(Refused):
    """Base of every "no" that storage says on purpose."""


class StoreUnavailable(StorageRefused):
    """The database cannot be used now. Whether a running transaction was committed is unknown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the database cannot be used now: {self.reason}"


class SchemaTooNew(StoreUnavailable):
    """A newer program has migrated this database; this one would misread it."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"its schema is version {found}, this program knows up to {known}; "
            "run the version of the program that migrated it, or restore the backup made before"
        )
        self.found = found
        self.known = known


class SchemaOutdated(StoreUnavailable):
    """The schema is behind the program, and this process was told not to change it."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"its schema is version {found}, this program needs {known}; migrate it first")
        self.found = found
        self.known = known


class StoreBusy(StorageRefused):
    """A bounded queue is full. The request was not begun."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(what, limit)
        self.what = what
        self.limit = limit

    def __str__(self) -> str:
        return f"too many {self.what} are waiting (limit {self.limit}); try again in a moment"


class StoreCrashed(StorageRefused):
    """The worker that held this request ended before it answered."""

    def __init__(self, request: str) -> None:
        super().__init__(request)
        self.request = request

    def __str__(self) -> str:
        return f"the store crashed while handling {self.request}; see the restart log"


class NameTaken(StorageRefused):
    """The name, or one that differs only in case, belongs to somebody else."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"the name {self.name} is taken; choose another"


class UnusableName(StorageRefused):
    """Nobody can be called this."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name!a:.60} cannot be used as a name"


class WrongCredentials(StorageRefused):
    """Says no more than this: which accounts exist is nobody's business."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return "there is no account with this name and password"


class NoSuchAccount(StorageRefused):
    """No account has this id."""

    def __init__(self, account_id: int) -> None:
        super().__init__(account_id)
        self.account_id = account_id

    def __str__(self) -> str:
        return f"there is no account {self.account_id}"


class NoSuchCharacter(StorageRefused):
    """The account has no such character."""

    def __init__(self, character: str) -> None:
        super().__init__(character)
        self.character = character

    def __str__(self) -> str:
        return f"there is no character {self.character} in this account"


class WorldTaken(StorageRefused):
    """Another database connection holds the lock on this world."""

    def __init__(self, world: str) -> None:
        super().__init__(world)
        self.world = world

    def __str__(self) -> str:
        return f"the world {self.world} is owned by another process; stop it, or give this one another name"


class TokenRefused(StorageRefused):
    """Base: the token was not taken. `session` is what it names or belongs to, None for a code of nobody."""

    def __init__(self, session: int | None) -> None:
        super().__init__(session)
        self.session = session


class TokenExpired(TokenRefused):
    """It was good once."""

    def __str__(self) -> str:
        return f"the token of session {self.session} has expired"


class TokenUsed(TokenRefused):
    """It opens its session once only."""

    def __str__(self) -> str:
        return f"the token of session {self.session} has been used"


class TokenWrong(TokenRefused):
    """Nothing of the kind is valid for this session."""

    def __str__(self) -> str:
        whose = "of nobody" if self.session is None else f"not of session {self.session}"
        return f"the token is {whose}"


class NoSuchSession(TokenRefused):
    """This gateway has no such session."""

    def __str__(self) -> str:
        return f"there is no session {self.session}"


class SessionIsClosed(TokenRefused):
    """The session has ended for good."""

    def __str__(self) -> str:
        return f"session {self.session} is closed"


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be run here; the text says what to do."""


class WrongMajorVersion(EmbeddedError):
    """The data folder was written by another major version of PostgreSQL."""

    def __init__(self, folder: str, found: str, expected: str) -> None:
        super().__init__(folder, found, expected)
        self.folder = folder
        self.found = found
        self.expected = expected

    def __str__(self) -> str:
        return (
            f"{self.folder} was written by PostgreSQL {self.found}, and this program brings PostgreSQL "
            f"{self.expected}, which cannot read it. Dump it with a PostgreSQL {self.found} (pg_dumpall) and "
            "load the dump into a new folder, or move the folder away to begin empty"
        )


class NotOurs(EmbeddedError):
    """The data folder belongs to another user of the machine."""

    def __init__(self, folder: str, owner: str, ours: str) -> None:
        super().__init__(folder, owner, ours)
        self.folder = folder
        self.owner = owner
        self.ours = ours

    def __str__(self) -> str:
        return (
            f"{self.folder} belongs to {self.owner} and this process is {self.ours}: "
            f"run it as {self.owner} or as root, or give the folder away with chown -R"
        )
