"""A vault in memory: what the book of sessions has written; it is away when a test wants it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import gevent

from actors.gateway.messages.tokens import TokenKind
from actors.gateway.reconnect_results import AlreadyUsed, Expired, ResumeRefusal, UnknownSession, WrongSecret
from actors.gateway.session_record import SessionId, SessionRecord
from actors.gateway.session_vault import Opened, Shown, VaultAway
from actors.gateway.session_writes import Batch, TokenEntry
from wyld_actors import ActorSystem

__all__ = ["MemoryVault"]


class MemoryVault:
    """Outlasts gateways: give it to the next one. `away` is why it does not answer, `stands` while it waits;
    one that `loses_answers` takes tokens, and nobody hears of it.

    A batch with the session `poison` crashes it, as a bug would. `batches` has the sizes of what was written.
    """

    def __init__(self, system: ActorSystem) -> None:
        self.system = system
        self.sessions: dict[SessionId, SessionRecord] = {}
        self.tokens: dict[bytes, TokenEntry] = {}
        self.used: set[bytes] = set()
        self.batches: list[int] = []
        self.takes: list[int] = []
        self.saves = 0
        self.trims = 0
        self.away = ""
        self.loses_answers = False
        self.poison: SessionId | None = None
        self._gate = gevent.event.Event()
        self._gate.set()

    def stands(self) -> None:
        """Whoever asks waits, until `goes_on`."""
        self._gate.clear()

    def goes_on(self) -> None:
        self._gate.set()

    def save(self, batch: Batch) -> frozenset[bytes]:
        self.saves += 1
        self._answer()
        if any(record.id == self.poison for record in batch.records):
            raise ValueError("a session that no database takes")
        self.batches.append(len(batch))
        self.sessions |= {record.id: record for record in batch.records}
        for token in batch.tokens:
            self._keep(token)
        for session in batch.closed:
            self.sessions.pop(session, None)
            self.tokens = {key: one for key, one in self.tokens.items() if one.session != session}
        return frozenset(token.digest for token in batch.tokens if token.digest not in self.used)

    def load(self) -> list[SessionRecord]:
        self._answer()
        return list(self.sessions.values())

    def take(self, shown: Sequence[Shown]) -> list[Opened | ResumeRefusal]:
        self.takes.append(len(shown))
        self._answer()
        taken = [self._take(one) for one in shown]
        if self.loses_answers:
            raise VaultAway("the connection broke before the answer had come")
        return taken

    def _take(self, shown: Shown) -> Opened | ResumeRefusal:
        digest, session = shown.digest, shown.session
        if session is not None and session not in self.sessions:
            return UnknownSession()
        token = self.tokens.get(digest)
        if token is None or session not in (None, token.session):
            return WrongSecret()
        if digest in self.used:
            return AlreadyUsed()
        if token.expires_at <= self.system.now():
            return Expired()
        self.used.add(digest)
        if shown.next_digest is None or shown.next_digest in self.tokens:
            return Opened(token.session)
        following = replace(token, digest=shown.next_digest, kind=TokenKind.TOKEN)
        self.tokens[following.digest] = following
        return Opened(token.session, is_next_kept=True)

    def trim(self) -> int:
        self._answer()
        self.trims += 1
        return 0

    def _keep(self, token: TokenEntry) -> None:
        if token.digest in self.used:
            return
        if token.replaces:
            others = [
                one for one in self.tokens.values() if (one.session, one.kind) == (token.session, token.kind)
            ]
            for other in others:
                if other.digest not in self.used:
                    del self.tokens[other.digest]
        if token.session in self.sessions:
            self.tokens[token.digest] = token

    def _answer(self) -> None:
        self._gate.wait()
        if self.away:
            raise VaultAway(self.away)
