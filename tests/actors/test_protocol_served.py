"""Every record of the link is really sent by somebody, and docs/protocol.md says by whom and why not.

Found by reading the sources: a kind that no code makes is a promise that nobody keeps.
"""

import ast
import re
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from transports.link.protocol import Frame, OutputBody, ReplyBody, RequestBody, StateUpdate

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "protocol.md").read_text(encoding="utf-8")
SOURCES = ("actors", "transports/link")


def names(*unions: object) -> set[str]:
    return {kind.__name__ for union in unions for kind in typing.get_args(union)}


EVERYTHING = names(Frame, RequestBody, ReplyBody, OutputBody, StateUpdate)


def called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(name) | ast.Attribute(attr=name):
                    yield name


def made(folders: Iterable[str]) -> set[str]:
    """What is called like a record, anywhere in the sources. A `case` that reads one is no call."""
    files = [file for folder in folders for file in (PROJECT / folder).rglob("*.py")]
    return {name for file in files for name in called(ast.parse(file.read_text(encoding="utf-8")))}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading of the page."""
    _, _, rest = PAGE.partition(f"\n## {heading}\n")
    table = re.search(r"(?:^\|.*\|\n)+", rest, re.MULTILINE)
    assert table, f"docs/protocol.md has lost the table of {heading!r}"
    lines = table[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


NOT_SENT = {name for row in rows("Not sent yet") for name in quoted(row[0])}


def test_what_nobody_sends_is_told_on_the_page_and_nothing_else() -> None:
    assert EVERYTHING - made(SOURCES) == NOT_SENT


def test_every_request_and_reply_is_a_method_of_the_page() -> None:
    told = {name for row in rows("Methods") for name in quoted(row[1] + row[2])}

    assert names(RequestBody, ReplyBody) <= told
    assert told <= EVERYTHING


@pytest.mark.parametrize("row", rows("Methods"), ids=lambda row: row[0].strip("`"))
def test_a_method_is_served_where_the_page_says(row: list[str]) -> None:
    assert quoted(row[3])
    for place in quoted(row[3]):
        file, _, name = place.partition(":")
        text = (PROJECT / file).read_text(encoding="utf-8")
        assert re.search(rf"\b(def|class) {re.escape(name)}\b", text), f"{file} has no {name}"


def test_all_methods_of_the_mission_are_there() -> None:
    asked_for = (
        "authenticate create_character list_characters select_character send_command session_disconnected "
        "session_reconnected heartbeat authenticate_gateway gateway_heartbeat send_output send_prompt "
        "entity_state_changed disconnect_session"
    )

    assert set(asked_for.split()) <= {name for row in rows("Methods") for name in quoted(row[0])}
