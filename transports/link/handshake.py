"""Who may talk to whom: version, shared key and epoch, before anything else crosses.

    gateway                                   world
      Hello(name, epoch, versions, nonce)  ->
                                           <-  Challenge(name, epoch, version, nonce, proof)
      Confirm(proof, sessions)             ->
                                           <-  Welcome(credit, positions)
      or, at any point                     <-  Refuse(code, text, versions)

Each side proves that it knows the key: an HMAC-SHA256 over a label for its role, both names, both epochs,
the versions offered, the one chosen, and both nonces. The key never crosses; an old proof is of no use with
a new nonce; a proof of one side is of no use as the other's; nobody in the middle can lower the version.

Epochs grow with each life of a process. The newest of a name that has proved the key fences off the older
ones: the world by its `Doorkeeper`, the gateway by giving `newest_epoch`. What this does not do is encrypt:
between machines that is CURVE's part (see `curve`), which also sees to it that a connection's routing id
begins with the name that its key has. A Hello under another name is refused here.

Pure: nonces are given in, nothing waits. One `GatewayHandshake` an attempt, one `Doorkeeper` a world.
"""

import enum
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from transports.link.codec import PROTOCOL_VERSION
from transports.link.errors import (
    HandshakeOutOfOrder,
    NoCommonVersion,
    RefusedByPeer,
    StaleEpoch,
    VersionMismatch,
    WrongKey,
    WrongName,
)
from transports.link.protocol import (
    Challenge,
    CommandNumber,
    Confirm,
    Hello,
    OutputNumber,
    Refuse,
    RefuseCode,
    SessionId,
    Welcome,
)

# The versions this code speaks, best first.
SUPPORTED_VERSIONS = (PROTOCOL_VERSION,)

# Bytes of a nonce: it must never repeat by chance within the life of a key.
NONCE_BYTES = 32

# Peers that have said Hello and not yet proved the key. Honest ones are here for a millisecond; more than
# this are somebody knocking, and the longest waiting is forgotten first.
PENDING_LIMIT = 64


def routing_id(name: str, epoch: int, attempt: int = 0) -> bytes:
    """The ZeroMQ identity of one connection of one life of a gateway.

    New for each attempt: a ROUTER ignores a peer that comes back under an identity whose old connection it
    still holds (libzmq#778), and handing it over has leaks of its own (libzmq#4407).
    """
    return f"{name}:{epoch}:{attempt}".encode()


def name_in(peer: bytes) -> str:
    """The gateway's name in the routing id of one of its connections."""
    return peer.partition(b":")[0].decode(errors="replace")


def choose_version(ours: tuple[int, ...], theirs: tuple[int, ...]) -> int:
    """The best version that both speak. Raises NoCommonVersion, naming both sides' versions."""
    common = set(ours) & set(theirs)
    if not common:
        raise NoCommonVersion(ours, theirs)
    return max(common)


def refusal(error: Exception) -> Refuse:
    """The Refuse to send for a handshake error, or for a batch of another version."""
    for kind, code in _REFUSALS:
        if isinstance(error, kind):
            return Refuse(code, str(error), SUPPORTED_VERSIONS)
    raise error


_REFUSALS: tuple[tuple[type[Exception], RefuseCode], ...] = (
    (NoCommonVersion, RefuseCode.VERSION),
    (VersionMismatch, RefuseCode.VERSION),
    (WrongKey, RefuseCode.KEY),
    (WrongName, RefuseCode.NAME),
    (StaleEpoch, RefuseCode.STALE_EPOCH),
    (HandshakeOutOfOrder, RefuseCode.OUT_OF_ORDER),
)


class HandshakeState(enum.StrEnum):
    """How far a gateway's handshake is."""

    NEW = "new"
    GREETED = "waiting for Challenge"
    CONFIRMED = "waiting for Welcome"
    WELCOME = "complete"
    REFUSED = "refused"


