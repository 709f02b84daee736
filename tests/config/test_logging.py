"""Log lines: their fields, their files, and what never stands in them."""

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gevent
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from config.logging import HIDDEN, bound, configure, hide_secrets, write_at_once


@dataclass
class Record:
    """What a line is about."""

    path: str


LOGGER = logging.getLogger("actors.test")


@pytest.fixture(autouse=True)
def root_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("sys.excepthook", sys.excepthook)
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.setLevel(level)
    root.handlers[:] = handlers
    logging.captureWarnings(False)
    structlog.reset_defaults()


def start(directory: Path, form: Literal["console", "json"] = "json", **changes: Any) -> None:
    options: dict[str, Any] = {"level": "info", "file_limit_bytes": 1_000_000, "files_kept": 2, **changes}
    directory.mkdir(parents=True, exist_ok=True)
    configure(process="world", format=form, directory=directory, **options)


def records(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "world.log").read_text(encoding="utf-8").splitlines()]


def test_a_line_is_a_json_object_in_the_file_of_its_process(tmp_path: Path) -> None:
    start(tmp_path / "log")

    LOGGER.info("%s arrived", "Ann", extra={"path": "/world/zones/harbour"})

    (record,) = records(tmp_path / "log")
    assert record["event"] == "Ann arrived"
    assert record["path"] == "/world/zones/harbour"
    assert record["logger"] == "actors.test"
    assert record["level"] == "info"
    assert record["process"] == "world"
    assert record["timestamp"].endswith("Z")


def test_the_terminal_shows_text_or_json_as_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start(tmp_path, "console")
    LOGGER.warning("careful")
    text = capsys.readouterr().err
    start(tmp_path, "json")
    LOGGER.warning("careful")
    line = capsys.readouterr().err

    assert "careful" in text
    assert not text.startswith("{")
    assert json.loads(line)["event"] == "careful"


def test_a_record_that_goes_with_a_line_is_not_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(tmp_path, "console")

    LOGGER.error("crashed", extra={"path": "/world/npc", "restart_record": Record("/world/npc")})

    shown = capsys.readouterr().err
    assert "crashed" in shown
    assert "path=/world/npc" in shown
    assert "Record" not in shown
    assert "Record" in records(tmp_path)[0]["restart_record"]


def test_nobody_writes_a_line_of_their_own_or_works_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(tmp_path, "console")

    LOGGER.warning("GET %s", "/a\n2026 [info] all is well\x1b[2J", extra={"path": "/b\r\x9b2J"})

    told = capsys.readouterr().err
    assert r"GET /a\n2026 [info] all is well\x1b[2J" in told
    assert r"path=/b\r\x9b2J" in told
    assert len(told.splitlines()) == 1


def test_what_is_below_the_level_is_not_written(tmp_path: Path) -> None:
    start(tmp_path, level="warning")

    LOGGER.info("quiet")

    assert records(tmp_path) == []


def test_bound_fields_stand_on_every_line_of_their_greenlet_only(tmp_path: Path) -> None:
    start(tmp_path)

    def other() -> None:
        LOGGER.info("other")

    with bound(path="/gateway/sessions/7", session=7, trace="t1"):
        LOGGER.info("inside")
        gevent.spawn(other).join()
    LOGGER.info("after")

    seen = [(record["event"], record.get("session")) for record in records(tmp_path)]
    assert ("inside", 7) in seen
    assert ("after", None) in seen


def test_a_file_that_has_grown_to_its_limit_is_put_aside(tmp_path: Path) -> None:
    start(tmp_path, file_limit_bytes=300, files_kept=2)

    for number in range(20):
        LOGGER.info("line %d", number)

    assert sorted(file.name for file in tmp_path.iterdir()) == ["world.log", "world.log.1", "world.log.2"]


@pytest.mark.parametrize(
    "field",
    ["password", "new_password", "token", "resume_token", "key", "link_key", "dsn", "secret", "proof"],
)
def test_a_field_with_a_secret_name_is_blanked(field: str) -> None:
    assert hide_secrets(None, "info", {field: "hunter2"}) == {field: HIDDEN}


def test_a_secret_inside_a_record_inside_a_field_is_blanked() -> None:
    event = hide_secrets(None, "info", {"request": {"name": "Ann", "password": "hunter2"}, "keyboard": "de"})

    assert event == {"request": {"name": "Ann", "password": HIDDEN}, "keyboard": "de"}


@pytest.mark.parametrize(
    "text",
    [
        "cannot reach postgresql://wyld:hunter2@db:5432/wyld",
        "cannot reach postgresql://:hunter2@db",
        "host=db password=hunter2 user=wyld",
        "password = 'hunter2 and hunter2'",
        'login password: "hunter2"',
        "token=hunter2",
    ],
)
def test_a_password_inside_a_text_is_blanked(text: str) -> None:
    (event,) = hide_secrets(None, "info", {"event": text}).values()

    assert "hunter2" not in event
    assert HIDDEN in event


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=8))
def test_no_password_of_a_connection_string_comes_through(password: str) -> None:
    event = hide_secrets(None, "info", {"event": f"postgresql://wyld:{password}zzz@db/wyld is away"})

    assert event["event"] == f"postgresql://wyld:{HIDDEN}@db/wyld is away"


def test_a_traceback_is_written_without_its_secrets(tmp_path: Path) -> None:
    start(tmp_path)

    try:
        raise ConnectionError("postgresql://wyld:hunter2@db/wyld is away")
    except ConnectionError:
        LOGGER.exception("no database")

    (record,) = records(tmp_path)
    assert "ConnectionError" in record["exception"]
    assert "hunter2" not in (tmp_path / "world.log").read_text(encoding="utf-8")


def test_structlog_loggers_write_to_the_same_place(tmp_path: Path) -> None:
    start(tmp_path)

    structlog.get_logger("supervisors").warning("restarted", path="/world", token="hunter2")

    (record,) = records(tmp_path)
    assert (record["event"], record["path"], record["token"]) == ("restarted", "/world", HIDDEN)


def test_an_exception_that_ends_the_process_is_logged(tmp_path: Path) -> None:
    start(tmp_path)
    error = RuntimeError("nobody expected this; password=hunter2")

    sys.excepthook(RuntimeError, error, None)

    (record,) = records(tmp_path)
    assert record["level"] == "critical"
    assert record["exception"] == f"RuntimeError: nobody expected this; password={HIDDEN}"


def test_a_line_past_logging_is_in_both_places_and_without_secrets(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start(tmp_path)

    write_at_once(
        "world", tmp_path, "error", "it stands still", {"path": "/world", "stack": "password=hunter2"}
    )

    (record,) = records(tmp_path)
    assert (record["level"], record["event"], record["path"]) == ("error", "it stands still", "/world")
    assert record["stack"] == f"password={HIDDEN}"
    assert "it stands still" in capfd.readouterr().err
