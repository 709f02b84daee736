"""The restart logs of all processes as a command shows them: what there is, and then what comes.

What has been asked for and what is streamed overlap, so that nothing between the two is missed; what is in
both is printed once (`News`).
"""

import json
from typing import Any, Final, TypeAlias

import click
import gevent
from gevent.queue import Queue

from actors.admin import tables
from actors.admin.client import LAUNCHER, Answers, Operator, first_of, half_of
from actors.admin.operator_errors import OperatorError
from actors.admin.printing import make_console
from actors.admin.restarts import is_below

# Records that may come between the answer to a question and the begin of a stream.
BACKLOG: Final = 50

# What came from a half: a record, or at last words about why no more will come.
_Heard: TypeAlias = Queue[tuple[str, dict[str, Any] | str]]


def restarts_of(operator: Operator, **query: Any) -> Answers:
    """The restart logs that can hold records of `path`."""
    first = first_of(query["path"])
    if first == LAUNCHER:
        return Answers({LAUNCHER: operator.launcher_restarts(**query)})
    if first:
        half = half_of(first)
        return Answers({half: operator.get(half, "/api/restarts", **query)})
    answers = operator.both("/api/restarts", **query)
    answers.found[LAUNCHER] = operator.launcher_restarts(**query)
    return answers


class News:
    """Tells what has not been shown yet: what came between the last answer and the stream is in both."""

    def __init__(self, found: dict[str, list[dict[str, Any]]], path: str, asked_at: float) -> None:
        self.halves = list(found)
        self._path = path
        self._shown = found
        self.since = {half: records[-1]["time"] if records else asked_at for half, records in found.items()}

    def is_news(self, half: str, record: dict[str, Any]) -> bool:
        is_new = record["time"] >= self.since[half] and record not in self._shown[half]
        return is_new and is_below(record["path"], self._path)


def follow_restarts(operator: Operator, shown: News, is_json: bool) -> None:
    """Print records as they come; until all processes end, or Ctrl-C."""
    news: _Heard = Queue()
    left = len([gevent.spawn(_listen, operator, half, shown.since[half], news) for half in shown.halves])
    console = make_console()
    while left:
        half, record = news.get()
        if isinstance(record, str):
            left -= 1
            click.echo(record, err=True)
        elif shown.is_news(half, record):
            if is_json:
                click.echo(json.dumps({"half": half, **record}))
            else:
                console.print(tables.restart_line(record))


def _listen(operator: Operator, half: str, since: float, news: _Heard) -> None:
    """Hand on the records of one process, and at last why there are no more."""
    try:
        is_launcher = half == LAUNCHER
        for record in operator.follow_launcher(since) if is_launcher else operator.follow(half, BACKLOG):
            if not isinstance(record, dict):
                raise TypeError(f"{record!r:.40} is no record")
            news.put((half, record))
        news.put((half, f"the {half} has ended"))
    except OperatorError as error:
        news.put((half, str(error)))
    except (LookupError, TypeError, ValueError) as error:
        news.put((half, f"the {half} answers what is no record of this version: {error}"))
