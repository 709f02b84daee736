"""Records as supervisors write them, and the stories that the page makes of them: see `stories.js`."""

from typing import Any


def _record(event: str, path: str, time: float, **fields: object) -> dict[str, Any]:
    supervisor = path.rpartition("/")[0] or path
    return {
        "event": event,
        "path": path,
        "supervisor": supervisor,
        "time": time,
        "decision": "none",
        **fields,
    }


def _crash(path: str, time: float, decision: str = "restart_now", **fields: object) -> dict[str, Any]:
    return _record("child_terminated", path, time, decision=decision, **fields)


GROUPS: list[tuple[str, list[dict[str, Any]], list[list[object]]]] = [
    ("nothing", [], []),
    (
        "from the end to the answer",
        [_crash("/t/a", 1), _record("restarted", "/t/a", 2), _record("answered", "/t/a", 3)],
        [["/t/a", 3, "good", "answered"]],
    ),
    (
        "not up yet",
        [_crash("/t/a", 1, "restart_in_ms", delay_ms=200)],
        [["/t/a", 1, "wait", "restart_in_ms"]],
    ),
    ("ended for good", [_crash("/t/a", 1, "leave")], [["/t/a", 1, "quiet", "leave"]]),
    (
        "a second crash is a second story",
        [_crash("/t/a", 1), _record("restarted", "/t/a", 2), _crash("/t/a", 3)],
        [["/t/a", 2, "good", "restarted"], ["/t/a", 1, "wait", "restart_now"]],
    ),
    (
        "two at once are two stories",
        [
            _crash("/t/a", 1),
            _crash("/t/b", 1),
            _record("restarted", "/t/b", 2),
            _record("restarted", "/t/a", 2),
        ],
        [["/t/a", 2, "good", "restarted"], ["/t/b", 2, "good", "restarted"]],
    ),
    (
        "a start that fails goes on with the story",
        [
            _crash("/t/a", 1),
            _record("start_error", "/t/a", 2, decision="restart_now"),
            _record("restarted", "/t/a", 3),
        ],
        [["/t/a", 3, "good", "restarted"]],
    ),
    (
        "the others of a group are in it",
        [
            _crash("/t/a", 1, group=["b"]),
            _record("restarted", "/t/a", 2),
            _record("restarted", "/t/b", 2),
            _record("answered", "/t/b", 3),
        ],
        [["/t/a", 4, "good", "restarted"]],
    ),
    (
        "an escalation goes up",
        [
            _crash("/t/s/a", 1, "escalate"),
            _record("gave_up", "/t/s", 1, supervisor="/t/s", decision="escalate"),
            _crash("/t/s", 1),
            _record("start_error", "/t/s/a", 1, decision="escalate"),
            _record("start_error", "/t/s", 1, decision="restart_in_ms"),
            _record("restarted", "/t/s", 2),
        ],
        [["/t/s/a", 6, "warn", "escalated_restarted"]],
    ),
    (
        "up to the end of the process",
        [
            _crash("/t/a", 1, "escalate"),
            _record("gave_up", "/t", 1, supervisor="/t", decision="escalate"),
            _record("escalated", "/t", 1, supervisor="/t", decision="escalate"),
        ],
        [["/t/a", 3, "bad", "escalated"]],
    ),
    (
        "events that nobody knows yet are told as well",
        [_record("marvelled", "/t/a", 1)],
        [["/t/a", 1, "quiet", "marvelled"]],
    ),
]
