"""The operators' commands: `python run.py tree`, `restarts`, `top`, `actor`, `letters`, `sessions`, `chaos`,
`doctor`.

They talk to the running server over its HTTP interface and know nothing else of it. With `--json` the
answers are printed as they came, by half. Exit codes: 0 answered, 1 not answered or refused (and `doctor`:
something fails), 2 a wrong command line.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeAlias

import click
import gevent
from gevent.queue import Queue
from rich.console import Console, RenderableType

from actors.admin import tables
from actors.admin.client import LAUNCHER, Answers, Operator, Place, first_of, half_of
from actors.admin.operator_errors import OperatorError
from actors.admin.restarts import is_below
from actors.admin.run_file import HALVES
from actors.admin.views import ORDERS
from actors.gateway.session_states import SessionState

# From the --config file, if one is given, to the place of the server.
FindPlace: TypeAlias = Callable[[Path | None], Place]

Server: TypeAlias = Callable[[], AbstractContextManager[Operator]]

# What came from a half: a record, or at last words about why no more will come.
_Heard: TypeAlias = Queue[tuple[str, dict[str, Any] | str]]

# Of a session of the gateway; a closed one is not there any more.
STATES: Final = [state.value for state in SessionState if state is not SessionState.CLOSED]
# Of a pipe or a file: wide enough for a path in each column.
PIPE_COLUMNS: Final = 160
# Records that may come between the answer to a question and the begin of a stream.
BACKLOG: Final = 50

as_json = click.option("--json", "is_json", is_flag=True, help="Machine-readable.")
with_limit = click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
a_path = click.argument("path")


def operator_commands(find_place: FindPlace) -> list[click.Command]:
    """All of them, for servers found by `find_place`, which is given the object of click's context."""

    @contextmanager
    def server() -> Iterator[Operator]:
        try:
            yield Operator(find_place(click.get_current_context().find_object(Path)))
        except OperatorError as error:
            raise click.ClickException(str(error)) from error
        except (LookupError, TypeError) as error:
            odd = f"{type(error).__name__}: {error}"
            raise click.ClickException(
                f"the server's answer is not one of this version ({odd}); was it started before an update?"
            ) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            _say_no_more()
            raise click.ClickException(f"the answer cannot be written: {error.strerror}") from error

    return [*_looking(server), *_doing(server)]


def _looking(server: Server) -> list[click.Command]:
    @click.command()
    @click.argument("path", default="")
    @click.option("--depth", type=click.IntRange(0, 1000), help="Levels below the top.")
    @as_json
    def tree(path: str, depth: int | None, is_json: bool) -> None:
        """Show who is there: all actors, or those at PATH and below."""
        with server() as operator:
            if path.strip("/"):
                answers = Answers(
                    {half_of(path): operator.get(half_of(path), "/api/tree", path=path, depth=depth)}
                )
            else:
                answers = operator.both("/api/tree", depth=depth)
            _show(answers, is_json, lambda found: [tables.tree_of(view) for view in found.values()])

    @click.command()
    @click.option("--by", type=click.Choice(list(ORDERS)), default="depth", show_default=True)
    @click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True)
    @as_json
    def top(by: str, limit: int, is_json: bool) -> None:
        """Show who is busiest: by waiting messages, by time in handlers, or by the oldest message."""
        with server() as operator:
            answers = operator.both("/api/top", by=by, limit=limit)
            _show(answers, is_json, lambda found: [tables.top_table(_rows(found))])

    @click.command()
    @click.option("--since", help="As 30s, 15m, 2h, 1d.")
    @click.option("--path", default="", help="Only this actor and those below it.")
    @click.option("--follow", is_flag=True, help="Go on with what happens from now on.")
    @with_limit
    @as_json
    def restarts(since: str | None, path: str, follow: bool, limit: int, is_json: bool) -> None:
        """Show what crashed, why, and what was decided; of the processes themselves as well."""
        with server() as operator:
            asked_at = time.time()
            answers = _restarts(operator, since=since, path=path, limit=limit)
            _show(answers, is_json, _restart_lines)
            if follow:
                _follow(operator, _News(answers.found, path, asked_at), is_json)

    @click.command()
    @click.option("--state", type=click.Choice(STATES), help="Only those of the gateway in this state.")
    @with_limit
    @as_json
    def sessions(state: str | None, limit: int, is_json: bool) -> None:
        """Show who is connected or may come back, and where each of them stands."""
        with server() as operator:
            if state is None:
                answers = operator.both("/api/sessions", limit=limit)
            else:
                found = operator.get("gateway", "/api/sessions", limit=limit, state=state)
                answers = Answers({"gateway": found})
            _show(answers, is_json, _session_rows)

    @click.command()
    @as_json
    def doctor(is_json: bool) -> None:
        """Look at everything that can be looked at, and say what to do."""
        with server() as operator:
            answers = operator.both("/api/doctor")
            _show(answers, is_json, lambda found: [tables.checks_table(_rows(found))])
            is_well = all(check["health"] != "failing" for check in _rows(answers.found))
        if answers.problems or not all(answers.found.values()) or not is_well:
            click.get_current_context().exit(1)

    return [tree, top, restarts, sessions, doctor]


