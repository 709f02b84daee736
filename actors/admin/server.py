"""The operators' interface as an actor: last in its tree, so that it opens when all is up.

It owns the listening socket, which outlasts a crash of the actor, and measures by its own ticks how long
actors wait for a turn. It never takes the tree down: after crashes in a row it rests, and the game goes
on.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, partial
from typing import Any, Final

from actors.admin.app import create_admin_app
from actors.admin.archive import Archive, Table
from actors.admin.desk import AdminDesk
from actors.admin.half import Half
from actors.admin.http_server import AdminHttpServer
from actors.admin.loop_lag import TICK_SECONDS
from actors.admin.options import AdminOptions
from actors.gateway.errors import BindFailed
from supervisors import Budget, ChildSpec, GiveUp, RestartLog, worker
from transports.websocket.server import WsgiApplication
from wyld_actors import Actor, ActorSystem, Context, Message, Record, every, on

ADMIN: Final = "admin"
STOP_SECONDS: Final = 0.5


class WhereIsAdmin(Message, frozen=True):
    """Answer: the host and port really taken."""


class AdminServer(Actor):
    """Permanent."""

    class State(Record, frozen=True):
        """The open server, which outlasts a crash of its actor."""

        server: AdminHttpServer | None = None
        port: int = 0

    def __init__(self, desk: AdminDesk) -> None:
        super().__init__()
        self._desk = desk

    def on_start(self) -> None:
        self._desk.lag.pause()
        earlier: AdminHttpServer | None = self.state.server
        if earlier is not None and earlier.started:
            return
        options = self._desk.options
        # Restarted together with others: operators come back to the port they know.
        options = replace(options, port=self.state.port or options.port)
        try:
            server = AdminHttpServer(options, _when_asked(cache(partial(create_admin_app, self._desk))))
        except OSError as error:
            raise BindFailed(ADMIN, options.host, options.port, error.strerror or str(error)) from error
        server.start()
        self.state = self.state.replace(server=server, port=server.server_port)

    def on_stop(self) -> None:
        self._desk.lag.pause()
        self._desk.history.close()
        if self.state.server is not None:
            self.state.server.stop(STOP_SECONDS)

    @every(seconds=TICK_SECONDS)
    def tick(self, _ctx: Context) -> None:
        self._desk.lag.tick()

    @on(WhereIsAdmin)
    def where(self, _ctx: Context, _: WhereIsAdmin) -> tuple[str, int]:
        return self._desk.options.host, self.state.port


def _when_asked(app: Callable[[], WsgiApplication]) -> WsgiApplication:
    """Its routes take 15 ms to compile; players who wait for a world that was killed do not wait for them."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return app()(environ, start_response)

    return serve


def admin_child(
    options: AdminOptions,
    system: ActorSystem,
    half: Half,
    log: RestartLog,
    archive: Archive | None = None,
    *,
    launcher: Table | None = None,
) -> ChildSpec:
    """The child for the end of a tree. `archive` is its restart log in the database, `launcher` that of the
    launcher."""
    desk = AdminDesk(options, system, half, log, archive, launcher=launcher)
    return worker(ADMIN, AdminServer, desk, budget=Budget(then=GiveUp.QUARANTINE))


def admin_address(system: ActorSystem, half: Half) -> tuple[str, int]:
    """Where it listens, when it is up."""
    ref = system.find(f"/{half.name}/{ADMIN}")
    assert ref is not None, "the tree has one"
    host, port = ref.ask(WhereIsAdmin())
    return host, port


def admin_descriptor(system: ActorSystem, half: str) -> int | None:
    """That of the listening socket, None when there is none."""
    ref = system.find(f"/{half}/{ADMIN}")
    state = None if ref is None else ref.cell.good_state
    return (
        state.server.listening_socket.fileno()
        if isinstance(state, AdminServer.State) and state.server
        else None
    )
