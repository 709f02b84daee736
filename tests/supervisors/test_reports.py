"""What the launcher hears of a process that it started."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import gevent
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisors.reports import LINE_LIMIT_BYTES, reports_of


def heard(pieces: Sequence[bytes]) -> list[Mapping[str, Any]]:
    """What comes of these pieces and the end of the stream."""
    ours, theirs = socket.socketpair()
    listener = gevent.spawn(lambda: list(reports_of("world", ours)))
    with theirs:
        for piece in pieces:
            theirs.sendall(piece)
    found: list[Mapping[str, Any]] = listener.get(timeout=10)
    return found


def test_each_line_is_a_report() -> None:
    assert heard([b'{"addresses": {}}\n{"blocked_seconds": 0.5}\n']) == [
        {"addresses": {}},
        {"blocked_seconds": 0.5},
    ]


@pytest.mark.slow
@given(st.lists(st.dictionaries(st.text(), st.integers()), max_size=5), st.lists(st.integers(0, 200)))
def test_any_split_of_the_bytes_gives_the_same_reports(said: list[dict[str, int]], cuts: list[int]) -> None:
    stream = b"".join(json.dumps(one).encode() + b"\n" for one in said)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]

    assert heard([stream[start:end] for start, end in pairwise(places)]) == said


def test_a_line_without_an_end_is_no_report() -> None:
    assert heard([b'{"a": 1}\n{"b"']) == [{"a": 1}]


@pytest.mark.parametrize("line", [b"", b"ready", b"[1]", b'"text"', b"\xff\xfe"])
def test_what_is_no_json_object_is_told_and_is_a_sign_of_life(
    line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert heard([line + b"\n"]) == [{}]
    assert "world said something else than JSON" in caplog.text


def test_of_a_line_that_does_not_end_only_the_beginning_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    assert heard([b"x" * LINE_LIMIT_BYTES] * 5 + [b'\n{"a": 1}\n']) == [{}, {"a": 1}]


def test_a_reset_is_an_end_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        theirs = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()

    assert list(reports_of("world", ours)) == []
    assert ours.fileno() == -1
