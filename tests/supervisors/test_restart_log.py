"""The restart log: one line for each record, rotated, and never silent."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from supervisors import Decision, JsonLinesFile, LogEvent, RestartLog, RestartRecord
from supervisors.records import CRITICAL_AFTER
from supervisors.repeats import AT_ONCE, SUMMARY_SECONDS
from wyld_actors import ManualClock


def record(number: int = 1, **fields: Any) -> RestartRecord:
    return RestartRecord(
        **{
            "event": LogEvent.CHILD_TERMINATED,
            "supervisor": "/world",
            "path": f"/world/npc-{number}",
            "decision": Decision.RESTART_NOW,
            **fields,
        }
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_record_is_one_line_of_json_without_empty_fields(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "restarts.jsonl"
    log = RestartLog([JsonLinesFile(path)])
    log.write(record(exc_type="ValueError", stack="line one\nline two", group=("b",)))

    [line] = lines(path)
    assert line["event"] == "child_terminated"
    assert line["decision"] == "restart_now"
    assert line["level"] == "error"
    assert line["stack"] == "line one\nline two"
    assert line["group"] == ["b"]
    assert "message_type" not in line


def test_a_file_is_rotated_at_its_limit_and_a_bounded_number_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "restarts.jsonl"
    sink = JsonLinesFile(path, limit_bytes=600, files_kept=2)
    for number in range(20):
        sink(record(number))

    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == ["restarts.jsonl", "restarts.jsonl.1", "restarts.jsonl.2"]
    assert all((tmp_path / name).stat().st_size <= 600 for name in files)
    newest_first = [line["path"] for name in files for line in reversed(lines(tmp_path / name))]
    assert newest_first == [f"/world/npc-{19 - age}" for age in range(len(newest_first))]


def test_a_record_after_half_a_line_has_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "restarts.jsonl"
    path.write_bytes(b'{"event": "child_termina')

    sink = JsonLinesFile(path)
    sink(record(1))
    sink(record(2))

    written = path.read_text().splitlines()
    assert [json.loads(line)["path"] for line in written[1:]] == ["/world/npc-1", "/world/npc-2"]


def test_the_last_records_are_kept_in_memory() -> None:
    log = RestartLog(ring_records=3)
    for number in range(5):
        log.write(record(number))

    assert [kept.path for kept in log.recent()] == ["/world/npc-2", "/world/npc-3", "/world/npc-4"]
    assert [kept.path for kept in log.recent(1)] == ["/world/npc-4"]
    assert log.written == 5


def test_a_sink_that_fails_is_counted_and_said_once_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(_: RestartRecord) -> None:
        raise OSError("no space left on device")

    seen: list[RestartRecord] = []
    log = RestartLog([full, seen.append])
    log.write(record(1))
    log.write(record(2))

    assert len(seen) == 2
    assert log.lost == 2
    assert sum("cannot be written" in message for message in caplog.messages) == 1


def test_every_record_reaches_the_log_of_the_process_at_its_own_level(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = RestartLog()
    with caplog.at_level(logging.INFO):
        log.write(record(exc_type="ValueError", exc_msg="boom", reason_class="crash", message_type="Look"))
        log.write(record(event=LogEvent.RESTARTED, decision=Decision.NONE))

    assert [(entry.levelname, entry.getMessage()) for entry in caplog.records] == [
        (
            "ERROR",
            "child_terminated /world/npc-1 (crash ValueError: boom) while handling Look -> restart_now",
        ),
        ("INFO", "restarted /world/npc-1"),
    ]


def test_the_level_rises_when_a_child_fails_again_and_again() -> None:
    assert record(consecutive=CRITICAL_AFTER - 1).level == logging.ERROR
    assert record(consecutive=CRITICAL_AFTER).level == logging.CRITICAL


def test_a_listener_gets_records_until_it_is_taken_off() -> None:
    log, seen = RestartLog(), list[RestartRecord]()
    take_off = log.add_sink(seen.append)
    log.write(record(1))
    take_off()
    log.write(record(2))

    assert [got.path for got in seen] == ["/world/npc-1"]


def test_what_was_counted_is_told_when_nothing_happens_any_more() -> None:
    clock, seen = ManualClock(), list[RestartRecord]()
    log = RestartLog([seen.append], clock=clock)
    for _ in range(1000):
        log.write(record(1))

    clock.advance_to(SUMMARY_SECONDS)

    assert len(seen) == AT_ONCE + 1
    assert seen[-1].repeated == 1000 - AT_ONCE - 1
    assert clock.next_due() is None, "nothing is waited for any more"
    assert (log.taken, log.written) == (1000, AT_ONCE + 1)


def test_what_was_counted_is_told_at_the_end_of_the_process() -> None:
    seen: list[RestartRecord] = []
    log = RestartLog([seen.append], clock=ManualClock())
    for _ in range(AT_ONCE + 2):
        log.write(record(1))

    log.flush()

    assert seen[-1].repeated == 1


def test_a_listener_that_counts_gets_every_record_and_a_sink_what_is_written() -> None:
    seen: list[RestartRecord] = []
    counted: list[RestartRecord] = []
    log = RestartLog([seen.append], clock=ManualClock())
    log.add_listener(counted.append)
    for _ in range(100):
        log.write(record(1))

    assert (len(seen), len(counted)) == (AT_ONCE, 100)


def test_every_record_that_is_written_has_an_id_of_its_own() -> None:
    seen: list[RestartRecord] = []
    for log in (RestartLog([seen.append]), RestartLog([seen.append])):
        log.write(record(1))
        log.write(record(2))

    assert len({got.id for got in seen}) == 4


def test_equal_stories_have_equal_fingerprints() -> None:
    assert record(time=1.0).fingerprint == record(time=2.0, incarnation=9).fingerprint
    assert record(exc_type="A").fingerprint != record(exc_type="B").fingerprint
