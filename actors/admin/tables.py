"""Answers of a server as text for a terminal: tables, trees and one-line records."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.pretty import Pretty
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

STATE_STYLES: Final = {
    "running": "green",
    "starting": "cyan",
    "stopping": "cyan",
    "suspended": "yellow",
    "backoff": "yellow",
    "quarantined": "bold red",
    "stopped": "red",
    "done": "dim",
}
HEALTH_STYLES: Final = {"ok": "green", "warning": "yellow", "failing": "bold red"}
LEVEL_STYLES: Final = {"info": "green", "warning": "yellow", "error": "red", "critical": "bold red"}
# Of those who noticed; the rest is counted.
NAMES_SHOWN: Final = 3
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def duration(seconds: float | None) -> str:
    """A time as people read it: 0.8 ms, 4.2 s, 3 min, 5 h, 2 d; nothing for None."""
    if seconds is None:
        return ""
    # What would be rounded to a thousand of them is a second.
    if seconds < 0.9995:
        return f"{seconds * 1000:.3g} ms"
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.1f} s"


def moment(seconds: float) -> str:
    """A wall clock time, in this machine's zone."""
    return datetime.datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def tree_of(view: Mapping[str, Any]) -> RenderableType:
    """The trees of one process."""
    drawn = [_branch(tree, tree["path"]) for tree in view["trees"]]
    return Group(*drawn, Text(f"{view['actors']} actors", style="dim"))


def _branch(cell: Mapping[str, Any], name: str) -> Tree:
    branch = Tree(_node(cell, name))
    for child in cell.get("children", ()):
        branch.children.append(_branch(child, child["name"]))
    if hidden := cell.get("hidden", 0):
        branch.add(Text(f"... {hidden} more below", style="dim"))
    return branch


def _node(cell: Mapping[str, Any], name: str) -> Text:
    state = cell["state"]
    text = Text.assemble((name, "bold"), " ", (cell["actor"], "cyan"))
    if "strategy" in cell:
        text.append(f" {cell['strategy']}", "dim")
    text.append(f" {state}", STATE_STYLES.get(state, ""))
    details = [f"up {duration(cell['up_seconds'])}"] if "up_seconds" in cell else []
    if cell["restarts"]:
        details.append(f"{cell['restarts']} restarts")
    if "recent" in cell:
        details.append("{} in 1 min, {} in 5, {} in 60".format(*cell["recent"]))
    if cell["mailbox_depth"]:
        details.append(f"{cell['mailbox_depth']} waiting for {duration(cell['oldest_seconds'])}")
    if "current_message" in cell:
        details.append(f"in {cell['current_message']} for {duration(cell.get('busy_seconds'))}")
    text.append(f" ({', '.join(details)})" if details else "", "dim")
    if "last_error" in cell:
        text.append(f" last error: {cell['last_error']}", "red")
    return text


def top_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    table = _table(
        "path", "actor", "state", "<waiting", "<oldest", "<handled", "<time", "<p50", "<p99", "now"
    )
    for row in rows:
        table.add_row(
            escape(row["path"]),
            row["actor"],
            _styled(row["state"], STATE_STYLES),
            f"{row['depth']} ({row['high_water']})",
            duration(row["oldest_seconds"] or None),
            str(row["handled"]),
            duration(row["seconds"] or None),
            duration(row["p50_seconds"]),
            duration(row["p99_seconds"]),
            escape(row["current_message"] or ""),
        )
    return table


def actor_text(view: Mapping[str, Any]) -> RenderableType:
    """Everything about one actor."""
    parts: list[RenderableType] = [_facts_table(view)]
    if view["mailbox_head"]:
        parts.append(_waiting_table(view["mailbox_head"]))
    if view["state"] is not None:
        parts += [Text("state", style="dim"), Pretty(view["state"])]
    if view["last_error"] is not None:
        parts += _error_texts(view["last_error"])
    return Group(*parts)


def _facts_table(view: Mapping[str, Any]) -> Table:
    cell = view["cell"]
    facts = {
        "path": cell["path"],
        "class": cell["actor"],
        "state": cell["state"],
        "incarnation": f"{cell['incarnation']}, up {duration(cell.get('up_seconds'))}",
        "restarts": "{} in 1 min, {} in 5, {} in 60".format(*view["restarts"]),
        "mailbox": f"{cell['mailbox_depth']} of {view['mailbox_limit']}, at most {cell['high_water']}, "
        f"{cell['dropped']} dropped",
        "handled": f"{cell['handled']}, p50 {duration(cell.get('p50_seconds')) or 'unknown'}, "
        f"p99 {duration(cell.get('p99_seconds')) or 'unknown'}",
        "now": f"{cell.get('current_message', 'idle')} {duration(cell.get('busy_seconds'))}",
        "waits for": view["waits_for"] or "",
        "children": str(view["children"] or ""),
    }
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value:
            table.add_row(Text(name, style="dim"), Text(value, STATE_STYLES.get(value, "")))
    return table


