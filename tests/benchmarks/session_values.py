"""What sessions cost as values: records, tokens and codes, and lines that are sent again.

A process of its own (`python -m tests.benchmarks.session_values`), which prints milliseconds as JSON. All of
it is pure: no actor, no database. Each figure is the mean of many calls, without the collector.
"""

from __future__ import annotations

import gc
import hmac
import json
import os
import time
from collections.abc import Callable

from actors.gateway.command_flow import CommandFlow
from actors.gateway.reconnect_token import decode, digest, encode, encode_code, make, make_code, read
from actors.gateway.session_options import SessionOptions, idle_seconds_left
from actors.gateway.session_record import SessionId, SessionRecord
from actors.gateway.session_states import SessionState

TIMES = 20_000
# As many as a session may hold back while the world is away, and what the world lets be on their way.
LINES = 256
OPTIONS = SessionOptions()


def mean_ms(work: Callable[[int], object], times: int = TIMES) -> float:
    """Milliseconds for one call."""
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    for number in range(times):
        work(number)
    took = time.perf_counter() - began
    gc.enable()
    return 1000 * took / times


def begin(number: int) -> SessionRecord:
    return SessionRecord.begin(SessionId(number), protocol="telnet", peer="203.0.113.7:51234", now=1.0)


def of_records() -> dict[str, float]:
    """A new session, a transition, a touch, and the question whether it has had its time."""
    young = begin(1).moved_to(SessionState.AUTHENTICATING, now=2.0)
    return {
        "ms for a new session (record)": mean_ms(begin),
        "ms for a transition (record)": mean_ms(
            lambda _: young.moved_to(SessionState.CHARACTER_SELECTION, now=3.0)
        ),
        "ms for a touch (record)": mean_ms(lambda number: young.touched(3.0 + number)),
        "ms for an expiry check (record)": mean_ms(lambda _: idle_seconds_left(young, 3.0, 4.0, OPTIONS)),
    }


def of_tokens() -> dict[str, float]:
    """Without the database: what it stores is compared here with what a client shows."""
    token = make(SessionId(1 << 32), os.urandom)
    text, kept = encode(token), token.digest
    code = encode_code(make_code(os.urandom))

    def new(number: int) -> bytes:
        made = make(SessionId(number), os.urandom)
        encode(made)
        return made.digest

    return {
        "ms to make a token (secret, text, digest)": mean_ms(new),
        "ms to check a token (text, digest, comparison)": mean_ms(
            lambda _: hmac.compare_digest(digest(decode(text).secret), kept)
        ),
        "ms to check a code": mean_ms(lambda _: read(code)),
    }


def of_lines() -> dict[str, float]:
    """A world that comes back: every line that it has not applied is sent again."""
    flow = CommandFlow(SessionId(1))
    flow.begin_at(0)
    for number in range(LINES):
        flow.accept(f"say line {number}")

    def replay(_: int) -> None:
        flow.lost()
        flow.reached(LINES, (0, 0), is_new=True, plays=True)
        assert len(flow.to_send()) == LINES

    return {"ms to replay a command": mean_ms(replay, 200) / LINES}


if __name__ == "__main__":
    print(json.dumps(of_records() | of_tokens() | of_lines()))  # noqa: T201 - read by sessions.py
