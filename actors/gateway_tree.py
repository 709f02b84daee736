"""The gateway as a tree, readable as a table of contents, and its start.

    gateway (one_for_one)
      store         three connections to the database: for sessions, for resumes, for what can wait
      archive       Archivist            the restart log's way into it
      launcher-archive  Archivist        that of the launcher's, which has no connection
      link          GatewayLink          to the world; keeps its ledger over a crash
      pool          Pool                 directory and broadcast; keeps it as well
      session_book  SessionBook          what is known of each session, here and in the database
      sessions      dynamic, transient   Session: one for each player's stay
      restorer      Restorer             starts the sessions of an earlier life, and ends
      connections   dynamic, temporary   Connection: one for each socket
      telnet, telnets, web   Listener    the doors: they open when all is up, and close first
      admin         AdminServer          the operators' interface

One for one, and not one for all as a telecom switch would have it: each part is made so that it can crash
and come back by itself (link and pool keep their memories, sessions join again, a listener keeps its
socket), and the promise is that nobody is disconnected by a crash. Together they give up only when one of
them cannot be kept up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import zmq

from actors.admin.gateway_half import GatewayHalf
from actors.admin.options import AdminOptions
from actors.admin.server import admin_address, admin_child
from actors.gateway.affected import affected_by
from actors.gateway.connection import Connection
from actors.gateway.errors import BindFailed, GatewayStartFailed
from actors.gateway.link import GatewayLink
from actors.gateway.listeners import Listener, Reception, WhereAreYou, telnet_door, web_door
from actors.gateway.login import LoginDialogue
from actors.gateway.login_steps import LoginOptions
from actors.gateway.messages.link import LINK
from actors.gateway.pace import Pace
from actors.gateway.pool import Pool
from actors.gateway.restorer import Restorer
from actors.gateway.session import Session
from actors.gateway.session_book import SESSION_BOOK, SessionBook
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_vault import Vault
from actors.gateway.world_line import Dial, LinkOptions
from actors.restart_archive import ArchiveOptions, RestartArchive, archive_child
from actors.restart_table import RestartTable
from actors.running_half import RunningHalf
from actors.session_store import StoreVault
from actors.storage.options import StoreOptions
from actors.storage.store import store_children
from supervisors import (
    TEMPORARY,
    TRANSIENT,
    Budget,
    ChildSpec,
    ChildStartFailed,
    GiveUp,
    RestartLog,
    Services,
    dynamic,
    one_for_one,
    rest_for_one,
    run_tree,
    supervisor,
    worker,
)
from supervisors.letters import record_letters
from transports.link.curve import GatewayCurve
from transports.link.dealer import DealerEndpoint
from transports.link.endpoint import EndpointOptions
from transports.link.interface import Dealer, DealerCallbacks, Peer
from transports.telnet.settings import TelnetOptions
from transports.websocket.options import WebOptions
from transports.websocket.server import WsgiApplication
from wyld_actors import ActorSystem, ExitReason, Mailbox

ROOT = "gateway"

# Messages. Every session may have a line for the link in one turn of the loop, and a batch for each comes
# back.
_BUSY_MAILBOX = Mailbox(limit=1_000_000)
# How long a world that is up again may wait to be found, and as much again by chance: a try costs
# microseconds, and players wait meanwhile.
_RECONNECT_MS = 20
# A listener waits for its clients to take their last bytes (`close_seconds` of the transports), and a second.
_LISTENER_SHUTDOWN_SECONDS = 8.0
# Its last batches: see LAST_WORDS_SECONDS.
_BOOK_SHUTDOWN_SECONDS = 8.0
# One writes sessions, two do the rest: the restart log and trimming never hold both, so nobody who comes back
# waits for them.
_STORE_CONNECTIONS = 3


@dataclass(frozen=True, slots=True)
class GatewayOptions:
    """All that the gateway needs to know. A listener that is None is not there.

    `dial` makes the link's endpoint; by default one over ZeroMQ to `world_address`. With `store` sessions
    outlast this process; with `archive` the restart log goes into the database as well, and with `launcher`
    that of the launcher.
    """

    link: LinkOptions
    world_address: str = ""
    curve: GatewayCurve | None = None
    endpoint: EndpointOptions = field(default_factory=lambda: EndpointOptions(reconnect_max_ms=_RECONNECT_MS))
    dial: Dial | None = None
    telnet: TelnetOptions | None = field(default_factory=TelnetOptions)
    telnets: TelnetOptions | None = None
    web: WebOptions | None = field(default_factory=WebOptions)
    web_app: WsgiApplication | None = None
    login: LoginOptions = field(default_factory=LoginOptions)
    session: SessionOptions = field(default_factory=SessionOptions)
    pace: Pace | None = field(default_factory=Pace)
    admin: AdminOptions | None = None
    store: StoreOptions | None = None
    archive: ArchiveOptions | None = None
    launcher: ArchiveOptions | None = None
    max_sessions: int = 20_000
    start_timeout_seconds: float = 30.0


class _ZmqDial:
    """Makes dealers over ZeroMQ, in a context of its own."""

    def __init__(self, address: str, options: EndpointOptions, curve: GatewayCurve | None) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._address = address
        self._options = options
        self._curve = curve

    def __call__(self, identity: Peer, callbacks: DealerCallbacks) -> Dealer:
        return DealerEndpoint(
            self._context, self._address, identity, callbacks, options=self._options, curve=self._curve
        )


def gateway_tree(
    options: GatewayOptions,
    system: ActorSystem,
    first: Sequence[ChildSpec] = (),
    last: Sequence[ChildSpec] = (),
    vault: Vault | None = None,
) -> ChildSpec:
    """The tree as data. `first` come first, `last` come last. The `vault` outlives the sessions."""
    dial = options.dial or _ZmqDial(options.world_address, options.endpoint, options.curve)
    rules = LoginDialogue(options.login)
    reception = Reception(
        system,
        options.link.epoch,
        sessions=f"/{ROOT}/sessions",
        connections=f"/{ROOT}/connections",
        pace=options.pace,
    )
    return supervisor(
        ROOT,
        one_for_one,
        [
            *first,
            worker(LINK, GatewayLink, options.link, dial, mailbox=_BUSY_MAILBOX),
            worker("pool", Pool, mailbox=_BUSY_MAILBOX),
            worker(
                SESSION_BOOK,
                SessionBook,
                options.session,
                vault,
                mailbox=_BUSY_MAILBOX,
                shutdown=_BOOK_SHUTDOWN_SECONDS,
            ),
            dynamic(
                "sessions",
                Session,
                rules,
                options.session,
                restart=TRANSIENT,
                max_children=options.max_sessions,
            ),
            worker("restorer", Restorer, f"/{ROOT}/sessions", restart=TRANSIENT),
            dynamic("connections", Connection, restart=TEMPORARY),
            *_doors(options, reception),
            *last,
        ],
    )


def _doors(options: GatewayOptions, reception: Reception) -> list[ChildSpec]:
    makers = {
        "telnet": options.telnet and telnet_door(options.telnet),
        "telnets": options.telnets and telnet_door(options.telnets),
        "web": options.web and web_door(options.web, options.web_app),
    }
    return [
        worker(name, Listener, name, make, reception, shutdown=_LISTENER_SHUTDOWN_SECONDS)
        for name, make in makers.items()
        if make is not None
    ]


def _database_children(
    options: GatewayOptions, system: ActorSystem, archive: RestartArchive | None, log: RestartLog
) -> list[ChildSpec]:
    """The store and what writes by it only. Whatever happens there, players do not notice."""
    if options.store is None:
        return []
    children = store_children(replace(options.store, pool_size=_STORE_CONNECTIONS))
    store = supervisor("store", rest_for_one, children, budget=Budget(then=GiveUp.QUARANTINE))
    if archive is None:
        return [store]
    log.add_sink(archive.add)
    if options.launcher is None:
        return [store, archive_child(archive)]
    launcher = RestartArchive(options.launcher, system)
    return [store, archive_child(archive), archive_child(launcher, "launcher-archive")]


def start_gateway(
    options: GatewayOptions, *, system: ActorSystem | None = None, services: Services | None = None
) -> RunningHalf:
    """Start everything and wait until it is up. Raises BindFailed or GatewayStartFailed.

    The world need not be there: players are let in, and told that it is away when they ask for it.
    """
    system = system or ActorSystem(ROOT)
    services = replace(services or Services(), affected=lambda cell: affected_by(cell, system))
    end_letters = record_letters(system, services)
    half = GatewayHalf(system)
    archive = None if options.archive is None else RestartArchive(options.archive, system)
    first = _database_children(options, system, archive, services.log)
    vault = None if options.store is None else StoreVault(system, options.link.name)
    launcher = RestartTable(options.launcher.process, system) if options.launcher else None
    last = []
    if options.admin is not None:
        last.append(admin_child(options.admin, system, half, services.log, archive, launcher=launcher))
    tree = run_tree(system, gateway_tree(options, system, first, last, vault), services=services)
    if not tree.started.get(timeout=options.start_timeout_seconds):
        raise _start_failure(tree.wait())
    addresses = _addresses(system)
    if last:
        addresses["gateway-admin"] = admin_address(system, half)
    return RunningHalf(system, tree, addresses, end_letters)


def _addresses(system: ActorSystem) -> dict[str, tuple[str, int]]:
    """Where the listeners that there are can be reached."""
    listeners = {name: system.find(f"/{ROOT}/{name}") for name in ("telnet", "telnets", "web")}
    return {name: ref.ask(WhereAreYou()) for name, ref in listeners.items() if ref is not None}


def _start_failure(reason: ExitReason) -> BindFailed | GatewayStartFailed:
    """The error at the bottom of it: of the child of a child that did not start."""
    part, error = ROOT, reason.error
    while isinstance(error, ChildStartFailed):
        part, reason = error.child, error.reason
        error = reason.error
    if isinstance(error, BindFailed):
        return error
    return GatewayStartFailed(part, str(error or reason.detail or reason.kind.value))
