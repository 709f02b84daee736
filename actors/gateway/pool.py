"""The pool: the directory of all open connections, and the way to speak to many of them at once.

Everything is a message; questions are asks. A connection registers when it starts and unregisters when it
ends; one that is killed is noticed by its monitor. The directory outlasts a crash of the pool: nobody has
to register again.

A broadcast is encoded once for each kind of client, whatever their number, and costs one message for each.
"""

from collections.abc import Iterable, Sequence

from actors.gateway.messages.client import Farewell, Show
from actors.gateway.messages.pool import (
    Broadcast,
    CloseAll,
    ConnectionEntry,
    CountConnections,
    ListConnections,
    Register,
    SendTo,
    Unregister,
)
from actors.rendering import Delivery
from transports.link.protocol import SessionId, TextOutput
from wyld_actors import Actor, Context, Exited, Monitor, Record, Ref, on

# The name of the pool in the registry.
POOL = "pool"


class Pool(Actor):
    """Permanent. Registered as POOL."""

    class State(Record, frozen=True):
        """The directory is changed in place: it is right again with the next word of each connection."""

        directory: dict[Ref, ConnectionEntry] | None = None

    def __init__(self) -> None:
        super().__init__()
        if self.state.directory is None:
            self.state = self.state.replace(directory={})
        self._directory: dict[Ref, ConnectionEntry] = self.state.directory
        # Usually one; several where the devices of a player share a session, and while one follows another.
        self._of_session: dict[SessionId, list[Ref]] = {}
        for entry in self._directory.values():
            self._of_session.setdefault(entry.session, []).append(entry.ref)
        self._monitors: dict[Ref, Monitor] = {}

    def on_start(self) -> None:
        self.ctx.system.registry.register(POOL, self.ctx.ref)
        for ref in self._directory:
            self._monitors[ref] = self.ctx.monitor(ref)

    @on(Register)
    def register(self, ctx: Context, register: Register) -> None:
        """A connection that is new, or has come to another session."""
        session, ref = register.session, register.ref
        before = self._directory.get(ref)
        if before is None:
            # The directory outlasts a crash, so it is changed last, when nothing can go wrong any more.
            self._monitors[ref] = ctx.monitor(ref)
        else:
            self._unlist(before)
        since = ctx.now if before is None else before.since
        self._directory[ref] = ConnectionEntry(session, register.protocol, register.peer, since, ref)
        self._of_session.setdefault(session, []).append(ref)

    @on(Unregister)
    def unregister(self, _ctx: Context, unregister: Unregister) -> None:
        self._forget(unregister.ref)

    @on(Exited)
    def connection_killed(self, _ctx: Context, exited: Exited) -> None:
        """Only of one that did not unregister: killed, or crashed."""
        self._forget(exited.ref)

    def _forget(self, ref: Ref) -> None:
        entry = self._directory.pop(ref, None)
        if entry is not None:
            self._unlist(entry)
        monitor = self._monitors.pop(ref, None)
        if monitor is not None:
            self.ctx.demonitor(monitor)

    def _unlist(self, entry: ConnectionEntry) -> None:
        others = self._of_session[entry.session]
        others.remove(entry.ref)
        if not others:
            del self._of_session[entry.session]

    # Speaking --------------------------------------------------------------------------------------

    @on(SendTo)
    def send_to(self, _ctx: Context, send: SendTo) -> bool:
        return self._show(self._refs([send.session]), send.text) > 0

    @on(Broadcast)
    def broadcast(self, _ctx: Context, broadcast: Broadcast) -> int:
        sessions = broadcast.sessions
        return self._show(list(self._directory) if sessions is None else self._refs(sessions), broadcast.text)

    def _show(self, refs: Sequence[Ref], text: str) -> int:
        show = Show([Delivery(TextOutput(text))])
        for ref in refs:
            ref.tell(show)
        return len(refs)

    @on(CloseAll)
    def close_all(self, _ctx: Context, close: CloseAll) -> int:
        farewell = Farewell(close.text, close.reason)
        for ref in self._directory:
            ref.tell(farewell)
        return len(self._directory)

    def _refs(self, sessions: Iterable[SessionId]) -> list[Ref]:
        return [ref for session in sessions for ref in self._of_session.get(session, ())]

    # Looking ---------------------------------------------------------------------------------------

    @on(CountConnections)
    def count(self, _ctx: Context, question: CountConnections) -> int:
        if question.protocol is None:
            return len(self._directory)
        return len(self._of(question.protocol))

    @on(ListConnections)
    def list_connections(self, _ctx: Context, question: ListConnections) -> tuple[ConnectionEntry, ...]:
        return tuple(self._of(question.protocol))

    def _of(self, protocol: str | None) -> list[ConnectionEntry]:
        return [entry for entry in self._directory.values() if protocol in (None, entry.protocol)]
