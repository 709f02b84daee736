"""One place that knows how to answer an operator: from the actor system, its restarts, its half and its
files.

Made once for a process and outlasts the crashes of the actor that serves it over HTTP. What is said here in
Python is said by `app` in HTTP, and by the commands on a terminal.
"""

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from actors.admin import checks as rules
from actors.admin.archive import Archive, Table
from actors.admin.checks import Check
from actors.admin.errors import NotAnswered
from actors.admin.finding import Found, named_like
from actors.admin.half import Half
from actors.admin.launcher_log import LauncherLog, records_of_file
from actors.admin.look import Look, branches, news
from actors.admin.loop_lag import LoopLag
from actors.admin.metrics import Measurements
from actors.admin.options import AdminOptions
from actors.admin.remembered import Remembered
from actors.admin.restarts import TAIL_BYTES, Fields, RestartHistory, chosen
from actors.admin.shared import SharedPieces
from actors.admin.survey import take_survey
from actors.admin.tree_json import tree_json
from actors.admin.views import ActorView, actor_view, letter_views, top_view, tree_view
from supervisors import LogEvent, RestartLog
from supervisors.snapshot import is_done, state_of
from wyld_actors import ActorSystem
from wyld_actors.slices import in_slices

logger = logging.getLogger(__name__)

KEY_FILES: Final = ("admin.key", "link.key", "world-curve.key", "gateway-curve.key")
LAUNCHER_RECORDS: Final = 1_000
PROCESS_ENDS: Final = {LogEvent.CHILD_TERMINATED.value, LogEvent.START_ERROR.value}
# Mailboxes that the doctor looks into.
DEEPEST: Final = 20


class Overview(msgspec.Struct, frozen=True):
    """Which process this is."""

    process: str
    version: str
    pid: int
    time: float
    up_seconds: float
    actors: int
    dead_letters: int
    is_ready: bool