def _waiting_table(heads: Iterable[Mapping[str, Any]]) -> Table:
    table = _table("waiting", "<since", "kind")
    for head in heads:
        table.add_row(head["message"], duration(head["waiting_seconds"]), "ask" if head["is_ask"] else "tell")
    return table


def _error_texts(error: Mapping[str, Any]) -> list[Text]:
    where = f" while handling {error['message']}" if error["message"] else ""
    title = f"last error, {duration(error['seconds_ago'])} ago, in incarnation {error['incarnation']}{where}"
    return [Text(title, style="red"), Text(error["traceback"] or error["reason"])]


def restart_line(record: Mapping[str, Any]) -> Text:
    """One record of the restart log on a line."""
    level = record.get("level", "info")
    text = Text.assemble(
        (moment(record.get("time", 0.0)), "dim"), " ", (f"{record['event']:<16}", LEVEL_STYLES.get(level, ""))
    )
    text.append(f" {record['path']}", "bold")
    if "reason_class" in record:
        error = [record[name] for name in ("reason_class", "exc_type", "exc_msg") if record.get(name)]
        text.append(f" {': '.join(error)}")
    if "message_type" in record:
        text.append(f" in {record['message_type']}", "cyan")
    if record.get("decision", "none") != "none":
        delay = f" in {duration(record['delay_ms'] / 1000)}" if "delay_ms" in record else ""
        text.append(f" -> {record['decision'].removesuffix('_in_ms')}{delay}", "yellow")
    if record.get("down_ms") is not None:
        text.append(f" after {duration(record['down_ms'] / 1000)}", "dim")
    if noticed := _noticed(record.get("affected", {})):
        text.append(f" noticed by {noticed}", "dim")
    if "trace_id" in record:
        text.append(f" caused by {record['trace_id']}", "dim")
    if record["event"] == "dead_letter":
        text.append(f" (letter {record['message_id']})", "dim")
    if record.get("repeated"):
        text.append(f" ({record['repeated']} more like it)", "dim")
    return text


def _noticed(affected: Mapping[str, Any]) -> str:
    """The players who were there, the first ones by name."""
    names, count = affected.get("names", ())[:NAMES_SHOWN], affected.get("players", 0)
    if not names:
        return f"{count} player{'s' if count > 1 else ''}" if count else ""
    return ", ".join(names) + (f" and {count - len(names)} more" if count > len(names) else "")


def letters_table(letters: Iterable[Mapping[str, Any]]) -> Table:
    table = _table("half", "<number", "<age", "to", "message", "why")
    for letter in letters:
        table.add_row(
            letter["half"],
            str(letter["number"]),
            duration(letter["seconds_ago"]),
            escape(letter["path"]),
            letter["message"],
            escape(letter["why"]),
        )
    return table


def sessions_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    table = _table("path", "state", "account", "character", "protocol", "from", "<age", "<idle", "<lines")
    for row in rows:
        table.add_row(
            escape(row["path"]) or "(not back yet)",
            row["state"],
            escape(row["account"] or ""),
            escape(row["character"] or ""),
            row["protocol"] or "",
            row["peer"] or "",
            duration(row["age_seconds"]),
            duration(row["idle_seconds"]),
            str(row["lines_waiting"] or ""),
        )
    return table


def checks_table(checks: Iterable[Mapping[str, Any]]) -> Table:
    table = _table("half", "check", "health", "finding", "what to do")
    for check in checks:
        advice = "" if check["health"] == "ok" else check["advice"]
        table.add_row(
            check["half"],
            check["name"],
            _styled(check["health"], HEALTH_STYLES),
            escape(check["finding"]),
            escape(advice),
        )
    return table


def _styled(word: str, styles: Mapping[str, str]) -> Text:
    return Text(word, styles.get(word, ""))


def _table(*headings: str) -> Table:
    """A heading that begins with < is of a column of numbers."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        is_number = heading.startswith("<")
        table.add_column(heading.removeprefix("<"), justify="right" if is_number else "left", overflow="fold")
    return table
