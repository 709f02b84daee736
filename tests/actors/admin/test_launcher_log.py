"""What became of processes, from the launcher's file, and from the table when the file does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.admin.launcher_log import REST_SECONDS, LauncherLog
from supervisors import JsonLinesFile, LogEvent, RestartLog, RestartRecord
from tests.actors.admin.test_archive import ScriptedArchive, write
from wyld_actors import ManualClock


class Bench:
    """A file with the times 20 and 30, and a table that has 10, 20 and 30."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.table = ManualClock(), ScriptedArchive()
        self.file = folder / "launcher-restarts.jsonl"
        into_table = lambda record: self.table.rows.append(record.as_fields())  # noqa: E731 - a sink
        write(RestartLog([into_table]), "/launcher/world", 10.0)
        log = RestartLog([JsonLinesFile(self.file), into_table])
        for time in (20.0, 30.0):
            log.write(
                RestartRecord(
                    event=LogEvent.ESCALATED, supervisor="/launcher", path="/launcher/world", time=time
                )
            )
        self.log = LauncherLog(self.file, self.table, self.clock.now)

    def times(self, since: float = 0.0, limit: int = 10) -> list[float]:
        return [record["time"] for record in self.log.find(since=since, path="/launcher", limit=limit)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_the_file_has_lost_comes_from_the_table_and_nothing_twice(bench: Bench) -> None:
    assert bench.times() == [10.0, 20.0, 30.0]
    bench.file.unlink()
    assert bench.times() == [10.0, 20.0, 30.0]


def test_the_newest_are_given_when_there_are_more(bench: Bench) -> None:
    bench.file.unlink()

    assert bench.times(limit=2) == [20.0, 30.0]
    assert bench.times(limit=0) == []


@pytest.mark.parametrize(("since", "limit"), [(20.0, 10), (25.0, 10), (0.0, 2)])
def test_the_table_is_not_asked_for_what_the_file_knows(bench: Bench, since: float, limit: int) -> None:
    assert bench.times(since, limit) == [time for time in (20.0, 30.0) if time >= since]

    assert bench.table.asked == []


def test_a_table_that_does_not_answer_is_left_alone_for_a_while(bench: Bench) -> None:
    bench.table.is_away = True

    assert bench.times() == bench.times() == [20.0, 30.0]
    assert len(bench.table.asked) == 1

    bench.table.is_away = False
    bench.clock.advance_to(REST_SECONDS)
    assert bench.times() == [10.0, 20.0, 30.0]
