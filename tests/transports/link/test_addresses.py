"""Which addresses the link may use."""

import pytest

from transports.link.addresses import check_address
from transports.link.errors import AddressRefused

NEAR = ["ipc:///tmp/link", "tcp://127.0.0.1:5000", "tcp://localhost:0", "tcp://[::1]:5000"]
FAR = ["tcp://10.0.0.1:5000", "tcp://0.0.0.0:5000", "tcp://world.example.org:5000", "tcp://[::]:5000"]


@pytest.mark.parametrize("address", NEAR)
@pytest.mark.parametrize("is_encrypted", [True, False])
def test_ipc_and_loopback_are_fine(address: str, is_encrypted: bool) -> None:
    check_address(address, is_encrypted=is_encrypted)


@pytest.mark.parametrize("address", FAR)
def test_plain_tcp_beyond_this_machine_is_refused_and_the_way_out_is_named(address: str) -> None:
    check_address(address, is_encrypted=True)
    with pytest.raises(AddressRefused, match=r"this machine only.*run\.py keys"):
        check_address(address)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://*:5000", r"0\.0\.0\.0 for all"),
        ("tcp://10.0.0.1", "tcp://HOST:PORT"),
        ("tcp://10.0.0.1:link", "tcp://HOST:PORT"),
        ("tcp://127.0.0.1:99999", "from 1 to 65535"),
        ("udp://127.0.0.1:5000", "use ipc://"),
        ("ipc://", "1 to 107 bytes"),
        ("ipc:///" + "x" * 107, "this one 108"),
    ],
)
def test_anything_else_is_refused_with_the_reason(address: str, reason: str) -> None:
    with pytest.raises(AddressRefused, match=reason):
        check_address(address, is_encrypted=True)
