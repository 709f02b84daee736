"""The command line of Wyld Actors: settings, logs, processes, signals, exit codes.

`run.py` alone is the launcher: embedded PostgreSQL, schema, keys, then `run.py world` and `run.py gateway` as
child processes that it keeps running (`supervisors.process_group`). What is below gets option records, which
`run_options` makes of the settings. The halves live on gevent, so its patches come first of all.

Exit codes: 0 a clean stop, 1 a crash or restarts that did not help, 2 a wrong command line, 3 a stop in which
something had to be killed, 78 a configuration that cannot work (whoever watches this program should not start
it again).
"""

# ruff: noqa: E402
import gc
import signal

# A process that is asked for a dump while it still starts gives none. Without this it would end.
# SIGUSR2 is the signal of the watchdog.
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.signal(signal.SIGUSR2, signal.SIG_IGN)

# Modules stay, and the collector would look through them many times while they come.
gc.disable()

from gevent import monkey

monkey.patch_all()

import datetime
import faulthandler
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import click
import gevent
import peewee
from gevent.event import Event

from actors.admin.client import Place
from actors.admin.commands import operator_commands
from actors.gateway.errors import BindFailed, GatewayStartFailed
from actors.gateway_tree import start_gateway
from actors.guard import Dumps, Guard
from actors.running_half import RunningHalf
from actors.storage.errors import EmbeddedError, SchemaTooNew, WorldTaken
from actors.storage.provision import Provision
from actors.world.errors import AtlasError, UnusableModuleError
from actors.world_boot import take_epoch
from actors.world_tree import start_world
from config.folders import make_folders
from config.keys import KeyFileError
from config.layers import variable_name
from config.listeners import check_listeners
from config.loading import DELIMITER, PREFIX, PROJECT, Configuration, effective, load
from config.logging import configure as configure_logging
from config.logging import write_at_once
from config.problems import ConfigurationError
from config.settings import Settings
from run_link import check_link, ensure_link_keys, link_key
from run_options import (
    admin_token,
    gateway_options,
    gateway_process,
    log_directory,
    process_policy,
    restart_file,
    version,
    watchdog_options,
    world_files,
    world_options,
)
from supervisors.acting import Services
from supervisors.announcement import Addresses, Announcement, welcome
from supervisors.instance import AlreadyRunning, Lock, RunFile, is_anyone
from supervisors.lifeline import Lifeline
from supervisors.process_group import IMPATIENT_SECONDS, ProcessGroup, ProcessSpec
from supervisors.processes import ExitCode
from supervisors.restart_log import JsonLinesFile, RestartLog
from transports.link.errors import AddressRefused
from wyld_actors import ExitReason

gc.enable()
# What follows is ours; what was before is the interpreter's and the modules'.
MODULES_READY = time.monotonic()

logger = logging.getLogger("launcher")

HALVES = ("world", "gateway")  # in start order; they stop in reverse
# The setting that holds the port of a listener.
PORT_KEYS = {
    **{name: ("gateway", name, "port") for name in ("telnet", "telnets", "web")},
    **{f"{name}-admin": ("admin", f"{name}_port") for name in HALVES},
}
# Of the time a stop may take, what is kept for PostgreSQL, which is stopped last: its own last checkpoint.
POSTGRES_SHARE = 0.25
# What cannot work however often it is tried; each says itself what is to be done.
CANNOT_WORK = (
    ConfigurationError,
    KeyFileError,
    AlreadyRunning,
    EmbeddedError,
    SchemaTooNew,
    AtlasError,
    UnusableModuleError,
    AddressRefused,
    BindFailed,
    GatewayStartFailed,
    WorldTaken,
)


# New objects before a young collection, and collections before the next older one: players come and go, and
# the default of (700, 10, 10) looks at all of them every few seconds.
COLLECTOR_THRESHOLDS = (20_000, 20, 100)


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