class GatewayHandshake:
    """The gateway's side of one attempt. `world` and `world_epoch` are known from the Challenge on."""

    def __init__(self, name: str, epoch: int, key: bytes, *, nonce: bytes, newest_epoch: int = 0) -> None:
        """`newest_epoch` is that of the newest world talked to before: an older one is not accepted."""
        self.state = HandshakeState.NEW
        self.world = ""
        self.world_epoch = 0
        self.version = 0
        self.credit = 0
        self._newest_epoch = newest_epoch
        self._key = key
        self._hello = Hello(name, epoch, SUPPORTED_VERSIONS, nonce)

    def hello(self) -> Hello:
        """The first frame; the same again if no answer comes."""
        if self.state is HandshakeState.NEW:
            self.state = HandshakeState.GREETED
        return self._hello

    def challenged(self, challenge: Challenge, sessions: Mapping[SessionId, OutputNumber]) -> Confirm:
        """The answer to the challenge; `sessions` are those in the world, with the last output each has.

        Raises WrongKey, NoCommonVersion or StaleEpoch if this world is not to be trusted.
        """
        if self.state is not HandshakeState.GREETED:
            raise HandshakeOutOfOrder("Challenge", self.state)
        if challenge.version not in SUPPORTED_VERSIONS:
            raise NoCommonVersion(SUPPORTED_VERSIONS, (challenge.version,))
        if not hmac.compare_digest(challenge.proof, _proof(self._key, b"world", self._hello, challenge)):
            raise WrongKey(f"world {challenge.name!r}")
        if challenge.epoch < self._newest_epoch:
            raise StaleEpoch(f"world {challenge.name!r}", challenge.epoch, self._newest_epoch)
        self.state = HandshakeState.CONFIRMED
        self.world, self.world_epoch = challenge.name, challenge.epoch
        self.version = challenge.version
        return Confirm(_proof(self._key, b"gateway", self._hello, challenge), dict(sessions))

    def welcomed(self, welcome: Welcome) -> None:
        """The world has let us in. A Welcome before the world has proved the key is not believed."""
        if self.state is not HandshakeState.CONFIRMED:
            raise HandshakeOutOfOrder("Welcome", self.state)
        self.state = HandshakeState.WELCOME
        self.credit = welcome.credit

    def refused(self, refuse: Refuse) -> RefusedByPeer:
        """The world will not let us in: the error to report. `hopeless` tells whether to try again at all."""
        self.state = HandshakeState.REFUSED
        return RefusedByPeer(refuse.code, refuse.text, hopeless=refuse.code.is_hopeless)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A gateway has proved itself. `superseded` is the connection of its that this one replaces, if any."""

    name: str
    epoch: int
    sessions: Mapping[SessionId, OutputNumber]
    superseded: bytes | None


class Doorkeeper:
    """The world's side, for all gateways. A peer is named by its routing id."""

    def __init__(self, world: str, epoch: int, key: bytes) -> None:
        self.world = world
        self.epoch = epoch
        self._key = key
        self._pending: dict[bytes, tuple[Hello, Challenge]] = {}
        # Name -> epoch and connection of the newest life that has proved itself.
        self._admitted: dict[str, tuple[int, bytes | None]] = {}

    def hello(self, peer: bytes, hello: Hello, *, nonce: bytes) -> Challenge:
        """Answer a Hello. Raises NoCommonVersion, WrongName or StaleEpoch; answer these with `refusal`."""
        version = choose_version(SUPPORTED_VERSIONS, hello.versions)
        if hello.name != name_in(peer):
            raise WrongName(name_in(peer), hello.name)
        self._check_epoch(hello)
        bare = Challenge(self.world, self.epoch, version, nonce, b"")
        challenge = msgspec.structs.replace(bare, proof=_proof(self._key, b"world", hello, bare))
        self._pending.pop(peer, None)
        self._pending[peer] = (hello, challenge)
        if len(self._pending) > PENDING_LIMIT:
            del self._pending[next(iter(self._pending))]
        return challenge

    def confirm(self, peer: bytes, confirm: Confirm) -> Admitted:
        """Let the gateway in, or raise WrongKey, StaleEpoch or HandshakeOutOfOrder."""
        pending = self._pending.pop(peer, None)
        if pending is None:
            raise HandshakeOutOfOrder("Confirm", HandshakeState.NEW)
        hello, challenge = pending
        if not hmac.compare_digest(confirm.proof, _proof(self._key, b"gateway", hello, challenge)):
            raise WrongKey(f"gateway {hello.name!r}")
        self._check_epoch(hello)
        _, before = self._admitted.get(hello.name, (0, None))
        superseded = before if before != peer else None
        self._admitted[hello.name] = (hello.epoch, peer)
        return Admitted(hello.name, hello.epoch, confirm.sessions, superseded)

    def left(self, peer: bytes) -> None:
        """The connection is gone. The epoch is remembered: an older life stays fenced off."""
        self._pending.pop(peer, None)
        for name, (epoch, connection) in self._admitted.items():
            if connection == peer:
                self._admitted[name] = (epoch, None)
                return

    def _check_epoch(self, hello: Hello) -> None:
        newest, _ = self._admitted.get(hello.name, (0, None))
        if hello.epoch < newest:
            raise StaleEpoch(f"gateway {hello.name!r}", hello.epoch, newest)


def welcome(
    credit: int,
    positions: Mapping[SessionId, tuple[CommandNumber, CommandNumber]],
    lines: Mapping[SessionId, int] | None = None,
) -> Welcome:
    """The frame that ends a handshake well."""
    return Welcome(credit, dict(positions), dict(lines or {}))


def _proof(key: bytes, role: bytes, hello: Hello, challenge: Challenge) -> bytes:
    # msgpack gives every field its length, so no two different transcripts are the same bytes.
    transcript = (
        role,
        hello.name,
        hello.epoch,
        hello.versions,
        hello.nonce,
        challenge.name,
        challenge.epoch,
        challenge.version,
        challenge.nonce,
    )
    return hmac.new(key, msgspec.msgpack.encode(transcript), hashlib.sha256).digest()
