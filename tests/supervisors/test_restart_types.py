"""Who is restarted (docs/supervision-rules.md)."""

import pytest

from supervisors.restart_types import is_expected_stop, is_logged, is_restarted
from supervisors.specs import Restart
from tests.supervisors.kit import BOOM, KILLED, NORMAL, SHUTDOWN
from wyld_actors import ExitReason


@pytest.mark.parametrize("reason", [NORMAL, SHUTDOWN, BOOM, KILLED])
def test_a_permanent_child_is_always_restarted_and_its_end_always_logged(reason: ExitReason) -> None:
    assert is_restarted(Restart.PERMANENT, reason)
    assert is_logged(Restart.PERMANENT, reason)


@pytest.mark.parametrize(
    ("reason", "is_abnormal"), [(NORMAL, False), (SHUTDOWN, False), (BOOM, True), (KILLED, True)]
)
def test_a_transient_child_is_restarted_after_an_abnormal_end_only(
    reason: ExitReason, is_abnormal: bool
) -> None:
    assert is_restarted(Restart.TRANSIENT, reason) is is_abnormal
    assert is_logged(Restart.TRANSIENT, reason) is is_abnormal


@pytest.mark.parametrize("reason", [NORMAL, SHUTDOWN, BOOM, KILLED])
def test_a_temporary_child_is_never_restarted(reason: ExitReason) -> None:
    assert not is_restarted(Restart.TEMPORARY, reason)
    assert is_logged(Restart.TEMPORARY, reason) is not reason.is_clean


def test_a_stop_is_expected_to_end_in_shutdown_and_a_brutal_one_in_killed() -> None:
    assert is_expected_stop(Restart.PERMANENT, SHUTDOWN, was_killed_by_spec=False)
    assert is_expected_stop(Restart.PERMANENT, KILLED, was_killed_by_spec=True)
    assert not is_expected_stop(Restart.PERMANENT, KILLED, was_killed_by_spec=False)
    assert not is_expected_stop(Restart.PERMANENT, BOOM, was_killed_by_spec=False)


def test_a_normal_end_while_stopping_is_expected_unless_the_child_is_permanent() -> None:
    assert is_expected_stop(Restart.TRANSIENT, NORMAL, was_killed_by_spec=False)
    assert not is_expected_stop(Restart.PERMANENT, NORMAL, was_killed_by_spec=False)
