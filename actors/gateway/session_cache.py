"""Every session of a gateway in memory: what answers all questions about them. Pure.

The record of a session with the reference of its actor. One that an earlier life of the gateway had, and
whose actor is not there again yet, has no reference. Reading is by dictionary; nothing here waits.
"""

from collections import Counter
from collections.abc import Iterator

from actors.gateway.session_options import SessionOptions, idle_seconds_left
from actors.gateway.session_record import SessionId, SessionRecord
from actors.gateway.session_states import SessionState
from wyld_actors import Ref

# (record, actor); the actor of a session that is not back yet is None.
Entry = tuple[SessionRecord, Ref | None]

_WITH_CLIENT = frozenset({SessionState.CHARACTER_SELECTION, SessionState.PLAYING})


class SessionCache:
    """The sessions that are not closed, in the order in which they came."""

    def __init__(self) -> None:
        self._entries: dict[SessionId, Entry] = {}
        self._of_account: dict[int, dict[SessionId, None]] = {}
        self._by_ref: dict[Ref, SessionId] = {}
        self._counts: Counter[SessionState] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    # Changing --------------------------------------------------------------------------------------

    def keep(self, record: SessionRecord, ref: Ref | None) -> SessionRecord:
        """Create or update it; the record as it is kept: a touch that is known already stays."""
        before = self._entries.get(record.id)
        if before is not None:
            record = record.touched(before[0].touched_at)
            self._unlist(before)
        self._entries[record.id] = (record, ref)
        self._counts[record.state] += 1
        if record.account is not None:
            self._of_account.setdefault(record.account.id, {})[record.id] = None
        if ref is not None:
            self._by_ref[ref] = record.id
        return record

    def touch(self, session: SessionId, at: float) -> SessionRecord | None:
        """The player did something: the record now, None if there is no such session."""
        entry = self._entries.get(session)
        if entry is None:
            return None
        record = entry[0].touched(at)
        self._entries[session] = (record, entry[1])
        return record

    def transition(self, session: SessionId, target: SessionState, *, now: float) -> SessionRecord:
        """Move it to another state. Raises IllegalTransition, and KeyError for one that is not there."""
        record, ref = self._entries[session]
        return self.keep(record.moved_to(target, now=now), ref)

    def remove(self, session: SessionId) -> bool:
        """Forget it. Whether it was there."""
        entry = self._entries.pop(session, None)
        if entry is not None:
            self._unlist(entry)
        return entry is not None

    def _unlist(self, entry: Entry) -> None:
        record, ref = entry
        self._counts[record.state] -= 1
        if ref is not None:
            self._by_ref.pop(ref, None)
        if record.account is not None:
            siblings = self._of_account[record.account.id]
            siblings.pop(record.id)
            if not siblings:
                del self._of_account[record.account.id]

    # Looking ---------------------------------------------------------------------------------------

    def get(self, session: SessionId) -> Entry | None:
        """The session, None if there is none."""
        return self._entries.get(session)

    def by_ref(self, ref: Ref) -> SessionId | None:
        """Whose actor this is."""
        return self._by_ref.get(ref)

    def records(self, state: SessionState | None = None) -> Iterator[SessionRecord]:
        """All of them, or those in one state, in the order in which they came."""
        return (record for record, _ in self._entries.values() if state in (None, record.state))

    def of_account(self, account: int) -> Iterator[Entry]:
        """Those that are logged in to this account."""
        return (self._entries[session] for session in self._of_account.get(account, ()))

    def count(self, state: SessionState | None = None) -> int:
        """How many are there, in all or in one state."""
        return len(self._entries) if state is None else self._counts[state]

    def counts(self) -> dict[SessionState, int]:
        """How many are in each state; a closed session is not here."""
        return {state: self._counts[state] for state in SessionState if state is not SessionState.CLOSED}

    def not_back(self) -> Iterator[SessionRecord]:
        """Those whose actor is not there again."""
        return (record for record, ref in self._entries.values() if ref is None)

    def refs(self) -> Iterator[Ref]:
        """The actors."""
        return iter(self._by_ref)

    def expired(self, now: float, options: SessionOptions) -> list[SessionRecord]:
        """Those that have had their time and have no actor, which would end them."""
        return [record for record in self.not_back() if seconds_left(record, now, options) <= 0]


def seconds_left(record: SessionRecord, now: float, options: SessionOptions) -> float:
    """How long this session will be there if its player does nothing from now on.

    One whose client is there may lose it in its last moment, and waits for it then.
    """
    if record.state is SessionState.DISCONNECTED:
        return record.changed_at + options.link_dead_seconds - now
    left = idle_seconds_left(record, record.touched_at, now, options) or 0.0
    return left + options.link_dead_seconds if record.state in _WITH_CLIENT else left
