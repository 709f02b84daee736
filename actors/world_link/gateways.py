"""The gateways that talk to this world: who has proved the key, over which connection, and who still lives.
Pure.

A gateway's *client* name is one life of it (its name and boot epoch): requests are remembered under it, so an
answer finds the gateway also over a later connection. Its *peer* is the connection.

The doorkeeper remembers the newest epoch of each name, so an older life stays fenced off. The rest belongs to
connections and is forgotten with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from transports.link.handshake import Doorkeeper
from transports.link.interface import Peer
from transports.link.liveness import LinkState, Liveness, LivenessOptions
from transports.link.protocol import Challenge, Confirm, Heartbeat, Hello, OutputNumber, SessionId

__all__ = ["Admission", "Gateway", "Gateways"]


@dataclass(slots=True)
class Gateway:
    """One connection of a gateway."""

    name: str
    client: str
    liveness: Liveness


@dataclass(frozen=True, slots=True)
class Admission:
    """A gateway has been let in. `superseded` is the connection of its that this one replaces, and `former`
    the lives of it that are over, as clients."""

    gateway: Gateway
    sessions: Mapping[SessionId, OutputNumber]
    superseded: Peer | None
    former: tuple[str, ...]


class Gateways:
    """All gateways of one world."""

    def __init__(self, doorkeeper: Doorkeeper) -> None:
        self._doorkeeper = doorkeeper
        self._by_peer: dict[Peer, Gateway] = {}
        self._peers: dict[str, Peer] = {}
        # Name -> client of its newest life.
        self._newest: dict[str, str] = {}

    def get(self, peer: Peer) -> Gateway | None:
        """Who talks over this connection; None before the handshake."""
        return self._by_peer.get(peer)

    def peer_of(self, client: str) -> Peer | None:
        """The connection of this life of a gateway, if it has one now."""
        return self._peers.get(client)

    def peers(self) -> list[Peer]:
        """All connections."""
        return list(self._by_peer)

    def all(self) -> list[Gateway]:
        """All gateways that are here."""
        return list(self._by_peer.values())

    def greet(self, peer: Peer, hello: Hello, *, nonce: bytes) -> Challenge:
        """Somebody says Hello. Raises a HandshakeError: answer it with its `refusal`."""
        return self._doorkeeper.hello(peer, hello, nonce=nonce)

    def admit(self, peer: Peer, confirm: Confirm, now: float, liveness: LivenessOptions) -> Admission:
        """Somebody proves the key. Raises a HandshakeError."""
        admitted = self._doorkeeper.confirm(peer, confirm)
        client = f"{admitted.name}:{admitted.epoch}"
        before = self._newest.get(admitted.name, client)
        self._newest[admitted.name] = client
        gateway = Gateway(admitted.name, client, Liveness(liveness, now))
        self._by_peer[peer] = gateway
        self._peers[client] = peer
        return Admission(
            gateway, admitted.sessions, admitted.superseded, () if before == client else (before,)
        )

    def forget(self, peer: Peer) -> Gateway | None:
        """The connection is gone; whose it was."""
        self._doorkeeper.left(peer)
        gateway = self._by_peer.pop(peer, None)
        if gateway is not None and self._peers.get(gateway.client) == peer:
            del self._peers[gateway.client]
        return gateway

    def beat(self, now: float) -> tuple[list[tuple[Peer, Heartbeat]], list[Peer]]:
        """The heartbeats to send now, and the connections that have been silent for too long."""
        beats: list[tuple[Peer, Heartbeat]] = []
        silent: list[Peer] = []
        for peer, gateway in self._by_peer.items():
            if gateway.liveness.state(now) is LinkState.DOWN:
                silent.append(peer)
            elif beat := gateway.liveness.beat(now):
                beats.append((peer, beat))
        return beats, silent
