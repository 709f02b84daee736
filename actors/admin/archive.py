"""What the operators' interface wants to know of the restart log in the database."""

from typing import Protocol

from actors.admin.restarts import Fields
from wyld_actors import Record


class ArchiveStatus(Record, frozen=True):
    """`waiting` records are not in the database yet, `problem` says why if that is not as it should be;
    `dropped` were given up. The file has them all."""

    waiting: int
    written: int
    dropped: int
    problem: str


class Table(Protocol):
    """A restart log as the database has it."""

    def find(self, *, since: float, path: str, limit: int) -> list[Fields]:
        """The newest records that fit, among others that may not. Raises NotAnswered."""


class Archive(Table, Protocol):
    """That of this process, with what is on its way there."""

    def status(self) -> ArchiveStatus:
        """How it is."""
