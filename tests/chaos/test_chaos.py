"""A minute of play in which everything breaks, and no promise."""

from __future__ import annotations

import os

import pytest

from tests.chaos.running import run_chaos
from tests.play.kit import empty_folder

SECONDS = 60.0
# Another for each run would find more, and tell of it those who changed something else.
SEED = 2


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_command_takes_effect_once_and_everybody_stays_whatever_dies() -> None:
    seed = int(os.environ.get("CHAOS_SEED", SEED))

    with empty_folder() as path:
        report = run_chaos(path, seconds=SECONDS, seed=seed)

    assert not report.findings, "\n".join(report.lines())
