"""The rules of the watchdog, over looks on paper."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisors.watching import LOOK_SECONDS, Look, Verdict, Watch, WatchdogOptions

OPTIONS = WatchdogOptions(report_after_seconds=0.25, interrupt_after_seconds=1.0, unready_after_seconds=2.0)


def test_a_report_comes_within_half_a_second_of_the_begin_by_default() -> None:
    # One look may just miss it.
    assert 0 < WatchdogOptions().report_after_seconds + LOOK_SECONDS <= 0.5


class Thread:
    """The thread of a loop, as a script plays it."""

    def __init__(self, options: WatchdogOptions = OPTIONS) -> None:
        self.watch = Watch(options)
        self.look = Look(wall=100.0, processor=10.0, turns=7)
        self.verdicts = [self.watch.look(self.look)]

    def passes(
        self,
        wall: float,
        processor: float | None = None,
        *,
        by: object = "npc",
        collecting: float = 0.0,
        turned: bool = False,
        raised: int = 0,
        sleeps: bool = False,
        is_idle: bool = False,
    ) -> Verdict:
        """One look, so much later."""
        last = self.look
        self.look = replace(
            last,
            wall=last.wall + wall,
            processor=last.processor + (wall if processor is None else processor),
            turns=last.turns + turned,
            holder=by,
            collecting=last.collecting + collecting,
            raised=last.raised + raised,
            sleeps=sleeps,
            is_idle=is_idle,
        )
        self.verdicts.append(self.watch.look(self.look))
        return self.verdicts[-1]

    def computes(self, seconds: float, *, by: object = "npc") -> None:
        for _ in range(round(seconds / LOOK_SECONDS)):
            self.passes(LOOK_SECONDS, by=by)

    def count(self, what: str) -> int:
        return sum(getattr(verdict, what) for verdict in self.verdicts)


@pytest.fixture
def thread() -> Thread:
    thread = Thread()
    thread.passes(LOOK_SECONDS, turned=True)
    return thread


def test_a_stretch_without_a_turn_is_reported_once(thread: Thread) -> None:
    thread.computes(0.2)
    assert thread.count("report") == 0

    thread.computes(0.7)

    assert thread.count("report") == 1
    assert thread.count("interrupt") == 0


def test_a_report_comes_within_half_a_second(thread: Thread) -> None:
    thread.computes(OPTIONS.report_after_seconds + 2 * LOOK_SECONDS)

    assert thread.count("report") == 1
    assert thread.look.wall - 100.0 < 0.5


def test_a_handler_that_goes_on_is_interrupted_until_it_is_gone(thread: Thread) -> None:
    thread.computes(1.5)

    assert thread.count("interrupt") > 5


def test_a_loop_that_turns_interrupts_nobody(thread: Thread) -> None:
    for _ in range(100):
        thread.passes(LOOK_SECONDS, turned=True)

    assert not thread.count("report")
    assert not thread.count("interrupt")


def test_a_loop_that_waits_for_events_is_well(thread: Thread) -> None:
    for _ in range(100):
        thread.passes(LOOK_SECONDS, 0.0, is_idle=True, sleeps=True, by=None)

    assert not thread.count("report")


def test_many_handlers_in_one_stretch_are_reported_and_none_is_interrupted(thread: Thread) -> None:
    for number in range(60):
        thread.passes(LOOK_SECONDS, by=f"npc {number}")

    assert thread.count("report") == 1
    assert thread.count("interrupt") == 0
    assert thread.verdicts[-1].is_unready


def test_what_is_no_actor_is_reported_and_never_interrupted(thread: Thread) -> None:
    for _ in range(100):
        thread.passes(LOOK_SECONDS, by=None)

    assert thread.count("report") == 1
    assert thread.count("interrupt") == 0


def test_a_process_that_was_stopped_blames_nobody(thread: Thread) -> None:
    thread.passes(60.0, 0.01)

    assert not thread.count("report")
    assert not thread.verdicts[-1].is_unready


def test_a_machine_that_is_busy_with_something_else_blames_nobody(thread: Thread) -> None:
    for _ in range(100):
        thread.passes(LOOK_SECONDS, 0.001)

    assert not thread.count("report")


def test_a_call_that_blocks_counts_by_the_wall(thread: Thread) -> None:
    for _ in range(50):
        thread.passes(LOOK_SECONDS, 0.0, sleeps=True)

    assert thread.count("report") == 1
    assert thread.count("interrupt") > 1
    assert thread.verdicts[-1].is_unready


def test_code_that_held_the_lock_of_the_interpreter_is_reported_when_it_is_over(thread: Thread) -> None:
    verdict = thread.passes(8.0)

    assert verdict.report
    assert verdict.is_unready


def test_garbage_collection_is_not_the_fault_of_who_runs(thread: Thread) -> None:
    for _ in range(20):
        thread.passes(LOOK_SECONDS, collecting=LOOK_SECONDS)

    assert not thread.count("report")


def test_a_handler_has_time_to_unwind_before_it_is_interrupted_again(thread: Thread) -> None:
    thread.computes(1.0)
    thread.passes(LOOK_SECONDS, raised=1)

    assert [thread.passes(LOOK_SECONDS).interrupt for _ in range(6)] == [False] * 4 + [True] * 2


def test_a_handler_that_catches_its_interruption_is_reported_again_once(thread: Thread) -> None:
    thread.computes(1.0)
    thread.passes(LOOK_SECONDS, raised=1)
    thread.computes(1.0)

    reports = [verdict for verdict in thread.verdicts if verdict.report]
    assert [report.catches for report in reports] == [False, True]


def test_the_next_stretch_begins_anew(thread: Thread) -> None:
    thread.computes(1.2)
    freed = thread.passes(LOOK_SECONDS, turned=True)
    assert freed.is_freed
    assert freed.stretch_seconds == pytest.approx(1.2)

    thread.computes(0.2)

    assert not thread.verdicts[-1].report
    assert not thread.verdicts[-1].interrupt


def test_a_limit_of_zero_switches_its_part_off() -> None:
    thread = Thread(
        WatchdogOptions(report_after_seconds=0, interrupt_after_seconds=0, unready_after_seconds=0)
    )

    thread.computes(5.0)

    assert not any(thread.count(what) for what in ("report", "interrupt", "is_unready"))


def test_who_was_slow_answers_for_no_more_than_the_thread_ran(thread: Thread) -> None:
    began = thread.look.wall
    thread.passes(3.0, 0.5)
    now = thread.look

    assert thread.watch.answers_for(began, now.wall + 1.0, now.processor + 0.2) == pytest.approx(0.7)
    assert thread.watch.answers_for(now.wall + 0.1, now.wall + 0.2, now.processor + 0.1) == pytest.approx(0.1)


def test_who_waited_in_a_call_answers_for_all_of_it(thread: Thread) -> None:
    began = thread.look.wall
    thread.passes(LOOK_SECONDS, 0.0, sleeps=True)
    now = thread.look

    assert thread.watch.answers_for(began, now.wall + 0.02, now.processor) == pytest.approx(
        LOOK_SECONDS + 0.02
    )


@given(
    st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 1.0), st.booleans(), st.sampled_from("ab"))),
)
def test_nobody_is_interrupted_before_the_thread_has_worked_for_the_limit(
    steps: list[tuple[float, float, bool, str]],
) -> None:
    thread, worked = Thread(), 0.0
    for wall, share, turned, who in steps:
        is_same = not turned and thread.look.holder == who
        worked = worked + wall * share if is_same else 0.0

        verdict = thread.passes(wall, wall * share, turned=turned, by=who)

        assert not verdict.interrupt or worked >= OPTIONS.interrupt_after_seconds - 1e-6
