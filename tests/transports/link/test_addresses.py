"""Which addresses the link may use."""

import pytest

from transports.link.addresses import check_address
from transports.link.errors import AddressRefused


@pytest.mark.parametrize(
    "address", ["ipc:///tmp/link", "tcp://127.0.0.1:5000", "tcp://localhost:0", "tcp://[::1]:5000"]
)
def test_ipc_and_loopback_are_fine(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://10.0.0.1:5000", "this machine only"),
        ("tcp://*:5000", "this machine only"),
        ("tcp://world.example.org:5000", "this machine only"),
        ("udp://127.0.0.1:5000", "use ipc://"),
        ("ipc://", "1 to 107 bytes"),
        ("ipc:///" + "x" * 107, "this one 108"),
    ],
)
def test_anything_else_is_refused_with_the_reason(address: str, reason: str) -> None:
    with pytest.raises(AddressRefused, match=reason):
        check_address(address)
