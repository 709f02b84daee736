"""The pool: the directory of all open connections, and the way to speak to many of them at once.

Everything is a message; questions are asks. A connection registers when it starts and unregisters when it
ends; one that is killed is noticed by its monitor. The directory outlasts a crash of the pool: nobody has
to register again.

A broadcast is encoded once for each kind of client, whatever their number, and costs one message for each.
"""

from actors.gateway.messages import (
    Broadcast,
    CloseAll,
    ConnectionEntry,
    CountConnections,
    Farewell,
    ListConnections,
    Register,
    SendTo,
    Show,
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

        directory: dict[SessionId, ConnectionEntry] | None = None

    def __init__(self) -> None:
        super().__init__()
        if self.state.directory is None:
            self.state = self.state.replace(directory={})
        self._directory: dict[SessionId, ConnectionEntry] = self.state.directory
        self._monitors: dict[SessionId, Monitor] = {}

    def on_start(self) -> None:
        self.ctx.system.registry.register(POOL, self.ctx.ref)
        for entry in self._directory.values():
            self._monitors[entry.session] = self.ctx.monitor(entry.ref)

    @on(Register)
    def register(self, ctx: Context, register: Register) -> None:
        session, ref = register.session, register.ref
        # The directory outlasts a crash, so it is changed last, when nothing can go wrong any more.
        monitor = ctx.monitor(ref)
        self._forget(session)
        self._monitors[session] = monitor
        self._directory[session] = ConnectionEntry(session, register.protocol, register.peer, ctx.now, ref)

    @on(Unregister)
    def unregister(self, _ctx: Context, unregister: Unregister) -> None:
        self._forget(unregister.session)

    @on(Exited)
    def connection_killed(self, _ctx: Context, exited: Exited) -> None:
        """Only of one that did not unregister: killed, or crashed."""
        for session, entry in self._directory.items():
            if entry.ref == exited.ref:
                self._forget(session)
                return

    def _forget(self, session: SessionId) -> None:
        self._directory.pop(session, None)
        monitor = self._monitors.pop(session, None)
        if monitor is not None:
            self.ctx.demonitor(monitor)

    # Speaking --------------------------------------------------------------------------------------

    @on(SendTo)
    def send_to(self, _ctx: Context, send: SendTo) -> bool:
        return self._show([send.session], send.text) == 1

    @on(Broadcast)
    def broadcast(self, _ctx: Context, broadcast: Broadcast) -> int:
        chosen = self._directory if broadcast.sessions is None else broadcast.sessions
        return self._show(list(chosen), broadcast.text)

    def _show(self, sessions: list[SessionId], text: str) -> int:
        show = Show([Delivery(TextOutput(text))])
        refs = self._refs(sessions)
        for ref in refs:
            ref.tell(show)
        return len(refs)

    @on(CloseAll)
    def close_all(self, _ctx: Context, close: CloseAll) -> int:
        farewell = Farewell(close.text, close.reason)
        refs = self._refs(list(self._directory))
        for ref in refs:
            ref.tell(farewell)
        return len(refs)

    def _refs(self, sessions: list[SessionId]) -> list[Ref]:
        directory = self._directory
        entries = [directory.get(session) for session in sessions]
        return [entry.ref for entry in entries if entry is not None]

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
