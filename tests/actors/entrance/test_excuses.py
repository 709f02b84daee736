"""A "not now" is explained to operators, and not a thousand times."""

from __future__ import annotations

import pytest

from actors.entrance.excuses import QUIET_SECONDS, Excuses
from actors.entrance.service import No
from actors.storage.errors import StoreUnavailable
from tests.actors.world_kit import WorldBench
from transports.link.protocol import Authenticate, FailureCode


def test_a_cause_is_told_once_a_minute_with_what_was_left_unsaid(caplog: pytest.LogCaptureFixture) -> None:
    excuses, error = Excuses(), StoreUnavailable("connection refused")

    for second in range(10):
        excuses.note("Authenticate", FailureCode.UNAVAILABLE, error, 100.0 + second)
    assert len(caplog.messages) == 1
    assert "Authenticate was answered UNAVAILABLE because of StoreUnavailable" in caplog.messages[0]
    assert "connection refused" in caplog.messages[0]

    excuses.note("Authenticate", FailureCode.UNAVAILABLE, error, 100.0 + QUIET_SECONDS)
    assert "9 more since" in caplog.messages[1]


def test_another_cause_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    excuses = Excuses()

    excuses.note("Authenticate", FailureCode.UNAVAILABLE, StoreUnavailable("away"), 1.0)
    excuses.note(
        "SelectCharacter", FailureCode.UNAVAILABLE, No(FailureCode.UNAVAILABLE, cause="no keeper"), 2.0
    )

    assert "because of No: no keeper" in caplog.messages[1]


def test_a_no_by_a_rule_is_no_excuse(caplog: pytest.LogCaptureFixture) -> None:
    Excuses().note("CreateAccount", FailureCode.NAME_TAKEN, No(FailureCode.NAME_TAKEN), 1.0)

    assert caplog.messages == []


def test_while_the_database_is_away_the_log_says_why_nobody_comes_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with WorldBench() as bench:
        gateway = bench.gateway()
        bench.vault.is_away = True

        for _ in range(3):
            request = gateway.asks(Authenticate("Ann", "wrong horse"))
            assert gateway.answers(request) == [FailureCode.UNAVAILABLE]

    told = [line for line in caplog.messages if "UNAVAILABLE" in line]
    assert len(told) == 1
    assert "it is away" in told[0]
