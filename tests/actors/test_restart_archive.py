"""The restart log's way into the database: no supervisor waits for it, and nothing is lost in silence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from actors.restart_archive import (
    BATCH_ROWS,
    RETRY_SECONDS,
    TRIM_EVERY_ROWS,
    WRITE_SECONDS,
    ArchiveOptions,
    RestartArchive,
    archive_child,
)
from actors.storage.errors import StoreCrashed, StoreUnavailable
from actors.storage.requests import FindRestarts, SaveRestarts, TrimRestarts
from supervisors import JsonLinesFile, LogEvent, RestartLog, RestartRecord, one_for_one, run_tree, supervisor
from wyld_actors import Actor, ActorSystem, Context, ManualClock, on


class Notes:
    """What the scripted store was asked, and what it says."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}
        self.batches: list[int] = []
        self.trims = 0
        self.says: Exception | None = None
        self.poison = ""


class ScriptedStore(Actor):
    """A store that is up or down as its notes say."""

    def __init__(self, notes: Notes) -> None:
        super().__init__()
        self._notes = notes

    def on_start(self) -> None:
        self.ctx.system.registry.register("store", self.ctx.ref)

    @on(SaveRestarts)
    def save(self, ctx: Context, request: SaveRestarts) -> None:
        if self._notes.says is not None:
            raise self._notes.says
        if any(row.path == self._notes.poison for row in request.rows):
            raise StoreCrashed("SaveRestarts")
        self._notes.batches.append(len(request.rows))
        self._notes.rows |= {row.id: row.record for row in request.rows}

    @on(TrimRestarts)
    def trim(self, ctx: Context, request: TrimRestarts) -> None:
        self._notes.trims += 1

    @on(FindRestarts)
    def find(self, ctx: Context, request: FindRestarts) -> list[dict[str, Any]]:
        return [json.loads(record) for record in self._notes.rows.values()]


class Bench:
    """A restart log with an archive, and the store behind it."""

    def __init__(self, file: Path | None = None, limit: int = 1000, *, is_followed: bool = False) -> None:
        self.system = ActorSystem(clock=ManualClock())
        self.notes = Notes()
        self.system.spawn(ScriptedStore, self.notes, name="store")
        self.archive = RestartArchive(ArchiveOptions("world:main", file, is_followed), self.system, limit)
        self.log = RestartLog([self.archive.add], clock=self.system.clock)
        self.tree = run_tree(self.system, supervisor("top", one_for_one, [archive_child(self.archive)]))
        assert self.tree.started.get(timeout=10)

    def write(self, count: int) -> None:
        """Records that have nothing to do with each other."""
        for number in range(count):
            path = f"/world/npc-{number}"
            self.log.write(RestartRecord(event=LogEvent.RESTARTED, supervisor="/world", path=path))

    def advance(self, seconds: float = WRITE_SECONDS) -> None:
        self.system.advance(seconds)

    def advance_until(self, holds: Callable[[], bool]) -> None:
        """Second by second; a file is read in a thread, which takes no time of this clock."""
        with gevent.Timeout(10):
            while not holds():
                self.advance()
                gevent.idle()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.system.stop()


def test_records_are_written_in_batches_within_a_second(bench: Bench) -> None:
    bench.write(BATCH_ROWS + 3)
    assert bench.notes.batches == [], "nobody waits for the database"

    bench.advance()

    assert bench.notes.batches == [BATCH_ROWS, 3]
    assert bench.archive.status().waiting == 0
    assert json.loads(next(iter(bench.notes.rows.values())))["path"] == "/world/npc-0"


def test_while_the_database_is_away_records_wait_and_it_is_said_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.notes.says = StoreUnavailable("connection refused")
    bench.write(3)
    bench.advance(30.0)

    assert bench.archive.status().waiting == 3
    assert "connection refused" in bench.archive.status().problem
    assert caplog.text.count("wait for the database") == 1

    bench.notes.says = None
    bench.advance(RETRY_SECONDS)
    assert (bench.archive.status().waiting, bench.archive.status().problem) == (0, "")
    assert len(bench.notes.rows) == 3


