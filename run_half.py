"""One half of the server, world or gateway, as a process: its lock, its watchdog, its start and its end. Part
of the roof.

Under a launcher it has a lifeline, and a database that is prepared; alone it prepares the database itself.
"""

import gc
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import click
import peewee
from gevent.event import Event

from actors.gateway_tree import start_gateway
from actors.guard import Guard
from actors.running_half import RunningHalf
from actors.storage.provision import Provision
from actors.world_boot import take_epoch
from actors.world_tree import start_world
from config.loading import Configuration
from config.logging import write_at_once
from config.settings import Settings
from run_link import HALVES, check_link
from run_options import (
    gateway_options,
    gateway_process,
    log_directory,
    restart_file,
    version,
    watchdog_options,
    world_options,
)
from run_stopping import POSTGRES_SHARE, on_signals, stop_on_signals
from supervisors.announcement import welcome
from supervisors.instance import Lock, is_anyone
from supervisors.lifeline import Lifeline
from supervisors.processes import ExitCode
from supervisors.restart_log import JsonLinesFile, RestartLog
from supervisors.services import Services
from wyld_actors import ExitReason

# What follows is ours; what was before is the interpreter's and the modules'.
MODULES_READY = time.monotonic()

logger = logging.getLogger("launcher")

# New objects before a young collection, and collections before the next older one: players come and go, and
# the default of (700, 10, 10) looks at all of them every few seconds.
COLLECTOR_THRESHOLDS = (20_000, 20, 100)


def serve(name: str, configuration: Configuration, lifeline_descriptor: int | None) -> ExitCode:
    """Run one half until a signal, the end of the launcher, or the end of its tree."""
    settings, data_dir = configuration.settings, configuration.settings.data_dir
    limit = settings.launcher.shutdown_seconds
    lifeline = None if lifeline_descriptor is None else Lifeline(lifeline_descriptor, limit_seconds=limit)
    dsn: str | None = settings.database.dsn.get_secret_value()
    database = Provision(dsn or "", data_dir)
    check_link(settings, [name])
    with Lock(data_dir / f"{name}.lock"):
        stopping = Event()
        on_signals(stopping.set)
        try:
            # A launcher has prepared the database and given its DSN; alone, a half does so itself.
            if (dsn := dsn if lifeline else database.open(stopping)) is None:
                return ExitCode.CLEAN
            return run_half(name, settings, dsn, lifeline, stopping)
        finally:
            if lifeline is None:
                others = [data_dir / f"{other}.lock" for other in ("launcher", *HALVES) if other != name]
                database.close(limit * POSTGRES_SHARE, is_needed=partial(is_anyone, others))


def run_half(name: str, settings: Settings, dsn: str, lifeline: Lifeline | None, stopping: Event) -> ExitCode:
    """Start it under its watchdog, say that it serves, and wait for its end."""
    guard = make_guard(name, settings, lifeline)
    guard.start()
    # Until `calm_collector`: a start makes what stays.
    gc.disable()
    if (half := start_half(name, settings, dsn, stopping)) is None:
        return ExitCode.CLEAN
    guard.watch(half.system, half.tree.affected)
    calm_collector()
    stop_on_signals(half, stopping, settings.launcher.shutdown_seconds)
    tell_ready(name, settings, half, lifeline)
    reason = half.wait()
    guard.stop()
    return last_word(name, reason, half.tree.forced)


def make_guard(name: str, settings: Settings, lifeline: Lifeline | None) -> Guard:
    folder = log_directory(settings)
    return Guard(
        name,
        watchdog_options(settings),
        folder,
        say=partial(write_at_once, name, folder),
        sign=lifeline.give_sign if lifeline else None,
    )


def start_world_half(settings: Settings, dsn: str) -> RunningHalf:
    return start_world(world_options(settings, dsn))


def start_gateway_half(settings: Settings, dsn: str) -> RunningHalf:
    services = Services(log=RestartLog([JsonLinesFile(restart_file(settings, "gateway"))]))
    epoch = take_epoch(dsn, gateway_process(settings))
    return start_gateway(gateway_options(settings, dsn, epoch=epoch), services=services)


STARTS: Mapping[str, Callable[[Settings, str], RunningHalf]] = {
    "world": start_world_half,
    "gateway": start_gateway_half,
}


def start_half(name: str, settings: Settings, dsn: str, stopping: Event) -> RunningHalf | None:
    """Start it; if its database is away just then, when that answers. None if it is asked to stop first.

    To end and be started again would cost the launcher its patience: a database that is away is no crash.
    """
    try:
        return STARTS[name](settings, dsn)
    except peewee.OperationalError:
        if Provision(dsn, settings.data_dir).open(stopping) is None:
            return None
    return STARTS[name](settings, dsn)


def calm_collector() -> None:
    """Let the cyclic collector look at what is new only.

    A full collection of a running world stops it for 50 ms and more; what the start has made stays anyway,
    and hardly anything of ours is a cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    gc.enable()


def tell_ready(name: str, settings: Settings, half: RunningHalf, lifeline: Lifeline | None) -> None:
    took = time.monotonic() - MODULES_READY
    logger.info("%s serves, %.3f s after its modules", name, took, extra={"start_seconds": took})
    if lifeline:
        lifeline.report_ready({"addresses": dict(half.addresses), "gives_signs": True})
    else:
        click.echo(welcome(version(), settings.data_dir, half.addresses))


def last_word(name: str, reason: ExitReason, forced: Sequence[str]) -> ExitCode:
    """Tell how a half has ended, in its log and to whoever waits for its exit code."""
    logger.info("%s has ended: %s", name, reason.kind.name.lower())
    if not reason.is_clean:
        return ExitCode.FAILED
    if forced:
        others = f" and {len(forced) - 1} more" if len(forced) > 1 else ""
        logger.warning("%s%s did not stop by itself; the restart log says how it went", forced[0], others)
        return ExitCode.FORCED
    return ExitCode.CLEAN