def launch(configuration: Configuration, config_file: Path | None) -> ExitCode:
    """Run everything until a signal, or until it is given up."""
    settings, data_dir = configuration.settings, configuration.settings.data_dir
    # Read anew at every start of a child: what becomes known later is added.
    environment = os.environ | {variable("data_dir"): str(data_dir)}
    group = process_group(settings, config_file, environment)
    run_file, stopping = RunFile(data_dir / "run.json"), Event()
    on_signals(stopping.set, group.stop)
    Dumps("launcher", log_directory(settings), partial(process_lines, group)).begin()
    gevent.signal_handler(signal.SIGUSR1, group.pass_on, signal.SIGUSR1)

    def keep_ports(addresses: Addresses) -> None:
        """A port that the system chose stays the same over restarts: clients come back to it."""
        for name, (_, port) in addresses.items():
            if name in PORT_KEYS:
                environment[variable(*PORT_KEYS[name])] = str(port)

    with Lock(data_dir / "launcher.lock"):
        for name in HALVES:
            wait_for_leftover(data_dir / f"{name}.lock", settings.launcher.shutdown_seconds)
        check_listeners(configuration)
        world_files(settings)
        link_key(settings)
        check_link(settings, HALVES)
        admin_token(settings)
        database = Provision(settings.database.dsn.get_secret_value(), data_dir)
        try:
            environment[variable("database", "dsn")] = database.open(stopping) or ""
            group.changed = Announcement(
                run_file, version=version(), started_at=now(), say=click.echo, served=keep_ports
            )
            return group.run()
        finally:
            run_file.remove()
            database.close(settings.launcher.shutdown_seconds * POSTGRES_SHARE)


def process_group(
    settings: Settings, config_file: Path | None, environment: Mapping[str, str]
) -> ProcessGroup:
    """The halves as child processes of this file."""
    launcher = settings.launcher
    common = [sys.executable, str(PROJECT / "run.py")]
    common += ["--config", str(config_file.absolute())] if config_file else []
    return ProcessGroup(
        [ProcessSpec(name, partial(child_command, common, name), environment) for name in HALVES],
        process_policy(settings),
        launcher.start_timeout_seconds,
        launcher.shutdown_seconds * (1 - POSTGRES_SHARE),
        blocked_restart_seconds=settings.watchdog.restart_after_seconds,
        log=RestartLog([JsonLinesFile(restart_file(settings, "launcher"))]),
    )


def process_lines(group: ProcessGroup) -> list[str]:
    """The processes, for a dump of the launcher."""
    return [
        f"{process.name}: process {process.pid}, incarnation {process.incarnation}, "
        f"{'serves' if process.facts is not None else 'does not serve'} {process.signs.trouble}\n"
        for process in group.processes
    ]


def child_command(common: Sequence[str], name: str, descriptor: int) -> Sequence[str]:
    return [*common, name, "--lifeline", str(descriptor)]


def wait_for_leftover(path: Path, shutdown_seconds: float) -> None:
    """A half whose launcher was killed is still stopping: let it end before its successor starts."""

    def tell(error: AlreadyRunning) -> None:
        click.echo(f"Waiting for an earlier run to end: {error}.")

    Lock.after_others(path, timeout_seconds=shutdown_seconds + 1, waiting=tell).close()


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
            guard = make_guard(name, settings, lifeline)
            guard.start()
            # Until `calm_collector`: a start makes what stays.
            gc.disable()
            if (half := start_half(name, settings, dsn, stopping)) is None:
                return ExitCode.CLEAN
            guard.watch(half.system, half.tree.affected)
            calm_collector()
            # Done before the launcher's patience is: it kills what is not.
            seconds = (share * (1 - POSTGRES_SHARE) for share in chain([limit], repeat(IMPATIENT_SECONDS)))
            on_signals(lambda: half.stop(next(seconds)))
            if stopping.is_set():
                half.stop(next(seconds))
            took = time.monotonic() - MODULES_READY
            logger.info("%s serves, %.3f s after its modules", name, took, extra={"start_seconds": took})
            if lifeline:
                lifeline.report_ready({"addresses": dict(half.addresses), "gives_signs": True})
            else:
                click.echo(welcome(version(), data_dir, half.addresses))
            reason = half.wait()
            guard.stop()
            return last_word(name, reason, half.tree.forced)
        finally:
            if lifeline is None:
                others = [data_dir / f"{other}.lock" for other in ("launcher", *HALVES) if other != name]
                database.close(limit * POSTGRES_SHARE, is_needed=partial(is_anyone, others))


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


def make_guard(name: str, settings: Settings, lifeline: Lifeline | None) -> Guard:
    folder = log_directory(settings)
    return Guard(
        name,
        watchdog_options(settings),
        folder,
        say=partial(write_at_once, name, folder),
        sign=lifeline.give_sign if lifeline else None,
    )


