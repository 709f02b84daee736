"""Signs of life of a process, and what follows when they are missing."""

import pytest

from supervisors.vital_signs import SIGN_SECONDS, TROUBLE_SECONDS, Vitality, VitalSigns


class Bedside:
    """A launcher that looks every second."""

    def __init__(self, restart_after_seconds: float = 30.0) -> None:
        self.signs = VitalSigns(restart_after_seconds)
        self.now = 100.0
        self.signs.heard(self.now)

    def silence(self, seconds: float, *, is_stopped: bool = False) -> Vitality:
        found = Vitality.WELL
        for _ in range(round(seconds / SIGN_SECONDS)):
            self.now += SIGN_SECONDS
            found = self.signs.judge(self.now, is_stopped=is_stopped)
        return found

    def blocked(self, seconds: float, by: str) -> Vitality:
        for second in range(round(seconds / SIGN_SECONDS)):
            self.now += SIGN_SECONDS
            self.signs.heard(self.now, second + 1.0, by)
            found = self.signs.judge(self.now, is_stopped=False)
        return found


@pytest.fixture
def bedside() -> Bedside:
    return Bedside()


def test_a_process_that_gives_signs_is_well(bedside: Bedside) -> None:
    for _ in range(100):
        assert bedside.silence(1.0) is Vitality.WELL
        bedside.signs.heard(bedside.now)

    assert bedside.signs.trouble == ""


def test_a_process_without_a_watchdog_is_not_judged() -> None:
    signs = VitalSigns(30.0)

    assert [signs.judge(float(now), is_stopped=False) for now in range(100)] == [Vitality.WELL] * 100


def test_a_silent_process_is_in_trouble_and_then_hopeless(bedside: Bedside) -> None:
    assert bedside.silence(TROUBLE_SECONDS - 1) is Vitality.WELL
    assert bedside.silence(1) is Vitality.IN_TROUBLE
    assert "no sign of life for 5 s" in bedside.signs.trouble
    assert bedside.silence(24) is Vitality.IN_TROUBLE
    assert bedside.silence(1) is Vitality.HOPELESS


def test_a_process_whose_loop_stands_still_says_why(bedside: Bedside) -> None:
    assert bedside.blocked(6, "blocked by /world/npc") is Vitality.IN_TROUBLE
    assert bedside.signs.trouble == "stands still for 6 s: blocked by /world/npc"

    assert bedside.blocked(30, "blocked by /world/npc") is Vitality.HOPELESS


def test_a_process_that_comes_back_is_well_again(bedside: Bedside) -> None:
    bedside.silence(10)

    bedside.signs.heard(bedside.now)

    assert bedside.silence(1) is Vitality.WELL
    assert bedside.signs.trouble == ""


def test_a_process_that_is_stopped_by_a_signal_is_told_and_never_hopeless(bedside: Bedside) -> None:
    assert bedside.silence(100, is_stopped=True) is Vitality.IN_TROUBLE
    assert "SIGCONT" in bedside.signs.trouble


def test_a_launcher_that_was_away_itself_begins_anew(bedside: Bedside) -> None:
    bedside.silence(2)
    bedside.now += 3600.0

    assert bedside.silence(1) is Vitality.WELL
    assert bedside.silence(TROUBLE_SECONDS) is Vitality.IN_TROUBLE


def test_with_a_limit_of_zero_nothing_is_hopeless() -> None:
    assert Bedside(0.0).silence(1000) is Vitality.IN_TROUBLE


def test_a_short_limit_is_kept() -> None:
    assert Bedside(2.0).silence(2) is Vitality.HOPELESS