class AdminDesk:
    """Answers for one process. Asks actors with a deadline; may block the greenlet that calls."""

    def __init__(
        self,
        options: AdminOptions,
        system: ActorSystem,
        half: Half,
        log: RestartLog,
        archive: Archive | None = None,
        *,
        launcher: Table | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.options = options
        self.system = system
        self.half = half
        self.archive = archive
        self.history = RestartHistory(log)
        self.launcher = LauncherLog(options.launcher_file, launcher, system.now)
        self.lag = LoopLag(system.now)
        self.wall_clock = wall_clock
        self._measurements = Measurements(system, half, self.history, self.lag, archive)
        self._trees = SharedPieces(system.now)
        self._survey = Remembered(lambda: take_survey(system), system.now)
        self._started_at = wall_clock(), system.now()
        self._life = f"{os.getpid()}-{self._started_at[0] * 1000:.0f}"

    def overview(self) -> Overview:
        return Overview(
            process=self.half.name,
            version=self.options.version,
            pid=os.getpid(),
            time=self.wall_clock(),
            up_seconds=self._up_seconds(),
            actors=self.system.cell_count,
            dead_letters=self.system.dead_letter_count,
            is_ready=not any(check.is_failing for check in self.readiness()),
        )

    def look(self, opened: Iterable[str], limit: int, known: str) -> Look:
        """What a page shows, see `look`; `known` is how far it has read the restart log."""
        survey = self._survey.get()
        return Look(
            process=self.half.name,
            version=self.options.version,
            pid=os.getpid(),
            time=self.wall_clock(),
            up_seconds=self._up_seconds(),
            dead_letters=self.system.dead_letter_count,
            total=survey.total,
            branches=branches(self.system, survey, self.recent(), opened, limit),
            news=news(self.history, self._life, known),
        )

    def find(self, name: str, limit: int) -> list[Found]:
        return named_like(self.system, name, limit)

    def _up_seconds(self) -> float:
        return self.system.now() - self._started_at[1]

    def recent(self) -> dict[str, tuple[int, ...]]:
        """Restarts in the last 1, 5 and 60 minutes, by path."""
        return self.history.recent(self.wall_clock())

    def tree(self, path: str, depth: int | None) -> Iterator[bytes]:
        """JSON in pieces, see `tree_json`, shared by those who ask together. Raises NoSuchActor at once."""
        return self._trees.get(
            (path, depth), lambda: tree_json(tree_view(self.system, self.recent(), path, depth))
        )

    def has_changed(self) -> None:
        """Somebody has done something: what he sees next is to show it."""
        self._trees.forget()

    def actor(self, path: str) -> ActorView:
        return actor_view(self.system, self.recent(), path)

    def top(self, by: str, limit: int) -> list[object]:
        return list(top_view(self.system, by, limit))

    def letters(self, limit: int) -> list[object]:
        return list(letter_views(self.system, limit))

    def metrics(self) -> bytes:
        return self._measurements.text()

    def restarts(self, *, since: float, path: str, limit: int) -> list[Fields]:
        """Records of the log, oldest first; of earlier lives of the process as well, from the database or,
        while that is away, from the file."""
        recent = [record.as_fields() for record in in_slices(self.history.log.recent())]
        kept = {record["id"]: record for record in [*self._kept(since, path, limit), *recent]}
        records = sorted(kept.values(), key=lambda record: float(record.get("time", 0.0)))
        return chosen(records, since=since, path=path, limit=limit)

    def _kept(self, since: float, path: str, limit: int) -> list[Fields]:
        if self.archive is not None:
            try:
                return self.archive.find(since=since, path=path, limit=limit)
            except NotAnswered as error:
                logger.info("admin: the restart log is read from its file: %s", error)
        return records_of_file(self.options.restart_file, TAIL_BYTES)

    # Health ----------------------------------------------------------------------------------------

    def readiness(self) -> list[Check]:
        """What must be well for this process to be given work."""
        return [
            rules.loop_check(self.lag.worst()),
            rules.tree_check(self._parts()),
            *self.half.checks(),
        ]

    def examine(self) -> list[Check]:
        """Everything that can be looked at, for a person."""
        return [
            *self.readiness(),
            self._mailboxes(),
            rules.restart_check(self.recent()),
            *self._process(),
            *([] if self.archive is None else [rules.archive_check(self.archive.status())]),
            rules.letters_check(self.system.dead_letter_count),
            rules.clock_check(self.wall_clock(), self._drift()),
            *self._files(),
        ]

    def _parts(self) -> dict[str, str]:
        """The states of those just below the roots, by path; who has done its work is not missed."""
        cells = [cell for root in self.system.roots.values() for cell in (root.children or {}).values()]
        return {cell.path: state_of(cell) for cell in cells if not is_done(cell)}

    def _process(self) -> list[Check]:
        """What the launcher tells of this process; nothing where there is none."""
        if self.options.launcher_file is None:
            return []
        now = self.wall_clock()
        path = f"/launcher/{self.half.name}"
        records = self.launcher.find(since=now - 3600, path=path, limit=LAUNCHER_RECORDS)
        return [rules.process_check([record for record in records if record["event"] in PROCESS_ENDS], now)]

    def _mailboxes(self) -> Check:
        system = self.system
        paths = {row.path for by in ("depth", "wait") for row in top_view(system, by, DEEPEST)}
        found = [(path, ref.cell) for path in sorted(paths) if (ref := system.find(path)) is not None]
        return rules.mailbox_check(
            [(path, cell.depth, cell.mailbox.limit, cell.oldest_seconds) for path, cell in found]
        )

    def _drift(self) -> float:
        wall, steady = self._started_at
        return (self.wall_clock() - wall) - (self.system.now() - steady)

    def _files(self) -> list[Check]:
        folder = self.options.data_dir
        if folder is None:
            return []
        return [
            rules.disk_check(shutil.disk_usage(folder).free),
            rules.key_files_check(_modes(folder / name for name in KEY_FILES)),
        ]


def _modes(files: Iterable[Path]) -> dict[Path, int]:
    return {file: file.stat().st_mode for file in files if file.exists()}
