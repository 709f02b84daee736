"""The rows of one process in the table of restart records, as operators ask for them."""

from __future__ import annotations

from dataclasses import dataclass

from actors.admin.half import ask_registered
from actors.admin.restarts import Fields
from actors.storage.requests import FindRestarts
from actors.storage.store import STORE_NAME
from wyld_actors import ActorSystem

__all__ = ["RestartTable"]


@dataclass(frozen=True, slots=True)
class RestartTable:
    """`process` names the rows: "world:main", "gateway:gw", "launcher:main"."""

    process: str
    system: ActorSystem
    store: str = STORE_NAME

    def find(self, *, since: float, path: str, limit: int) -> list[Fields]:
        """The newest that fit, oldest first. Raises NotAnswered."""
        question = FindRestarts(self.process, since, path, limit)
        found: list[Fields] = ask_registered(self.system, self.store, question)
        return found