def calm_collector() -> None:
    """Let the cyclic collector look at what is new only.

    A full collection of a running world stops it for 50 ms and more; what the start has made stays anyway,
    and hardly anything of ours is a cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    gc.enable()


def on_signals(*actions: Callable[[], Any]) -> None:
    """Do these, each in a greenlet of its own, at every signal that asks for an end."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        for action in actions:
            gevent.signal_handler(number, action)


def variable(*key: str) -> str:
    return variable_name(key, PREFIX, DELIMITER)


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def run_process(name: str, work: Callable[[Configuration], ExitCode]) -> None:
    """Load the settings, start the log, work; what cannot work ends in a message and exit code 78."""
    try:
        configuration = load(click.get_current_context().find_object(Path), environment=os.environ)
        log, directory = configuration.settings.log, make_folders(configuration)
        configure_logging(process=name, directory=directory, **log.model_dump(exclude={"directory"}))
        sys.exit(work(configuration))
    except CANNOT_WORK as error:
        click.echo(f"{error}", err=True)
        sys.exit(ExitCode.CONFIGURATION)


@click.group(invoke_without_command=True)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="A TOML file laid over config/default.toml.",
)
@click.pass_context
def main(context: click.Context, config_file: Path | None) -> None:
    """Wyld Actors, a multi-user game server.

    Without a command: start everything (embedded PostgreSQL, world, gateway), print where to connect, keep it
    running, stop it in order at Ctrl-C or SIGTERM. A second signal hurries the stop.

    Settings come from config/default.toml, then --config, then variables: WYLD_ and the key in capitals
    with __ between levels, as WYLD_GATEWAY__TELNET__PORT=4001 or WYLD_DATA_DIR=/srv/wyld.

    The ids, ports and addresses of a running server are in <data dir>/run.json.
    Exit codes: 0 clean stop, 1 crash, 2 wrong command line, 3 forced stop, 78 configuration that cannot work.
    """
    context.obj = config_file
    if context.invoked_subcommand is None:
        run_process("launcher", lambda configuration: launch(configuration, config_file))


@main.command()
@click.option("--lifeline", type=int, hidden=True)
def world(lifeline: int | None) -> None:
    """Start the world only."""
    run_process("world", lambda configuration: serve("world", configuration, lifeline))


@main.command()
@click.option("--lifeline", type=int, hidden=True)
def gateway(lifeline: int | None) -> None:
    """Start the gateway only: the listeners and the link to the world."""
    run_process("gateway", lambda configuration: serve("gateway", configuration, lifeline))


@main.command("config")
@click.pass_obj
def show_config(config_file: Path | None) -> None:
    """Show every setting in effect and where its value came from."""
    try:
        configuration = load(config_file, environment=os.environ)
    except ConfigurationError as error:
        click.echo(f"{error}", err=True)
        sys.exit(ExitCode.CONFIGURATION)
    for key, value, origin in effective(configuration):
        click.echo(f"{key} = {value}".ljust(60) + f"  # {origin}")


@main.command("keys")
@click.option("--json", "as_json", is_flag=True, help="For a program: names, public keys and files.")
@click.pass_obj
def show_keys(config_file: Path | None, as_json: bool) -> None:
    """Make the keys for a link between two machines, and say what to set where.

    Keys that are there already are shown again, never replaced.
    """
    try:
        keys = ensure_link_keys(load(config_file, environment=os.environ).settings)
    except (ConfigurationError, KeyFileError, OSError) as error:
        click.echo(f"{error}", err=True)
        sys.exit(ExitCode.CONFIGURATION)
    click.echo(json.dumps(keys.fields(), indent=2) if as_json else keys.words().rstrip())


def find_server(config_file: Path | None) -> Place:
    """Where the server of these settings lives, for the operators' commands."""
    try:
        settings = load(config_file, environment=os.environ).settings
    except ConfigurationError as error:
        click.echo(f"{error}", err=True)
        sys.exit(ExitCode.CONFIGURATION)
    return Place(settings.data_dir, settings.admin.token.get_secret_value())


for operator_command in operator_commands(find_server):
    main.add_command(operator_command)


@main.command("version")
def show_version() -> None:
    """Show the version."""
    click.echo(version())


if __name__ == "__main__":
    faulthandler.enable()
    # Nor is it to look through them while a half starts.
    gc.freeze()
    main()
