"""When to ping and when to give up."""

import pytest

from transports.websocket.keepalive import Verdict, judge, sweep_seconds


@pytest.mark.parametrize(
    ("now", "heard_at", "pinged_at", "verdict"),
    [
        (29.9, 0.0, 0.0, Verdict.FINE),
        (30.0, 0.0, 0.0, Verdict.PING_DUE),
        (59.9, 0.0, 30.0, Verdict.FINE),
        (60.0, 0.0, 60.0, Verdict.GONE),
        (60.0, 30.1, 30.0, Verdict.PING_DUE),
        (600.0, 599.0, 599.0, Verdict.FINE),
    ],
)
def test_a_ping_is_due_every_interval_and_silence_ends_the_connection(
    now: float, heard_at: float, pinged_at: float, verdict: Verdict
) -> None:
    assert (
        judge(
            now,
            heard_at=heard_at,
            pinged_at=pinged_at,
            ping_interval_seconds=30.0,
            client_timeout_seconds=60.0,
        )
        is verdict
    )


def test_the_sweep_is_a_tenth_of_the_shortest_interval() -> None:
    assert sweep_seconds(30.0, 60.0, 5.0) == 0.5
