"""Which records belong to one cause, and when a stack is news."""

from __future__ import annotations

from typing import Any

from supervisors import Decision, LogEvent, RestartRecord
from supervisors.causes import STACK_SECONDS, Causes

STACK = """Traceback (most recent call last):
  File "/game/seam.py", line 50, in handle
    result = handler(instance)
  File "/game/npc.py", line {line}, in greet
    raise ValueError
ValueError: {text}
"""


def crash(path: str = "/world/keeper", line: int = 7, **fields: Any) -> RestartRecord:
    return RestartRecord(
        **{
            "event": LogEvent.CHILD_TERMINATED,
            "supervisor": "/world",
            "path": path,
            "actor": "Innkeeper",
            "reason_class": "crash",
            "exc_type": "ValueError",
            "stack": STACK.format(line=line, text=path),
            "decision": Decision.RESTART_NOW,
            **fields,
        }
    )


def restarted(path: str = "/world/keeper", event: LogEvent = LogEvent.RESTARTED) -> RestartRecord:
    return RestartRecord(event=event, supervisor="/world", path=path, actor="Innkeeper")


def test_the_same_bug_in_two_actors_of_a_class_is_one_cause() -> None:
    causes = Causes()

    first, second = causes.complete(crash("/world/a"), 0.0), causes.complete(crash("/world/b"), 0.0)

    assert first.cause == second.cause != ""
    assert (first.occurrences, second.occurrences) == (1, 2)


def test_another_line_of_code_is_another_cause() -> None:
    causes = Causes()

    assert causes.complete(crash(line=7), 0.0).cause != causes.complete(crash(line=8), 0.0).cause


def test_a_cause_has_the_same_name_in_every_process() -> None:
    assert Causes().complete(crash(), 0.0).cause == Causes().complete(crash(), 99.0).cause


def test_a_stack_is_written_once_and_again_after_an_hour() -> None:
    causes = Causes()

    stacks = [causes.complete(crash(), now).stack for now in (0.0, 1.0, STACK_SECONDS, STACK_SECONDS + 1)]

    assert [stack is not None for stack in stacks] == [True, False, True, False]


def test_restarts_and_answers_have_the_cause_of_the_crash_before_them() -> None:
    causes = Causes()
    cause = causes.complete(crash(), 0.0).cause

    assert causes.complete(restarted(), 1.0).cause == cause
    assert causes.complete(restarted(event=LogEvent.ANSWERED), 2.0).cause == cause
    assert causes.complete(restarted(event=LogEvent.ANSWERED), 3.0).cause != cause, "it is over"


def test_siblings_that_are_restarted_have_the_cause_of_who_crashed() -> None:
    causes = Causes()
    cause = causes.complete(crash(group=("b",)), 0.0).cause

    assert causes.complete(restarted("/world/b"), 1.0).cause == cause


def test_a_bounded_number_of_causes_and_paths_is_remembered() -> None:
    causes = Causes(causes=2, paths=2)
    for line in (1, 2, 3):
        causes.complete(crash(f"/world/{line}", line), 0.0)

    again = causes.complete(crash("/world/1", 1), 1.0)

    assert again.occurrences == 1
    assert again.stack is not None, "where it was written is forgotten with it"
    assert causes.complete(restarted("/world/2"), 1.0).cause != causes.complete(crash(line=2), 1.0).cause
