"""What the operators' commands print: tables for people, and JSON for programs."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import click
from rich.console import Console, RenderableType

from actors.admin import tables
from actors.admin.client import Answers

# Of a pipe or a file: wide enough for a path in each column.
PIPE_COLUMNS: Final = 160


def make_console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPE_COLUMNS
    return console


def show(answers: Answers, is_json: bool, draw: Callable[[dict[str, Any]], list[RenderableType]]) -> None:
    """What the halves have answered, drawn from `Answers.found`; first who has not, and why."""
    for problem in answers.problems.values():
        click.echo(f"{problem}; what follows is of the other half", err=True)
    if is_json:
        problems = {half: str(problem) for half, problem in answers.problems.items()}
        click.echo(json.dumps(answers.found | ({"problems": problems} if problems else {})))
        return
    console = make_console()
    for drawn in draw(answers.found):
        console.print(drawn)


def say_no_more() -> None:
    """What waits to be written is tried again at the end of the process, and would fail there as well."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def done(half: str, result: str, is_json: bool) -> None:
    """What has come of a deed."""
    click.echo(json.dumps({half: {"result": result}}) if is_json else result)


def rows_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of both halves, each with the name of its half."""
    return [{"half": half, **row} for half, rows in found.items() for row in rows]


def restart_lines(found: dict[str, Any]) -> list[RenderableType]:
    records = sorted(rows_of(found), key=lambda record: record.get("time", 0.0))
    return [tables.restart_line(record) for record in records] or ["nothing was restarted"]


def session_rows(found: dict[str, Any]) -> list[RenderableType]:
    drawn: list[RenderableType] = []
    for half, view in found.items():
        states = ", ".join(f"{count} {state}" for state, count in sorted(view["by_state"].items()))
        drawn.append(f"{half}: {view['total']} sessions" + (f" ({states})" if states else ""))
        if half == "gateway" and view["sessions"]:
            drawn.append(tables.sessions_table(view["sessions"]))
    return drawn
