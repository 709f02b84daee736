"""What may be asked of the store, and what it answers.

    ref.ask(CreateAccount("Ann", "correct horse"))  ->  AccountRecord, or raises NameTaken

Each request says in which lane it waits. Besides the refusals named with it, any of them may raise
StoreBusy (then it was not done), StoreUnavailable and StoreCrashed (then nobody knows). A password never
shows in a `repr`, and so in no log.
"""

from __future__ import annotations

import enum
from typing import ClassVar

from actors.storage.entities import EntityRecord
from actors.storage.positions import Position
from actors.storage.restart_records import RestartRow
from actors.storage.session_tokens import TokenAsked, TokenRow
from actors.storage.sessions import SessionRow
from wyld_actors import Message, Record

__all__ = [
    "Authenticate",
    "ChangePassword",
    "ClaimWorld",
    "CreateAccount",
    "CreateCharacter",
    "FindEntities",
    "FindRestarts",
    "ForgetPositions",
    "GetStoreStatus",
    "Lane",
    "LaneStatus",
    "ListCharacters",
    "LoadEntities",
    "LoadPositions",
    "LoadSessions",
    "NextEpoch",
    "ReleaseWorld",
    "RevokeTokens",
    "SaveCheckpoint",
    "SaveRestarts",
    "SaveSessions",
    "SelectCharacter",
    "StoreRequest",
    "StoreStatus",
    "TakeTokens",
    "TrimRestarts",
    "TrimSessions",
]


class Lane(enum.Enum):
    """What waits behind what."""

    WRITES = "writes"
    """One worker, so in the order asked: checkpoints, and the lock on the world they are written under; in a
    gateway its sessions."""
    LOGINS = "logins"
    """Slow by intention (password hashes); with the chores together it leaves a worker to the others."""
    CHORES = "chores"
    """What nobody waits for: the restart log, trimming."""
    QUERIES = "queries"
    """Everything else."""


class StoreRequest(Message, frozen=True):
    """Base of all requests."""

    lane: ClassVar[Lane] = Lane.QUERIES


class CreateAccount(StoreRequest, frozen=True):
    """Make an account: AccountRecord. Raises NameTaken, UnusableName."""

    lane: ClassVar[Lane] = Lane.LOGINS
    name: str
    password: str

    def __repr__(self) -> str:
        return f"CreateAccount(name={self.name!r}, password=***)"


class Authenticate(StoreRequest, frozen=True):
    """Check a password and note the login: AccountRecord. Raises WrongCredentials."""

    lane: ClassVar[Lane] = Lane.LOGINS
    name: str
    password: str

    def __repr__(self) -> str:
        return f"Authenticate(name={self.name!r}, password=***)"


class ChangePassword(StoreRequest, frozen=True):
    """Replace a password and revoke the tokens of all the account's sessions: AccountRecord.

    Raises WrongCredentials when the old one is wrong.
    """

    lane: ClassVar[Lane] = Lane.LOGINS
    name: str
    password: str
    new_password: str

    def __repr__(self) -> str:
        return f"ChangePassword(name={self.name!r}, password=***, new_password=***)"


class ListCharacters(StoreRequest, frozen=True):
    """The characters of an account: list[CharacterRecord], oldest first."""

    account_id: int


class CreateCharacter(StoreRequest, frozen=True):
    """Make a character: CharacterRecord. Raises NameTaken, UnusableName, NoSuchAccount."""

    account_id: int
    name: str
    background: str


class SelectCharacter(StoreRequest, frozen=True):
    """The account's character of this name, noted as played now: CharacterRecord. Raises NoSuchCharacter."""

    account_id: int
    name: str


class LoadEntities(StoreRequest, frozen=True):
    """All entities of these kinds, or of all: list[EntityRecord], by id."""

    kinds: tuple[str, ...] = ()


class FindEntities(StoreRequest, frozen=True):
    """Those of the given entities that exist: list[EntityRecord], by id."""

    ids: tuple[str, ...]


class LoadPositions(StoreRequest, frozen=True):
    """How far every session got: list[Position], by session."""


class ForgetPositions(StoreRequest, frozen=True):
    """Drop the positions of sessions that are closed for good: None."""

    lane: ClassVar[Lane] = Lane.WRITES
    sessions: tuple[int, ...]


