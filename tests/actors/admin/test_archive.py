"""The restart log as operators read it: from the database, from the file while that is away, never twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.admin.archive import ArchiveStatus
from actors.admin.checks import Health, archive_check
from actors.admin.desk import AdminDesk
from actors.admin.errors import NotAnswered
from actors.admin.options import AdminOptions
from actors.admin.restarts import Fields
from supervisors import JsonLinesFile, LogEvent, RestartLog, RestartRecord
from tests.actors.admin.conftest import ScriptedHalf
from wyld_actors import ActorSystem, ManualClock


class ScriptedArchive:
    """A table with what was written into it, or a database that is away."""

    def __init__(self) -> None:
        self.rows: list[Fields] = []
        self.is_away = False
        self.asked: list[dict[str, Any]] = []

    def find(self, **chosen: Any) -> list[Fields]:
        self.asked.append(chosen)
        if self.is_away:
            raise NotAnswered("the database cannot be used now")
        return list(self.rows)

    def status(self) -> ArchiveStatus:
        return ArchiveStatus(3 if self.is_away else 0, 7, 0, "connection refused" if self.is_away else "")


class Bench:
    """A desk whose process has been started before."""

    def __init__(self, folder: Path) -> None:
        self.archive = ScriptedArchive()
        self.file = folder / "restarts.jsonl"
        self.system = ActorSystem(clock=ManualClock())
        earlier = RestartLog([JsonLinesFile(self.file), self._into_table])
        write(earlier, "/top/earlier", 10.0)
        self.log = RestartLog([JsonLinesFile(self.file)], clock=self.system.clock)
        options = AdminOptions("token", restart_file=self.file)
        self.desk = AdminDesk(options, self.system, ScriptedHalf(), self.log, self.archive)

    def _into_table(self, record: RestartRecord) -> None:
        self.archive.rows.append(record.as_fields())

    def paths(self, **chosen: Any) -> list[str]:
        found = self.desk.restarts(**{"since": 0.0, "path": "", "limit": 50, **chosen})
        return [record["path"] for record in found]


def write(log: RestartLog, path: str, time: float) -> None:
    log.write(RestartRecord(event=LogEvent.RESTARTED, supervisor="/top", path=path, time=time))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_happened_before_the_start_comes_from_the_database(bench: Bench) -> None:
    bench.file.unlink()

    assert bench.paths(since=5.0, path="/top", limit=3) == ["/top/earlier"]
    assert bench.archive.asked == [{"since": 5.0, "path": "/top", "limit": 3}]


def test_what_is_not_in_the_database_yet_is_told_as_well_and_nothing_twice(bench: Bench) -> None:
    write(bench.log, "/top/new", 30.0)
    write(bench.log, "/top/newest", 20.0)
    bench.archive.rows.append(bench.log.recent()[0].as_fields())

    assert bench.paths() == ["/top/earlier", "/top/newest", "/top/new"], "by time"


def test_while_the_database_is_away_the_file_is_read(bench: Bench) -> None:
    bench.archive.is_away = True
    write(bench.log, "/top/new", 20.0)

    assert bench.paths() == ["/top/earlier", "/top/new"]


def test_a_file_that_older_versions_have_written_is_read_too(bench: Bench) -> None:
    bench.archive.is_away = True
    bench.file.write_text('{"path": "/top/old", "time": 1.0}\n{"path": "/top/old", "time": 2.0}\n')

    assert bench.paths() == ["/top/old", "/top/old"]


def test_the_doctor_says_when_records_do_not_reach_the_database(bench: Bench) -> None:
    assert archive_check(bench.archive.status()).health is Health.OK
    bench.archive.is_away = True

    check = archive_check(bench.archive.status())

    assert check.health is Health.WARNING
    assert "3 restart records wait for the database: connection refused" in check.finding
    assert check in bench.desk.examine()
    assert b"wyld_restart_records_waiting 3.0" in bench.desk.metrics()


def test_records_that_were_given_up_are_counted_as_lost(bench: Bench) -> None:
    status = ArchiveStatus(0, 7, 15, "")

    assert archive_check(status).health is Health.WARNING
    assert "15 restart records are not in the database" in archive_check(status).finding
