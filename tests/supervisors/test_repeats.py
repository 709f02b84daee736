"""The limit on repetition: nothing floods, nothing hides another, nothing is only dropped."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from supervisors import Decision, LogEvent, RestartRecord
from supervisors.repeats import (
    AT_ONCE,
    REFILL_SECONDS,
    SUMMARY_SECONDS,
    SUMMARY_SECONDS_AT_MOST,
    Repeats,
)


def record(cause: str = "bug", **fields: Any) -> RestartRecord:
    return RestartRecord(
        **{
            "event": LogEvent.CHILD_TERMINATED,
            "supervisor": "/world",
            "path": "/world/npc",
            "decision": Decision.RESTART_NOW,
            "cause": cause,
            **fields,
        }
    )


def test_the_first_records_of_a_kind_are_written_at_once_and_then_counted() -> None:
    repeats = Repeats()

    written = [repeats.take(record(), 0.0) for _ in range(AT_ONCE + 3)]

    assert [len(records) for records in written] == [1] * AT_ONCE + [0] * 3
    assert repeats.is_pending


def test_what_was_counted_is_told_when_its_time_has_come() -> None:
    repeats = Repeats()
    for number in range(AT_ONCE + 100):
        repeats.take(record(path=f"/world/npc-{number}", time=1000.0), 0.0)

    assert repeats.due(SUMMARY_SECONDS - 0.1) == []
    [summary] = repeats.due(SUMMARY_SECONDS)
    assert summary.repeated == 99
    assert summary.path == f"/world/npc-{AT_ONCE + 99}"
    assert summary.others == tuple(f"/world/npc-{AT_ONCE + number}" for number in range(5))
    assert summary.time == 1000.0 + SUMMARY_SECONDS, "it is news now"
    assert not repeats.is_pending


def test_the_next_record_that_is_written_tells_the_count() -> None:
    repeats = Repeats()
    for _ in range(AT_ONCE + 3):
        repeats.take(record(), 0.0)

    [written] = repeats.take(record(), REFILL_SECONDS)

    assert written.repeated == 3
    assert repeats.due(1e9) == []


def test_another_cause_is_written_at_once_in_the_middle_of_a_storm() -> None:
    repeats = Repeats()
    for _ in range(1000):
        repeats.take(record("storm"), 0.0)

    [written] = repeats.take(record("another"), 0.0)

    assert written.cause == "another"


def test_summaries_of_a_long_storm_come_less_and_less_often() -> None:
    repeats = Repeats()
    told: list[float] = []
    for tenth in range(0, 36_000):
        now = tenth / 10
        written = [*repeats.take(record(), now), *repeats.due(now)]
        told += [now for one in written if one.repeated]

    assert len(told) < 40
    assert max(later - sooner for sooner, later in pairwise(told)) <= SUMMARY_SECONDS_AT_MOST + 1


def test_after_a_quiet_time_everything_is_written_at_once_again() -> None:
    repeats = Repeats()
    for _ in range(1000):
        repeats.take(record(), 0.0)
    repeats.due(SUMMARY_SECONDS)

    later = AT_ONCE * REFILL_SECONDS
    assert [len(repeats.take(record(), later)) for _ in range(AT_ONCE)] == [1] * AT_ONCE


def test_what_ends_something_for_good_is_always_written() -> None:
    repeats = Repeats()
    final = [
        record(event=LogEvent.GAVE_UP, decision=Decision.STOP),
        record(event=LogEvent.ESCALATED),
        record(event=LogEvent.LEAKED, decision=Decision.ABANDON),
        record(decision=Decision.ESCALATE),
    ]
    for one in final:
        assert [len(repeats.take(one, 0.0)) for _ in range(100)] == [1] * 100


def test_each_child_that_is_quarantined_is_written_and_its_failed_probes_are_counted() -> None:
    repeats = Repeats()
    quarantined: dict[str, Any] = {"event": LogEvent.QUARANTINED, "decision": Decision.QUARANTINE}

    first = [len(repeats.take(record(path=f"/pool/{n}", **quarantined), 0.0)) for n in range(100)]
    probes = [len(repeats.take(record(path="/pool/1", **quarantined), 0.0)) for _ in range(100)]

    assert first == [1] * 100
    assert sum(probes) == AT_ONCE - 1


def test_a_stack_that_was_not_seen_yet_is_always_written() -> None:
    repeats = Repeats()
    for _ in range(100):
        repeats.take(record(), 0.0)

    assert len(repeats.take(record(stack="Traceback ..."), 0.0)) == 1


def test_who_is_forgotten_has_its_count_told() -> None:
    repeats = Repeats(kinds=2)
    for _ in range(AT_ONCE + 7):
        repeats.take(record("first"), 0.0)
    repeats.take(record("second"), 0.0)

    summary, third = repeats.take(record("third"), 0.0)

    assert (summary.cause, summary.repeated) == ("first", 6)
    assert third.cause == "third"
    assert not repeats.is_pending


steps = st.tuples(
    st.sampled_from("abcdef"),
    st.sampled_from([Decision.RESTART_NOW, Decision.RESTART_LATER, Decision.ESCALATE]),
    st.floats(0, 100),
)


@settings(max_examples=50)
@given(st.lists(steps, max_size=200))
def test_every_record_is_written_or_counted_once(history: list[tuple[str, Decision, float]]) -> None:
    repeats = Repeats(kinds=4)
    written: list[RestartRecord] = []
    now = 0.0
    for cause, decision, seconds in history:
        now += seconds
        written += repeats.due(now)
        written += repeats.take(record(cause, decision=decision), now)
    written += repeats.flush(now)

    assert sum(1 + one.repeated for one in written) == len(history)
    for cause in "abcdef":
        of_cause = sum(1 + one.repeated for one in written if one.cause == cause)
        assert of_cause == sum(name == cause for name, _, _ in history)
