"""Which addresses the link may use."""

import ipaddress

from transports.link.errors import AddressRefused

# Bytes of sockaddr_un.sun_path, less the closing zero.
_IPC_PATH_BYTES = 107


def check_address(address: str) -> None:
    """Raise AddressRefused unless the link may use this address: ipc, or tcp on the machine itself.

    Between machines nothing is encrypted yet, so plain tcp does not leave this one.
    """
    scheme, _, rest = address.partition("://")
    if scheme == "ipc":
        if not 0 < len(rest.encode()) <= _IPC_PATH_BYTES:
            raise AddressRefused(
                address, f"a socket's path has 1 to {_IPC_PATH_BYTES} bytes, this one {len(rest.encode())}"
            )
    elif scheme == "tcp":
        host = rest.rpartition(":")[0].strip("[]")
        if not _is_loopback(host):
            raise AddressRefused(
                address, "plain tcp is for this machine only; use tcp://127.0.0.1:PORT or ipc://"
            )
    else:
        raise AddressRefused(address, "use ipc://PATH or tcp://127.0.0.1:PORT")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
