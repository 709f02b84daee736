"""Restart records in the database: written again without harm, found by path and time, bounded."""

from __future__ import annotations

import json
from typing import Any

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.restart_records import RestartRow, find_restarts, save_restarts, trim_restarts


def row(number: int, path: str = "/world/npc", **more: Any) -> RestartRow:
    at = 1_800_000_000.0 + number
    record = {"id": f"life-{number}", "time": at, "event": "restarted", "path": path, **more}
    return RestartRow(f"life-{number}", at, "restarted", path, json.dumps(record))


def ids(database: CooperativeDatabase, **chosen: Any) -> list[str]:
    given = {"since": 0.0, "path": "", "limit": 100, **chosen}
    return [record["id"] for record in find_restarts(database, "world:main", **given)]


def test_records_come_back_as_they_were_oldest_first(database: CooperativeDatabase) -> None:
    save_restarts(database, "world:main", [row(2, exc_msg="ä“”"), row(1)])

    first, second = find_restarts(database, "world:main", since=0.0, path="", limit=10)
    assert (first["id"], second["exc_msg"]) == ("life-1", "ä“”")


def test_a_batch_that_is_written_again_is_there_once(database: CooperativeDatabase) -> None:
    save_restarts(database, "world:main", [row(1), row(2)])
    save_restarts(database, "world:main", [row(2), row(3)])

    assert ids(database) == ["life-1", "life-2", "life-3"]


def test_the_newest_that_fit_are_found(database: CooperativeDatabase) -> None:
    save_restarts(database, "world:main", [row(number) for number in range(5)])

    assert ids(database, limit=2) == ["life-3", "life-4"]
    assert ids(database, since=1_800_000_003.0) == ["life-3", "life-4"]


def test_a_path_means_what_is_there_and_below_it(database: CooperativeDatabase) -> None:
    paths = ["/world/zones", "/world/zones/harbour/npc:a_b", "/world/zones2", "/world/zones/harbour/npc:axb"]
    save_restarts(database, "world:main", [row(number, path) for number, path in enumerate(paths)])

    assert ids(database, path="/world/zones/") == ["life-0", "life-1", "life-3"]
    assert ids(database, path="/world/zones/harbour/npc:a_b") == ["life-1"], "it is no pattern"
    assert ids(database, path="/world\0") == []


def test_a_summary_is_found_by_the_others_it_stands_for(database: CooperativeDatabase) -> None:
    save_restarts(database, "world:main", [row(1, "/world/a", others=["/world/zones/x"]), row(2, "/world/b")])

    assert ids(database, path="/world/zones") == ["life-1"]


def test_each_process_has_rows_of_its_own(database: CooperativeDatabase) -> None:
    save_restarts(database, "gateway:main", [row(1)])

    assert ids(database) == []


def test_the_newest_rows_of_a_process_are_kept(database: CooperativeDatabase) -> None:
    save_restarts(database, "world:main", [row(number) for number in range(10)])
    save_restarts(database, "gateway:main", [row(100)])

    trim_restarts(database, "world:main", rows=3)
    assert ids(database) == ["life-7", "life-8", "life-9"]
    assert len(find_restarts(database, "gateway:main", since=0.0, path="", limit=10)) == 1
    trim_restarts(database, "world:main", rows=3)
    assert len(ids(database)) == 3


def test_what_is_too_old_is_dropped_whoever_wrote_it(database: CooperativeDatabase) -> None:
    save_restarts(database, "gateway:gone", [RestartRow("old", 1_000_000.0, "restarted", "/a", "{}")])

    trim_restarts(database, "world:main")

    assert find_restarts(database, "gateway:gone", since=0.0, path="", limit=10) == []
