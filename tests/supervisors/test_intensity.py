"""Rules of the restart window: how often (docs/supervision-rules.md)."""

from hypothesis import example, given
from hypothesis import strategies as st

from supervisors.intensity import RestartWindow


def test_as_many_restarts_as_allowed_pass_and_one_more_does_not() -> None:
    window = RestartWindow(3, 5.0)

    assert [window.allows(0.0) for _ in range(4)] == [True, True, True, False]


def test_with_intensity_zero_the_first_restart_is_one_too_many() -> None:
    assert not RestartWindow(0, 5.0).allows(0.0)


def test_a_restart_exactly_max_seconds_ago_still_counts() -> None:
    window = RestartWindow(1, 5.0)
    window.allows(0.0)

    assert not window.allows(5.0)


def test_a_restart_longer_ago_does_not_count() -> None:
    window = RestartWindow(1, 5.0)
    window.allows(0.0)

    assert window.allows(5.001)


@given(
    st.integers(0, 4), st.floats(0.1, 10), st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=40)
)
@example(1, 1.5048481567243124, [2.0, 1.5048481567243124])
def test_never_more_than_max_are_allowed_within_any_window(
    max_restarts: int, max_seconds: float, gaps: list[float]
) -> None:
    window = RestartWindow(max_restarts, max_seconds)
    now, allowed = 0.0, list[float]()
    for gap in gaps:
        now += gap
        if not window.allows(now):
            # The supervisor gives up here: the window is asked no more.
            break
        allowed.append(now)

    for end in allowed:
        # Written as the rule is: `end - max_seconds <= stamp` is another question for floats.
        assert sum(stamp <= end and end - stamp <= max_seconds for stamp in allowed) <= max_restarts
