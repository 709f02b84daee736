"""What the settings say of the link: its address, and the keys of both its ends. Part of the roof.

Over `tcp://` beyond this machine the link needs CURVE, whose keys an operator makes (`run.py keys`) and tells
the other machine. Without CURVE both halves share one secret, which is made when it is first needed.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from config.keys import KeyFileError, ensure_key, read_key
from config.link_address import default_link_address
from config.link_keys import LinkKeys, port_in
from config.settings import Settings
from transports.link.addresses import check_address
from transports.link.curve import (
    GatewayCurve,
    KeyPair,
    WorldCurve,
    gateway_names,
    key_pair,
    make_secret,
    parse_key,
)
from transports.link.errors import AddressRefused

# In start order; they stop in reverse.
HALVES = ("world", "gateway")


def link_address(settings: Settings) -> str:
    return settings.link.address or default_link_address(settings.data_dir)


def link_key(settings: Settings, world: bytes | None = None) -> bytes:
    """What both halves prove to each other that they know.

    With CURVE, which is a proof itself, the public key of the `world` is enough: no secret is to be copied.
    """
    given = settings.link.key.get_secret_value()
    return world if world and not given else (given or ensure_key(settings.data_dir / "link.key")).encode()


def world_curve(settings: Settings) -> WorldCurve | None:
    """The keys of the world's end; None for a plain link. Raises AddressRefused or KeyFileError."""
    gateways = gateway_names(settings.link.curve.gateways)
    check_address(link_address(settings), is_encrypted=bool(gateways))
    return WorldCurve(curve_pair(settings, "world"), gateways) if gateways else None


def gateway_curve(settings: Settings) -> GatewayCurve | None:
    """The keys of the gateway's end; None for a plain link. Raises AddressRefused or KeyFileError."""
    world = settings.link.curve.world
    check_address(link_address(settings), is_encrypted=bool(world))
    return GatewayCurve(curve_pair(settings, "gateway"), parse_key(world)) if world else None


def check_link(settings: Settings, halves: Iterable[str]) -> None:
    """Before anything is started: raises AddressRefused or KeyFileError if the link cannot be."""
    for name in halves:
        {"world": world_curve, "gateway": gateway_curve}[name](settings)
    check_place(link_address(settings))


def check_place(address: str) -> None:
    """Raise AddressRefused if the halves cannot meet there, though the address has the form of one."""
    scheme, _, place = address.partition("://")
    if scheme == "tcp" and int(place.rpartition(":")[2]) == 0:
        raise AddressRefused(address, "the other half has to know the port; choose one from 1 to 65535")
    # With @ it is a name and no file (unix(7), "abstract").
    if scheme == "ipc" and not place.startswith("@") and not (folder := Path(place).parent).is_dir():
        raise AddressRefused(address, f"there is no folder {folder}; make it, or choose another path")


def curve_pair(settings: Settings, name: str) -> KeyPair:
    """The keys of one half. Raises KeyFileError."""
    file = curve_file(settings, name)
    secret = read_key(file, "is not there; make it with `python run.py keys`")
    try:
        return key_pair(secret)
    except ValueError as error:
        raise KeyFileError(file, f"holds no key ({error}); delete it and run `python run.py keys`") from error


def curve_file(settings: Settings, name: str) -> Path:
    """Where one half has its secret. Raises KeyFileError if the other half has it there as well."""
    curve = settings.link.curve
    set_to = {"world": curve.world_secret_file, "gateway": curve.gateway_secret_file}
    files = {half: Path(set_to[half] or settings.data_dir / f"{half}-curve.key") for half in HALVES}
    if len({os.path.normpath(file) for file in files.values()}) < len(files):
        raise KeyFileError(
            files[name],
            "belongs to the other half as well; name another file in link.curve.world_secret_file or "
            "link.curve.gateway_secret_file",
        )
    return files[name]


def ensure_link_keys(settings: Settings) -> LinkKeys:
    """The keys of both halves, made now unless they are there. Raises KeyFileError."""
    for name in HALVES:
        ensure_key(curve_file(settings, name), make_secret)
    return LinkKeys(
        curve_pair(settings, "world").public.hex(),
        curve_file(settings, "world"),
        curve_pair(settings, "gateway").public.hex(),
        curve_file(settings, "gateway"),
        settings.gateway.name,
        port_in(settings.link.address),
    )
