"""How fast one client may speak."""

from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.pace import LONG_AGO, STEP, Pace

PACE = Pace()


def test_a_pasted_page_comes_at_once() -> None:
    due = LONG_AGO
    for _ in range(PACE.lines_at_once):
        due = PACE.after_line(due, 100.0)
        assert PACE.wait_seconds(due, 100.0) == 0


def test_who_types_never_waits() -> None:
    due = LONG_AGO
    for step in range(10_000):
        now = 100.0 + step / (PACE.lines_per_second / 2)
        due = PACE.after_line(due, now)
        assert PACE.wait_seconds(due, now) == 0


@given(st.lists(st.floats(0, 1), max_size=500), st.floats(0, 1e9))
def test_whoever_waits_as_told_is_let_through_no_faster_than_the_rate(
    pauses: list[float], start: float
) -> None:
    now, due, lines = start, LONG_AGO, [start]
    for pause in pauses:
        due = PACE.after_line(due, now)
        now += max(PACE.wait_seconds(due, now), pause * 0.001)
        lines.append(now)

    for first, began in enumerate(lines):
        allowed = (
            PACE.lines_at_once + STEP + 1 + (lines[-1] - began) * PACE.lines_per_second * (1 + 1e-6) + 1e-3
        )
        assert len(lines) - first <= allowed


@given(st.integers(1, 200), st.floats(0.01, 10))
def test_a_pause_gives_back_what_it_is_worth(count: int, pause: float) -> None:
    due = LONG_AGO
    for _ in range(count):
        due = PACE.after_line(due, 100.0)
    waited = PACE.wait_seconds(due, 100.0)

    assert waited <= count / PACE.lines_per_second
    assert PACE.wait_seconds(PACE.after_line(due, 100.0 + waited + pause), 100.0 + waited + pause) == 0