def _doing(server: Server) -> list[click.Command]:
    @click.command()
    @a_path
    @click.argument("action", required=False, type=click.Choice(["suspend", "resume", "restart", "kill"]))
    @as_json
    def actor(path: str, action: str | None, is_json: bool) -> None:
        """Show one actor: its state, mailbox and last error. With ACTION: do that to it."""
        with server() as operator:
            half = half_of(path)
            if action is None:
                answers = Answers({half: operator.get(half, "/api/actor", path=path)})
                _show(answers, is_json, lambda found: [tables.actor_text(found[half])])
            else:
                _done(half, operator.post(half, f"/api/actor/{action}", path=path), is_json)

    @click.group(invoke_without_command=True)
    @with_limit
    @as_json
    @click.pass_context
    def letters(context: click.Context, limit: int, is_json: bool) -> None:
        """Show messages that nobody handled, newest first."""
        if context.invoked_subcommand is None:
            with server() as operator:
                answers = operator.both("/api/letters", limit=limit)
                _show(answers, is_json, lambda found: [tables.letters_table(_rows(found))])

    @letters.command("send")
    @click.argument("half", type=click.Choice(HALVES))
    @click.argument("number", type=click.IntRange(1))
    @as_json
    def send(half: str, number: int, is_json: bool) -> None:
        """Send a dead letter of one HALF again, by its NUMBER."""
        with server() as operator:
            _done(half, operator.post(half, f"/api/letters/{number}/send"), is_json)

    return [actor, letters, _chaos(server)]


def _chaos(server: Server) -> click.Group:
    def trouble(kind: str, path: str, is_json: bool, **more: float) -> None:
        with server() as operator:
            half = half_of(path)
            _done(half, operator.post(half, f"/api/chaos/{kind}", path=path, **more), is_json)

    for_seconds = click.option("--seconds", type=float, default=5.0, show_default=True, help="How long.")

    @click.group()
    def chaos() -> None:
        """Make trouble on purpose, to see that it does no harm."""

    @chaos.command()
    @a_path
    @as_json
    def kill(path: str, is_json: bool) -> None:
        """End an actor from outside, whatever it does."""
        trouble("kill", path, is_json)

    @chaos.command()
    @a_path
    @as_json
    def crash(path: str, is_json: bool) -> None:
        """Let an actor meet a bug."""
        trouble("crash", path, is_json)

    @chaos.command()
    @a_path
    @for_seconds
    @as_json
    def freeze(path: str, seconds: float, is_json: bool) -> None:
        """Let an actor hang in a handler."""
        trouble("freeze", path, is_json, seconds=seconds)

    @chaos.command()
    @a_path
    @click.option("--ms", type=float, default=100.0, show_default=True, help="For each message.")
    @for_seconds
    @as_json
    def delay(path: str, ms: float, seconds: float, is_json: bool) -> None:
        """Make an actor slow."""
        trouble("delay", path, is_json, seconds=seconds, delay_seconds=ms / 1000)

    return chaos


# Printing ----------------------------------------------------------------------------------------------


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPE_COLUMNS
    return console


def _show(answers: Answers, is_json: bool, draw: Callable[[dict[str, Any]], list[RenderableType]]) -> None:
    for problem in answers.problems.values():
        click.echo(f"{problem}; what follows is of the other half", err=True)
    if is_json:
        problems = {half: str(problem) for half, problem in answers.problems.items()}
        click.echo(json.dumps(answers.found | ({"problems": problems} if problems else {})))
        return
    console = _console()
    for drawn in draw(answers.found):
        console.print(drawn)


def _say_no_more() -> None:
    """What waits to be written is tried again at the end of the process, and would fail there as well."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _done(half: str, result: str, is_json: bool) -> None:
    click.echo(json.dumps({half: {"result": result}}) if is_json else result)


def _rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of both halves, each with the name of its half."""
    return [{"half": half, **row} for half, rows in found.items() for row in rows]


def _restart_lines(found: dict[str, Any]) -> list[RenderableType]:
    records = sorted(_rows(found), key=lambda record: record.get("time", 0.0))
    return [tables.restart_line(record) for record in records] or ["nothing was restarted"]


def _session_rows(found: dict[str, Any]) -> list[RenderableType]:
    drawn: list[RenderableType] = []
    for half, view in found.items():
        states = ", ".join(f"{count} {state}" for state, count in sorted(view["by_state"].items()))
        drawn.append(f"{half}: {view['total']} sessions" + (f" ({states})" if states else ""))
        if half == "gateway" and view["sessions"]:
            drawn.append(tables.sessions_table(view["sessions"]))
    return drawn


def _restarts(operator: Operator, **query: Any) -> Answers:
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


class _News:
    """Tells what has not been shown yet: what came between the last answer and the stream is in both."""

    def __init__(self, found: dict[str, list[dict[str, Any]]], path: str, asked_at: float) -> None:
        self.halves = list(found)
        self._path = path
        self._shown = found
        self.since = {half: records[-1]["time"] if records else asked_at for half, records in found.items()}

    def is_news(self, half: str, record: dict[str, Any]) -> bool:
        is_new = record["time"] >= self.since[half] and record not in self._shown[half]
        return is_new and is_below(record["path"], self._path)


def _follow(operator: Operator, shown: _News, is_json: bool) -> None:
    """Print records as they come; until all processes end, or Ctrl-C."""
    news: _Heard = Queue()
    left = len([gevent.spawn(_listen, operator, half, shown.since[half], news) for half in shown.halves])
    console = _console()
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
