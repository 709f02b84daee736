"""The operators' commands: `python run.py tree`, `restarts`, `top`, `actor`, `letters`, `sessions`, `chaos`,
`doctor`.

They talk to the running server over its HTTP interface and know nothing else of it. With `--json` the
answers are printed as they came, by half. Exit codes: 0 answered, 1 not answered or refused (and `doctor`:
something fails), 2 a wrong command line.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, TypeAlias

import click

from actors.admin import tables
from actors.admin.client import Answers, Operator, Place, half_of
from actors.admin.following import News, follow_restarts, restarts_of
from actors.admin.operator_errors import OperatorError
from actors.admin.printing import done, restart_lines, rows_of, say_no_more, session_rows, show
from actors.admin.run_file import HALVES
from actors.admin.views import ORDERS
from actors.gateway.session_states import SessionState

# From the --config file, if one is given, to the place of the server.
FindPlace: TypeAlias = Callable[[Path | None], Place]

Server: TypeAlias = Callable[[], AbstractContextManager[Operator]]

# Of a session of the gateway; a closed one is not there any more.
STATES: Final = [state.value for state in SessionState if state is not SessionState.CLOSED]

as_json = click.option("--json", "is_json", is_flag=True, help="Machine-readable.")
with_limit = click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
a_path = click.argument("path")

# Seconds since 1970: the year 2001. A number below it was meant otherwise, as minutes or as an hour.
_EARLIEST_TIME: Final = 1_000_000_000


def a_time(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """A time for `restarts`, without the numbers that nobody means by it; the server reads the rest."""
    try:
        is_odd = text is not None and float(text) < _EARLIEST_TIME
    except ValueError:
        return text
    if is_odd:
        raise click.BadParameter(f"{text} of what? Write 30s, 15m, 2h or 1d.")
    return text


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
            say_no_more()
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
            show(answers, is_json, lambda found: [tables.tree_of(view) for view in found.values()])

    @click.command()
    @click.option("--by", type=click.Choice(list(ORDERS)), default="depth", show_default=True)
    @click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True)
    @as_json
    def top(by: str, limit: int, is_json: bool) -> None:
        """Show who is busiest: by waiting messages, by time in handlers, or by the oldest message."""
        with server() as operator:
            answers = operator.both("/api/top", by=by, limit=limit)
            show(answers, is_json, lambda found: [tables.top_table(rows_of(found))])

    @click.command()
    @click.option(
        "--since",
        callback=a_time,
        help="How long ago: 30s, 15m, 2h, 1d. A bare number is seconds since 1970, as in `time` of --json.",
    )
    @click.option("--path", default="", help="Only this actor and those below it.")
    @click.option("--follow", is_flag=True, help="Go on with what happens from now on.")
    @with_limit
    @as_json
    def restarts(since: str | None, path: str, follow: bool, limit: int, is_json: bool) -> None:
        """Show what crashed, why, and what was decided; of the processes themselves as well."""
        with server() as operator:
            asked_at = time.time()
            answers = restarts_of(operator, since=since, path=path, limit=limit)
            show(answers, is_json, restart_lines)
            if follow:
                follow_restarts(operator, News(answers.found, path, asked_at), is_json)

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
            show(answers, is_json, session_rows)

    @click.command()
    @as_json
    def doctor(is_json: bool) -> None:
        """Look at everything that can be looked at, and say what to do."""
        with server() as operator:
            answers = operator.both("/api/doctor")
            show(answers, is_json, lambda found: [tables.checks_table(rows_of(found))])
            is_well = all(check["health"] != "failing" for check in rows_of(answers.found))
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
                show(answers, is_json, lambda found: [tables.actor_text(found[half])])
            else:
                done(half, operator.post(half, f"/api/actor/{action}", path=path), is_json)

    @click.group(invoke_without_command=True)
    @with_limit
    @as_json
    @click.pass_context
    def letters(context: click.Context, limit: int, is_json: bool) -> None:
        """Show messages that nobody handled, newest first."""
        if context.invoked_subcommand is None:
            with server() as operator:
                answers = operator.both("/api/letters", limit=limit)
                show(answers, is_json, lambda found: [tables.letters_table(rows_of(found))])

    @letters.command("send")
    @click.argument("half", type=click.Choice(HALVES))
    @click.argument("number", type=click.IntRange(1))
    @as_json
    def send(half: str, number: int, is_json: bool) -> None:
        """Send a dead letter of one HALF again, by its NUMBER."""
        with server() as operator:
            done(half, operator.post(half, f"/api/letters/{number}/send"), is_json)

    return [actor, letters, _chaos(server)]


def _chaos(server: Server) -> click.Group:
    def trouble(kind: str, path: str, is_json: bool, **more: float) -> None:
        with server() as operator:
            half = half_of(path)
            done(half, operator.post(half, f"/api/chaos/{kind}", path=path, **more), is_json)

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
