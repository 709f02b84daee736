"""The vault of the gateway's sessions: records become rows of the store, and the other way round.

Records know the actor system's clock, which begins anew with each process; rows know the wall's. What a
client has told of itself is cleaned of what PostgreSQL takes for no text, or one terminal type would keep
all others' sessions from being written.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import gevent
import msgspec

from actors.gateway.reconnect_results import (
    AlreadyUsed,
    Expired,
    ResumeRefusal,
    SessionClosed,
    UnknownSession,
    WrongSecret,
)
from actors.gateway.session_record import (
    NOTHING_KNOWN,
    AccountOf,
    CharacterOf,
    SessionId,
    SessionMetadata,
    SessionRecord,
    flaw_of,
)
from actors.gateway.session_states import SessionState
from actors.gateway.session_vault import Opened, Shown, VaultAway
from actors.gateway.session_writes import Batch, TokenEntry
from actors.storage.errors import (
    NoSuchSession,
    SessionIsClosed,
    StoreBusy,
    StoreUnavailable,
    TokenExpired,
    TokenRefused,
    TokenUsed,
    TokenWrong,
)
from actors.storage.requests import LoadSessions, SaveSessions, StoreRequest, TakeTokens, TrimSessions
from actors.storage.session_tokens import TokenAsked, TokenRow, TokenTaken
from actors.storage.sessions import SILENT_DAYS, SessionRow
from actors.storage.store import STORE_NAME
from wyld_actors import ActorDeadError, ActorSystem, AskTimeout
from wyld_actors.slices import in_slices

__all__ = ["StoreVault", "record_of", "row_of"]

logger = logging.getLogger(__name__)

# Longer than the store lets anything wait; a resume is answered by then.
STORE_SECONDS: Final = 10.0

_DAY_SECONDS: Final = 86_400
# As JSON has it.
_NUL: Final = "\\u0000"

_REFUSALS: Mapping[type[TokenRefused], type[ResumeRefusal]] = MappingProxyType(
    {
        TokenExpired: Expired,
        TokenUsed: AlreadyUsed,
        TokenWrong: WrongSecret,
        NoSuchSession: UnknownSession,
        SessionIsClosed: SessionClosed,
    }
)


class StoreVault:
    """A `Vault` over the store of this process, for the gateway of this name."""

    def __init__(
        self,
        system: ActorSystem,
        gateway: str,
        *,
        store: str = STORE_NAME,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._system = system
        self._gateway = gateway
        self._store = store
        self._wall_clock = wall_clock

    def save(self, batch: Batch) -> frozenset[bytes]:
        """See `Vault.save`."""
        ahead = self._ahead()
        rows = tuple(row_of(record, ahead) for record in in_slices(batch.records, _yield))
        tokens = tuple(_token_row(token, ahead) for token in batch.tokens)
        good: frozenset[bytes] = self._ask(SaveSessions(self._gateway, rows, batch.closed, tokens))
        return good

    def load(self) -> list[SessionRecord]:
        """See `Vault.load`."""
        ahead = self._ahead()
        rows: list[SessionRow] = self._ask(LoadSessions(self._gateway))
        records = [record_of(row, ahead) for row in in_slices(rows, _yield)]
        self._close_forsaken([row for row, record in zip(rows, records, strict=True) if record is None])
        return [record for record in records if record is not None]

    def _close_forsaken(self, unreadable: Sequence[SessionRow]) -> None:
        """Another program may know what to do with them, for as long as a session can live."""
        oldest = self._wall_clock() - SILENT_DAYS * _DAY_SECONDS
        closed = tuple(row.id for row in unreadable if not oldest <= row.touched_at < math.inf)
        if closed:
            logger.warning(
                "%d sessions that nobody could bring back for %d days are closed, the first of them %d",
                len(closed), SILENT_DAYS, closed[0],
            )  # fmt: skip
            self._ask(SaveSessions(self._gateway, (), closed, ()))

    def take(self, shown: Sequence[Shown]) -> list[Opened | ResumeRefusal]:
        """See `Vault.take`."""
        asked = tuple(TokenAsked(one.digest, one.session, one.next_digest) for one in shown)
        answers: list[TokenTaken | TokenRefused] = self._ask(TakeTokens(self._gateway, asked))
        return [_outcome(answer) for answer in answers]

    def trim(self) -> int:
        """See `Vault.trim`."""
        return int(self._ask(TrimSessions(self._gateway)))

    def _ahead(self) -> float:
        """By how much the wall is ahead of the actor system."""
        return self._wall_clock() - self._system.now()

    def _ask(self, request: StoreRequest) -> Any:
        store = self._system.registry.whereis(self._store)
        if store is None:
            raise VaultAway("the store is not there")
        try:
            return store.ask(request, timeout=STORE_SECONDS)
        except (StoreUnavailable, StoreBusy, AskTimeout, ActorDeadError) as error:
            raise VaultAway(str(error)) from error


def _outcome(answer: TokenTaken | TokenRefused) -> Opened | ResumeRefusal:
    if isinstance(answer, TokenTaken):
        return Opened(SessionId(answer.session), answer.is_next_kept)
    return _REFUSALS[type(answer)]()


def _yield() -> None:
    # Not `give_way`: its timer would look like rest to who waits until nobody works (`ActorSystem.settle`).
    gevent.sleep(0)


def row_of(record: SessionRecord, ahead: float) -> SessionRow:
    """The row of a session. `ahead`: see `StoreVault`."""
    account, character = record.account, record.character
    return SessionRow(
        id=record.id,
        state=record.state.value,
        left_state=None if record.left is None else record.left.value,
        protocol=record.protocol,
        peer=_clean(record.peer),
        account_id=None if account is None else account.id,
        account=None if account is None else _clean(account.name),
        character_id=None if character is None else character.id,
        character=None if character is None else _clean(character.name),
        entity_id=None if character is None else _clean(character.entity),
        metadata=_metadata_json(record.metadata),
        created_at=record.created_at + ahead,
        changed_at=record.changed_at + ahead,
        touched_at=record.touched_at + ahead,
    )


def record_of(row: SessionRow, ahead: float) -> SessionRecord | None:
    """The session of a row; None, and a word in the log, if this program can make nothing of it."""
    try:
        state = SessionState(row.state)
        left = None if row.left_state is None else SessionState(row.left_state)
    except ValueError as error:
        logger.error("session %d cannot be brought back: %s", row.id, error)
        return None
    record = SessionRecord(
        id=SessionId(row.id),
        protocol=row.protocol,
        peer=row.peer,
        created_at=row.created_at - ahead,
        changed_at=row.changed_at - ahead,
        touched_at=row.touched_at - ahead,
        state=state,
        left=left,
        account=None if row.account_id is None else AccountOf(row.account_id, row.account or ""),
        character=_character_of(row),
        metadata=_metadata_of(row.metadata),
    )
    if flaw := flaw_of(record):
        logger.error("session %d cannot be brought back: %s", row.id, flaw)
        return None
    return record


def _character_of(row: SessionRow) -> CharacterOf | None:
    if row.character_id is None:
        return None
    return CharacterOf(row.character_id, row.character or "", row.entity_id or "")


def _token_row(token: TokenEntry, ahead: float) -> TokenRow:
    expires_at = token.expires_at + ahead
    return TokenRow(token.digest, token.session, token.kind.value, token.account, expires_at, token.replaces)


def _metadata_json(metadata: SessionMetadata) -> str:
    try:
        text = msgspec.json.encode(metadata).decode()
    except UnicodeEncodeError:
        text = _NUL
    # Hardly ever: a client that says such things is not one that a person uses.
    return json.dumps(_cleaned(msgspec.structs.asdict(metadata))) if _NUL in text else text


def _metadata_of(text: str) -> SessionMetadata:
    """What is known of the client. What another version has written may be of another shape: no matter."""
    try:
        return msgspec.json.decode(text, type=SessionMetadata)
    except msgspec.MsgspecError:
        return NOTHING_KNOWN


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {key: _cleaned(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_cleaned(one) for one in value]
    return value


def _clean(text: str) -> str:
    # PostgreSQL takes no NUL and no half of a surrogate pair.
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "")
