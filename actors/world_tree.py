"""The tree of the world, as a table of contents, and what makes it stand.

world (one_for_one)
  store          the database, behind a pool of workers
  archive        the restart log's way into it
  presence       who is playing
  zones          a supervisor for each zone: rooms, items, npcs
  characters     dynamic: those in play
  sessions       dynamic: what the gateways' sessions are here
  keeper         checkpoints
  desk           requests of the gateways
  link           opens when all is up, and closes first
  admin          the operators' interface

One for one, and not rest for one, though each needs those before it to begin: they find each other by name,
their memories outlast them, and to restart the characters because the list of players crashed would take
everybody out of play.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import zmq

from actors.admin.options import AdminOptions
from actors.admin.server import admin_address, admin_child
from actors.admin.world_half import WorldHalf
from actors.checkpoint.keeper import KeeperOptions, KeeperState, WorldKeeper
from actors.entrance.clerk import ClerkOptions
from actors.entrance.desk import Desk, DeskState
from actors.entrance.play import Play
from actors.gateway.errors import BindFailed
from actors.restart_archive import ArchiveOptions, RestartArchive, archive_child
from actors.restart_table import RestartTable
from actors.running_half import RunningHalf
from actors.storage.errors import WorldTaken
from actors.storage.options import StoreOptions
from actors.storage.requests import ClaimWorld
from actors.storage.store import STORE_NAME, store_children
from actors.world.atlas import parse
from actors.world.behaviours import BEHAVIOURS
from actors.world.chance import Dice
from actors.world.character import Character
from actors.world.helpbook import parse_help
from actors.world.npc import Npc
from actors.world.paths import ROOT
from actors.world.session import WorldSession
from actors.world.surroundings import Surroundings
from actors.world.transfers import watch
from actors.world.zones import presence_child, zone_children
from actors.world_affected import affected_by
from actors.world_boot import Beginning, read_beginning
from actors.world_link.gateways import Gateways
from actors.world_link.link import WorldLink
from actors.world_link.state import OpenRouter, WorldLinkOptions, WorldLinkState
from supervisors.backoff import Budget, GiveUp
from supervisors.declaring import (
    TRANSIENT,
    dynamic,
    one_for_one,
    rest_for_one,
    supervisor,
    worker,
)
from supervisors.errors import ChildStartFailed
from supervisors.letters import record_letters
from supervisors.restart_log import JsonLinesFile, RestartLog
from supervisors.running import run_tree
from supervisors.services import Services
from supervisors.specs import ChildSpec
from transports.link.curve import WorldCurve
from transports.link.errors import AddressRefused
from transports.link.handshake import Doorkeeper
from transports.link.router import RouterEndpoint
from wyld_actors import ActorSystem, ExitReason, Mailbox

__all__ = ["WorldOptions", "start_world"]

# Messages. Everything that players see passes through the link: what is over this is lost to them, so it is
# far above what a batch brings, and still a bound on memory (some 200 MB).
LINK_MAILBOX = Mailbox(limit=1_000_000)
# Requests under way are bounded by the link; logouts of a whole gateway come at once.
DESK_MAILBOX = Mailbox(limit=100_000)
# Seconds. The connection of a killed world is noticed by the database within moments.
CLAIM_SECONDS = 5.0
# Seconds. The last checkpoint of a large world.
KEEPER_SHUTDOWN_SECONDS = 25.0
# One part that crashes now and then is no reason to end the world; one that cannot be kept up for half a
# minute is.
SERVICE_BUDGET = Budget(then=GiveUp.ESCALATE)
# What keeps a world from coming up that an operator has to mend, and not a bug.
_CANNOT_START = (AddressRefused, BindFailed, WorldTaken)


@dataclass(frozen=True, slots=True)
class WorldOptions:
    """Everything that a world needs to be told. `files` and `help_files` are names and texts, `launcher` is
    the name under which the launcher's restart log is in the database."""

    name: str
    files: Sequence[tuple[str, str]]
    link_address: str
    link_key: bytes = field(repr=False)
    store: StoreOptions
    help_files: Sequence[tuple[str, str]] = ()
    behaviours: Mapping[str, type[Npc]] = field(default_factory=lambda: BEHAVIOURS)
    curve: WorldCurve | None = None
    keeper: KeeperOptions = field(default_factory=KeeperOptions)
    link: WorldLinkOptions = field(default_factory=WorldLinkOptions)
    clerk: ClerkOptions = field(default_factory=ClerkOptions)
    restart_log: Path | None = None
    launcher: str = "launcher:main"
    admin: AdminOptions | None = None


