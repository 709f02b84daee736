"""CURVE: encryption between machines, and keys instead of a shared secret. Pure, but for making keys.

libzmq does the cryptography (CurveZMQ, RFC 26 of zeromq.org): it encrypts, proves to the gateway that the
world has the secret of the public key that it knows, and shows the world the gateway's public key. What it
leaves to us is whether that gateway may come in, and under which name: see `zap`.

A key is 32 bytes, written as 64 hexadecimal digits. ZeroMQ's own notation (Z85) is shorter, but has letters
that a shell, systemd and Docker Compose each read in their own way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import zmq
from zmq.utils import z85

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Who one side is: the public half is for everybody, the secret one for nobody."""

    public: bytes
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WorldCurve:
    """The world's side: its own pair, and the name of each gateway that may come in, by public key."""

    pair: KeyPair
    gateways: Mapping[bytes, str]


@dataclass(frozen=True, slots=True)
class GatewayCurve:
    """A gateway's side: its own pair, and the public key of the one world that it talks to."""

    pair: KeyPair
    world: bytes


def make_secret() -> str:
    """A new secret, as text."""
    return z85.decode(zmq.curve_keypair()[1]).hex()


def key_pair(secret: str) -> KeyPair:
    """The pair of a secret. Raises ValueError if it is none."""
    given = parse_key(secret)
    return KeyPair(z85.decode(zmq.curve_public(z85.encode(given))), given)


def parse_key(text: str) -> bytes:
    """A key from its text. Raises ValueError if it is none."""
    made = bytes.fromhex(text)
    if len(made) != KEY_BYTES:
        raise ValueError(f"a key has {2 * KEY_BYTES} hexadecimal digits, this one {len(text)}")
    return made


def gateway_names(texts: Iterable[str]) -> dict[bytes, str]:
    """Public key to name, from texts like `east=3f20...`. Raises ValueError for what is no key."""
    pairs = (text.partition("=") for text in texts)
    return {parse_key(public): name for name, _, public in pairs}