class SaveCheckpoint(StoreRequest, frozen=True):
    """Write all of it in one transaction: None. After StoreUnavailable ask the same again: it is safe.

    `forgotten` are sessions closed for good. Raises WorldTaken when this process owned a world and has
    lost it to another.
    """

    lane: ClassVar[Lane] = Lane.WRITES
    entities: tuple[EntityRecord, ...] = ()
    deleted: tuple[str, ...] = ()
    positions: tuple[Position, ...] = ()
    forgotten: tuple[int, ...] = ()

    def __repr__(self) -> str:
        counts = (
            f"{len(self.entities)} entities, {len(self.deleted)} deleted, {len(self.positions)} positions"
        )
        return f"SaveCheckpoint({counts})"


class NextEpoch(StoreRequest, frozen=True):
    """A boot number greater than all given before: int."""

    name: str


class ClaimWorld(StoreRequest, frozen=True):
    """Become the owner of a world, for as long as this process lives: None. Raises WorldTaken.

    The database may need a moment to notice that a killed owner is gone: `wait_seconds` is for that. With
    `epoch`, this boot's number, a claim is refused once a later boot of the same world has begun.
    """

    lane: ClassVar[Lane] = Lane.WRITES
    world: str
    wait_seconds: float = 0.0
    epoch: int | None = None


class ReleaseWorld(StoreRequest, frozen=True):
    """Give the world up, for a successor: None."""

    lane: ClassVar[Lane] = Lane.WRITES
    world: str


class SaveRestarts(StoreRequest, frozen=True):
    """Keep these records of a process: None. After StoreUnavailable ask the same again: it is safe."""

    lane: ClassVar[Lane] = Lane.CHORES
    process: str
    rows: tuple[RestartRow, ...]

    def __repr__(self) -> str:
        return f"SaveRestarts({self.process!r}, {len(self.rows)} rows)"


class TrimRestarts(StoreRequest, frozen=True):
    """Drop what is too old or too much of the records of a process: None."""

    lane: ClassVar[Lane] = Lane.CHORES
    process: str


class FindRestarts(StoreRequest, frozen=True):
    """The newest records of a process about `path` or what is below it: list of their fields, oldest first.

    `since` is a wall clock time.
    """

    process: str
    since: float = 0.0
    path: str = ""
    limit: int = 100


class SaveSessions(StoreRequest, frozen=True):
    """Write all of it in one transaction: the digests of those tokens that are good now, as a frozenset.

    After StoreUnavailable ask the same again: it is safe. `closed` are sessions that have ended; their
    tokens are deleted. `tokens` are kept behind the rows.
    """

    lane: ClassVar[Lane] = Lane.WRITES
    gateway: str
    rows: tuple[SessionRow, ...] = ()
    closed: tuple[int, ...] = ()
    tokens: tuple[TokenRow, ...] = ()

    def __repr__(self) -> str:
        counts = f"{len(self.rows)} rows, {len(self.closed)} closed, {len(self.tokens)} tokens"
        return f"SaveSessions({self.gateway!r}, {counts})"


class LoadSessions(StoreRequest, frozen=True):
    """The open sessions of a gateway: list[SessionRow], oldest first."""

    gateway: str


class TakeTokens(StoreRequest, frozen=True):
    """Consume these and keep those named next, in one transaction: for each a TokenTaken, or a TokenRefused
    that says why, in order.

    Of any number who ask for one, one gets it.
    """

    gateway: str
    asked: tuple[TokenAsked, ...]


class RevokeTokens(StoreRequest, frozen=True):
    """Let no token of these sessions, or of any session of this account, open anything any more: None."""

    sessions: tuple[int, ...] = ()
    account_id: int | None = None


class TrimSessions(StoreRequest, frozen=True):
    """Drop closed sessions and tokens that have had their time: how many sessions."""

    lane: ClassVar[Lane] = Lane.CHORES
    gateway: str


class GetStoreStatus(Message, frozen=True):
    """How the store is: StoreStatus. Never waits and needs no database."""


class LaneStatus(Record, frozen=True):
    """Counters of a lane since its store started; times in seconds."""

    waiting: int
    running: int
    high_water: int
    finished: int
    refused: int
    waited_seconds: float
    longest_wait_seconds: float
    worked_seconds: float


class StoreStatus(Record, frozen=True):
    """`connected` of `workers` have a connection; `problem` is what the last one without says."""

    workers: int
    connected: int
    problem: str
    lanes: dict[str, LaneStatus]
