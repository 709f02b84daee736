"""A ZeroMQ context and an address for each test of the real endpoints."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    made: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    yield made
    made.destroy(linger=0)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"ipc://{tmp_path / 'link'}"