def start_world(options: WorldOptions) -> RunningHalf:
    """Bring a world up, and return when it is.

    Raises AtlasError for world files that cannot be used, WorldTaken when another process runs this world,
    AddressRefused or BindFailed when the link's or the operators' address cannot be had, peewee.DatabaseError
    without a database.
    """
    atlas = parse(options.files, behaviours=options.behaviours)
    beginning = read_beginning(options.store.dsn, options.name, atlas, options.behaviours)
    system = ActorSystem(options.name)
    around = Surroundings(atlas, system.registry, parse_help(options.help_files), Dice(options.link_key))
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    log = RestartLog([JsonLinesFile(options.restart_log)] if options.restart_log else [])
    archive = RestartArchive(ArchiveOptions(f"world:{options.name}", options.restart_log), system)
    log.add_sink(archive.add)
    half = WorldHalf(system)
    # The gateway's half writes it.
    launcher = RestartTable(options.launcher, system)
    last = []
    if options.admin is not None:
        last.append(admin_child(options.admin, system, half, log, archive, launcher=launcher))
    spec = world_tree(
        options,
        system,
        around,
        beginning,
        last,
        store=store_children(options.store),
        archive=archive,
        open_router=lambda callbacks: RouterEndpoint(
            context, options.link_address, callbacks, curve=options.curve
        ),
    )
    services = Services(log=log, affected=lambda cell: affected_by(cell, around))
    end_letters = record_letters(system, services)
    tree = run_tree(system, spec, services=services)
    # The sockets are closed by their owner; without them this waits for nothing.
    tree.ended.rawlink(lambda _: context.destroy(linger=0))
    if not tree.started.get():
        raise _start_failure(tree.wait())
    # No listener for players: gateways find a world by the address of the link.
    addresses = {"world-admin": admin_address(system, half)} if last else {}
    return RunningHalf(system, tree, addresses, end_letters)


def _start_failure(reason: ExitReason) -> Exception:
    """The error at the bottom of it: of the child of a child that did not start."""
    error = reason.error
    while isinstance(error, ChildStartFailed):
        error = error.reason.error
    return error if isinstance(error, _CANNOT_START) else RuntimeError(f"the world did not come up: {reason}")


def world_tree(
    options: WorldOptions,
    system: ActorSystem,
    around: Surroundings,
    beginning: Beginning,
    last: Sequence[ChildSpec] = (),
    *,
    store: Sequence[ChildSpec],
    open_router: OpenRouter,
    archive: RestartArchive | None = None,
) -> ChildSpec:
    """The children of the world in start order. `store` are those of its store, `last` come last."""
    watch(system, around)
    link = WorldLinkState(Gateways(Doorkeeper(options.name, beginning.epoch, options.link_key)), open_router)
    kept = KeeperState(link.streams, around)
    kept.watch(system)
    claim = ClaimWorld(options.name, CLAIM_SECONDS, beginning.epoch)
    play, returning = Play(around, system.registry), DeskState(beginning.returning)
    zones = [
        supervisor(zone, one_for_one, zone_children(zone, around, beginning.start, options.behaviours))
        for zone in around.atlas.zones
    ]
    return supervisor(ROOT.removeprefix("/"), one_for_one, [
        supervisor("store", rest_for_one, store),
        *([] if archive is None else [archive_child(archive)]),
        replace(presence_child(around), budget=SERVICE_BUDGET),
        supervisor("zones", one_for_one, zones),
        dynamic("characters", Character, restart=TRANSIENT),
        dynamic("sessions", WorldSession, restart=TRANSIENT),
        worker(
            "keeper", WorldKeeper, options.keeper, kept, claim, STORE_NAME,
            shutdown=KEEPER_SHUTDOWN_SECONDS, mailbox=DESK_MAILBOX, start_timeout_seconds=None,
            budget=SERVICE_BUDGET,
        ),
        worker(
            "desk", Desk, options.clerk, play, link.streams, returning,
            mailbox=DESK_MAILBOX, budget=SERVICE_BUDGET,
        ),
        worker(
            "link", WorldLink, options.link, link,
            mailbox=LINK_MAILBOX, start_timeout_seconds=None, budget=SERVICE_BUDGET,
        ),
        *last,
    ])  # fmt: skip
