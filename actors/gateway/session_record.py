"""What is known of one session: who, from where, in which state, since when.

A frozen record: every change makes a new one, so a reader elsewhere (the pool, a store, an operator's
page) never sees half a change. All times are seconds of the actor system's clock.

`touched_at` is not renewed for every line a player types: the session actor counts activity in a plain
field and folds it in when it next changes or hands out the record ("touches coalesced").
"""

import math
from typing import NewType

import msgspec

from actors.gateway.session_states import SessionState, check_transition
from transports.adapter import Capabilities

# The gateway's boot epoch in the upper 32 bits and a counter in the lower: never given twice, also
# not to the next life of a gateway of the same name.
SessionId = NewType("SessionId", int)
_EPOCH_SHIFT = 32
# As the database and the tokens have it.
_LAST_ID = 2**63 - 1

_LOGGED_IN = frozenset({SessionState.CHARACTER_SELECTION, SessionState.PLAYING})


def session_id(epoch: int, counter: int) -> SessionId:
    """The id of the `counter`-th session of the gateway life `epoch`."""
    return SessionId(epoch << _EPOCH_SHIFT | counter)


class SessionMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What the client told of itself. Never trusted: shown to operators, used to choose a rendering."""

    terminal: str = ""
    columns: int = 0
    rows: int = 0
    colour: str = "none"
    charset: str = ""
    compression: str = ""
    user_agent: str = ""
    custom: tuple[tuple[str, str], ...] = ()


# Most sessions say nothing of themselves at first, and share this.
NOTHING_KNOWN = SessionMetadata()


def metadata_of(capabilities: Capabilities) -> SessionMetadata:
    """What the transport has learned of the client."""
    rendering = capabilities.rendering
    client = " ".join(part for part in (capabilities.client_name, capabilities.client_version) if part)
    return SessionMetadata(
        terminal=capabilities.terminal,
        columns=capabilities.columns,
        rows=capabilities.rows,
        colour=rendering.colour.name.lower(),
        charset=rendering.charset,
        compression=capabilities.compression,
        user_agent=capabilities.user_agent or client,
    )


def flaw_of(record: "SessionRecord") -> str:
    """Why nobody could go on with this session, which another program may have written; "" if one can."""
    state = record.left if record.state is SessionState.DISCONNECTED else record.state
    if state not in _LOGGED_IN:
        return f"it is {record.state} and was {record.left or 'nothing'} before"
    if record.account is None:
        return "it belongs to no account"
    if record.plays and record.character is None:
        return "it plays no character"
    if not 0 < record.id <= _LAST_ID:
        return "no session has such a number"
    if not all(map(math.isfinite, (record.created_at, record.changed_at, record.touched_at))):
        return "its times are none"
    return ""


def address_of(peer: str) -> str:
    """The address of "203.0.113.7:51234" or "[2001:db8::1]:51234" without its port."""
    if peer.startswith("["):
        return peer[1:].partition("]")[0]
    return peer.rpartition(":")[0] if peer.count(":") == 1 else peer


class AccountOf(msgspec.Struct, frozen=True):
    """The account a session is logged in to."""

    id: int
    name: str


class CharacterOf(msgspec.Struct, frozen=True):
    """The character a session plays. `entity` is what it is in the world."""

    id: int
    name: str
    entity: str = ""


class SessionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One session. Changed by `moved_to`, `touched` and `with_…`, each of which returns a new record."""

    id: SessionId
    protocol: str
    peer: str
    created_at: float
    changed_at: float
    touched_at: float
    state: SessionState = SessionState.CONNECTING
    left: SessionState | None = None
    account: AccountOf | None = None
    character: CharacterOf | None = None
    metadata: SessionMetadata = NOTHING_KNOWN

    @classmethod
    def begin(cls, session: SessionId, *, protocol: str, peer: str, now: float) -> "SessionRecord":
        """A session that has just connected."""
        return cls(id=session, protocol=protocol, peer=peer, created_at=now, changed_at=now, touched_at=now)

    @property
    def plays(self) -> bool:
        """Whether a character of this session is in the world: also while the client is away."""
        playing = SessionState.PLAYING
        return self.state is playing or (self.state is SessionState.DISCONNECTED and self.left is playing)

    def moved_to(self, target: SessionState, *, now: float) -> "SessionRecord":
        """The record in another state. Raises IllegalTransition if the table has no such way."""
        check_transition(self.state, target, self.left)
        left = self.state if target is SessionState.DISCONNECTED else None
        return msgspec.structs.replace(self, state=target, left=left, changed_at=now, touched_at=now)

    def gone_on_to(self, target: SessionState) -> "SessionRecord":
        """The record of a session without client, for which came about what it had asked for: it will be in
        `target` when its client is back. Raises IllegalTransition if the table has no such way."""
        assert self.left is not None, "only a Disconnected session has left a state"
        check_transition(self.left, target)
        return msgspec.structs.replace(self, left=target)

    def with_client(self, protocol: str, peer: str) -> "SessionRecord":
        """The record with another connection."""
        return msgspec.structs.replace(self, protocol=protocol, peer=peer)

    def touched(self, now: float) -> "SessionRecord":
        """The record with its last activity at `now`; time never runs backwards in a record."""
        return msgspec.structs.replace(self, touched_at=max(now, self.touched_at))

    def with_account(self, account: AccountOf) -> "SessionRecord":
        """The record of a session that has logged in."""
        return msgspec.structs.replace(self, account=account)

    def with_character(self, character: CharacterOf | None) -> "SessionRecord":
        """The record of a session that plays `character`, or none."""
        return msgspec.structs.replace(self, character=character)

    def with_metadata(self, metadata: SessionMetadata) -> "SessionRecord":
        """The record with what the client has newly told of itself."""
        return msgspec.structs.replace(self, metadata=metadata)