def test_past_the_limit_the_oldest_are_given_up_counted_and_said(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(limit=10)
    bench.notes.says = StoreUnavailable("gone")
    bench.write(25)

    assert bench.archive.status().waiting == 10
    assert bench.archive.status().dropped == 15
    assert "given up" in caplog.text
    bench.notes.says = None
    bench.advance(RETRY_SECONDS)
    assert json.loads(next(iter(bench.notes.rows.values())))["path"] == "/world/npc-15"
    bench.system.stop()


def test_of_a_batch_over_which_the_store_crashes_only_the_row_that_does_it_is_given_up(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.notes.poison = "/world/npc-1"
    bench.write(3)
    for _ in range(3):
        bench.advance(RETRY_SECONDS + 1)
    bench.write(1)
    bench.advance()

    assert (bench.archive.status().dropped, bench.archive.status().waiting) == (1, 0)
    assert bench.notes.batches == [1, 1, 1]
    assert "3 restart records, which are tried one by one" in caplog.text
    assert "a restart record, which is given up" in caplog.text


def test_a_crash_of_the_store_that_has_nothing_to_do_with_the_records_costs_none(bench: Bench) -> None:
    bench.notes.says = StoreCrashed("SaveRestarts")
    bench.write(3)
    bench.advance()
    bench.notes.says = None
    bench.advance(RETRY_SECONDS + 1)
    bench.write(2)
    bench.advance()

    assert (bench.archive.status().dropped, bench.archive.status().waiting) == (0, 0)
    assert bench.notes.batches == [1, 1, 1, 2]


def test_the_table_is_trimmed_at_first_and_then_now_and_then(bench: Bench) -> None:
    bench.write(1)
    bench.advance()
    assert bench.notes.trims == 1

    bench.write(TRIM_EVERY_ROWS - 1)
    bench.advance()
    assert bench.notes.trims == 1
    bench.write(1)
    bench.advance()
    assert bench.notes.trims == 2


def test_the_last_records_are_written_when_the_process_stops(bench: Bench) -> None:
    bench.write(2)
    bench.tree.shutdown()
    bench.system.settle()

    assert len(bench.notes.rows) == 2


def test_what_an_earlier_life_left_in_the_file_is_brought_into_the_table(tmp_path: Path) -> None:
    file = tmp_path / "restarts.jsonl"
    RestartLog([JsonLinesFile(file)]).write(
        RestartRecord(event=LogEvent.ESCALATED, supervisor="/world", path="/world", time=5.0)
    )

    bench = Bench(file)
    bench.advance()

    assert [json.loads(record)["event"] for record in bench.notes.rows.values()] == ["escalated"]
    bench.system.stop()


def test_a_file_that_cannot_be_read_keeps_no_record_from_the_table(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path)

    bench.write(1)
    bench.advance()

    assert len(bench.notes.rows) == 1
    assert "the restart log cannot be read" in caplog.text
    bench.system.stop()


def test_a_file_that_another_process_writes_is_followed(tmp_path: Path) -> None:
    file = tmp_path / "launcher-restarts.jsonl"
    bench = Bench(file, is_followed=True)
    launcher = RestartLog([JsonLinesFile(file, limit_bytes=1000)])

    for number in range(1, 6):
        launcher.write(
            RestartRecord(event=LogEvent.ESCALATED, supervisor="/launcher", path=f"/launcher/{number}")
        )
        bench.advance_until(lambda: len(bench.notes.rows) == number)  # noqa: B023 - called at once

    assert file.with_name(f"{file.name}.1").exists(), "it was rotated meanwhile"
    assert bench.notes.batches == [1] * 5, "and nothing is written twice"
    bench.system.stop()


def test_who_follows_a_file_anew_doubles_nothing(tmp_path: Path) -> None:
    file = tmp_path / "launcher-restarts.jsonl"
    RestartLog([JsonLinesFile(file)]).write(
        RestartRecord(event=LogEvent.ESCALATED, supervisor="/launcher", path="/launcher")
    )
    first = Bench(file, is_followed=True)
    first.advance_until(lambda: bool(first.notes.rows))
    second = Bench(file, is_followed=True)
    second.advance_until(lambda: bool(second.notes.rows))

    assert first.notes.rows == second.notes.rows, "by its id, which the table takes once"
    for bench in (first, second):
        bench.system.stop()


def test_what_is_on_its_way_is_found_as_well(bench: Bench) -> None:
    bench.write(1)
    bench.advance()
    bench.write(2)

    found = bench.archive.find(since=0.0, path="", limit=10)

    assert len({record["id"] for record in found}) == 3


def test_an_archivist_that_crashes_goes_on_with_what_waits(bench: Bench) -> None:
    bench.write(2)
    archivist = bench.system.find("/top/archive")
    assert archivist is not None
    archivist.cell.kill()
    bench.system.settle()
    bench.advance()

    assert len(bench.notes.rows) == 2
