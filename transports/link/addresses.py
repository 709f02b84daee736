"""Which addresses the link may use."""

import ipaddress

from transports.link.errors import AddressRefused

# Bytes of sockaddr_un.sun_path, less the closing zero.
_IPC_PATH_BYTES = 107
# ZeroMQ takes what is above modulo 65536, and so another port.
_PORT_LIMIT = 65_535


def check_address(address: str, *, is_encrypted: bool = False) -> None:
    """Raise AddressRefused unless the link may use this address: ipc, tcp on the machine itself, or any tcp
    that is encrypted.
    """
    scheme, _, rest = address.partition("://")
    if scheme == "ipc":
        if not 0 < len(rest.encode()) <= _IPC_PATH_BYTES:
            raise AddressRefused(
                address, f"a socket's path has 1 to {_IPC_PATH_BYTES} bytes, this one {len(rest.encode())}"
            )
    elif scheme == "tcp":
        host, _, port = rest.rpartition(":")
        host = host.strip("[]")
        if not host or host == "*" or not port.isdecimal():
            raise AddressRefused(address, "use tcp://HOST:PORT, with 0.0.0.0 for all addresses of a machine")
        if int(port) > _PORT_LIMIT:
            raise AddressRefused(address, f"a port is a number from 1 to {_PORT_LIMIT}")
        if not is_encrypted and not _is_loopback(host):
            raise AddressRefused(
                address,
                "plain tcp is for this machine only; make keys with `python run.py keys`, which says where "
                "to put them, or use tcp://127.0.0.1:PORT or ipc://PATH",
            )
    else:
        raise AddressRefused(address, "use ipc://PATH or tcp://HOST:PORT")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
