"""Logs: structlog's processors over the standard library's logging, on the terminal and in a rotating file.

Modules below log with `logging.getLogger(__name__)` and lazy arguments, and give fields with `extra={...}`;
what is bound for a greenlet (`bound(path=..., session=..., trace=...)`) is added to each of its lines. Every
line goes through the same processors and ends as text for people or as one JSON object.

Invariant: a secret never reaches a log. `hide_secrets` is the last step before a line is written; it blanks
fields by name and passwords inside any text, tracebacks included.
"""

import datetime
import json
import logging
import logging.config
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import structlog
from structlog.typing import Processor

LIBRARIES_TO_QUIET = ("geventwebsocket", "peewee", "werkzeug", "websockets")

HIDDEN = "(hidden)"
_SECRET_FIELD = re.compile(
    r"password|passphrase|token|secret|proof|credential|(^|_)key$|^dsn$", re.IGNORECASE
)
# postgresql://user:PASSWORD@host and password=PASSWORD, password='PASS WORD' as in a libpq connection string.
_URL_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+]*://[^\s:/@]*:)[^\s@]+@", re.IGNORECASE)
_NAMED_PASSWORD = re.compile(
    r"\b((?:password|token|secret)\s*[=:]\s*)('(?:[^'\\]|\\.)*'|\"[^\"]*\"|[^\s,;]+)", re.IGNORECASE
)

# What stands on a line as it is.
_PLAIN = (str, int, float, bool, type(None))

# What a stranger could use to write lines of its own, or to work the terminal of who reads.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
# Text of several lines, made by the process itself.
_BLOCKS = frozenset({"exception", "stack"})


def configure(
    *,
    process: str,
    level: Literal["debug", "info", "warning", "error"],
    format: Literal["console", "json"],
    directory: Path,
    file_limit_bytes: int,
    files_kept: int,
) -> None:
    """Send this process's logs to standard error and to `directory/<process>.log` (JSON lines).

    The folder is there already.
    """
    shared = _common_processors(process)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": _formatter(shared, structlog.processors.JSONRenderer(default=str)),
                "console": _formatter(shared, without_records, on_one_line, _console_renderer()),
            },
            "handlers": {
                "terminal": {
                    "class": "logging.StreamHandler",
                    "stream": "ext://sys.stderr",
                    "formatter": format,
                },
                "file": {
                    "class": "logging.handlers.RotatingFileHandler",
                    "filename": str(directory / f"{process}.log"),
                    "maxBytes": file_limit_bytes,
                    "backupCount": files_kept,
                    "encoding": "utf-8",
                    "formatter": "json",
                },
            },
            "root": {"level": level.upper(), "handlers": ["terminal", "file"]},
            "loggers": {name: {"level": "WARNING"} for name in LIBRARIES_TO_QUIET},
        }
    )
    logging.captureWarnings(True)
    sys.excepthook = _log_the_end
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def write_at_once(
    process: str, directory: Path, level: str, event: str, fields: Mapping[str, object]
) -> None:
    """Log one line from a thread that must not touch logging's locks, which belong to gevent's greenlets.

    To both places as the others, JSON on the terminal too. Fields are hidden as everywhere.
    """
    moment = datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")
    line = {"event": event, "level": level, "timestamp": moment, "process": process, **fields}
    text = json.dumps(hide_secrets(None, "", line), default=str) + "\n"
    with (directory / f"{process}.log").open("a", encoding="utf-8") as file:
        file.write(text)
    # Past the buffer of sys.stderr, which has a lock as well.
    os.write(2, text.encode())


def _log_the_end(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """An exception that ends the process is in the log too; Ctrl-C is none."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
    else:
        logging.getLogger(__name__).critical("the process ends", exc_info=(kind, error, traceback))


def bound(**fields: object) -> AbstractContextManager[None]:
    """Add `fields` (path, session, trace) to every line logged inside the with block, in this greenlet."""
    return structlog.contextvars.bound_contextvars(**fields)


def hide_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: blank what is secret by its field's name, and passwords inside texts."""
    return {
        name: HIDDEN if _is_secret(name) and value else _without_secrets(value)
        for name, value in event.items()
    }


def without_records(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor for text that people read: a record that goes with a line says in a hundred words
    what the line says in ten. Programs find it in its own file, and in the lines of JSON."""
    return {name: value for name, value in event.items() if isinstance(value, _PLAIN)}


def on_one_line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor for text that people read: control characters are written out, as in JSON."""
    return {
        name: _CONTROL.sub(_written_out, value) if isinstance(value, str) and name not in _BLOCKS else value
        for name, value in event.items()
    }


def _written_out(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _is_secret(name: object) -> bool:
    return _SECRET_FIELD.search(str(name)) is not None


def _without_secrets(value: Any) -> Any:
    match value:
        case str():
            return _NAMED_PASSWORD.sub(rf"\1{HIDDEN}", _URL_PASSWORD.sub(rf"\1{HIDDEN}@", value))
        case dict():
            return {k: HIDDEN if _is_secret(k) and v else _without_secrets(v) for k, v in value.items()}
        case list() | tuple():
            return [_without_secrets(item) for item in value]
        case _:
            return value


def _common_processors(process: str) -> list[Processor]:
    def name_process(
        _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["process"] = process
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_process,
        structlog.processors.format_exc_info,
    ]


def _formatter(shared: list[Processor], *rendering: Processor) -> dict[str, Any]:
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        hide_secrets,
        *rendering,
    ]
    return {"()": structlog.stdlib.ProcessorFormatter, "processors": last, "foreign_pre_chain": shared}


def _console_renderer() -> Processor:
    # A traceback is text by now (hide_secrets has read it), so the plain formatter is the right one.
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
    )
