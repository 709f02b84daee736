"""The launcher: embedded PostgreSQL, schema, keys, then world and gateway as child processes that it keeps
running (`supervisors.process_group`). Part of the roof.

Whatever cannot work is found before anything is started, and raises an error that says what is to be done.
"""

import datetime
import os
import signal
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from functools import partial
from pathlib import Path

import click
import gevent
from gevent.event import Event

from actors.guard import Dumps
from actors.storage.provision import Provision
from actors.world.atlas import parse
from actors.world.gathering import gather
from config.layers import variable_name
from config.listeners import check_listeners
from config.loading import DELIMITER, PREFIX, PROJECT, Configuration
from config.problems import ConfigurationError, Problem, shown
from config.settings import Settings
from run_link import HALVES, check_link, link_key
from run_options import (
    admin_token,
    log_directory,
    process_policy,
    restart_file,
    telnet_options,
    version,
    world_files,
)
from run_stopping import POSTGRES_SHARE, on_signals
from supervisors.announcement import Addresses, Announcement
from supervisors.child_process import ProcessSpec
from supervisors.instance import AlreadyRunning, Lock, RunFile
from supervisors.process_group import ProcessGroup
from supervisors.processes import ExitCode
from supervisors.restart_log import JsonLinesFile, RestartLog
from transports.telnet.errors import CertificateError
from transports.telnet.tls import server_context

# The setting that holds the port of a listener.
PORT_KEYS = {
    **{name: ("gateway", name, "port") for name in ("telnet", "telnets", "web")},
    **{f"{name}-admin": ("admin", f"{name}_port") for name in HALVES},
}


def launch(configuration: Configuration, config_file: Path | None) -> ExitCode:
    """Run everything until a signal, or until it is given up."""
    settings, data_dir = configuration.settings, configuration.settings.data_dir
    # First of all: a module that hangs while it is imported still ends at Ctrl-C, and holds nothing up.
    check_world(settings)
    # Read anew at every start of a child: what becomes known later is added.
    environment = os.environ | {variable("data_dir"): str(data_dir)}
    group = process_group(settings, config_file, environment)
    run_file, stopping = RunFile(data_dir / "run.json"), Event()
    on_signals(stopping.set, group.stop)
    Dumps("launcher", log_directory(settings), partial(process_lines, group)).begin()
    gevent.signal_handler(signal.SIGUSR1, group.pass_on, signal.SIGUSR1)

    with Lock(data_dir / "launcher.lock"):
        check_before_start(configuration)
        database = Provision(settings.database.dsn.get_secret_value(), data_dir)
        try:
            environment[variable("database", "dsn")] = database.open(stopping) or ""
            group.changed = Announcement(
                run_file,
                version=version(),
                started_at=now(),
                say=click.echo,
                served=partial(keep_ports, environment),
            )
            return group.run()
        finally:
            run_file.remove()
            database.close(settings.launcher.shutdown_seconds * POSTGRES_SHARE)


def check_before_start(configuration: Configuration) -> None:
    """Wait for what an earlier run has left, then see that this one can work: ports, certificate, keys."""
    settings = configuration.settings
    for name in HALVES:
        wait_for_leftover(settings.data_dir / f"{name}.lock", settings.launcher.shutdown_seconds)
    check_listeners(configuration)
    check_certificate(configuration)
    link_key(settings)
    check_link(settings, HALVES)
    admin_token(settings)


def check_world(settings: Settings) -> None:
    """Read the world as its process will. Raises ConfigurationError, UnusableModuleError or AtlasError."""
    parse(world_files(settings), behaviours=gather(settings.world.behaviours))


def check_certificate(configuration: Configuration) -> None:
    """Raise ConfigurationError if the encrypted listener is on and its certificate cannot be used."""
    for options in telnet_options(configuration.settings.gateway):
        try:
            if options.certfile:
                server_context(options)
        except CertificateError as error:
            key = ("gateway", "telnets", "certfile")
            where, value = str(configuration.origins[key]), shown(options.certfile, None)
            problem = Problem(where, ".".join(key), value, f"{error.reason}; {error.mend}")
            raise ConfigurationError([problem]) from error


def keep_ports(environment: MutableMapping[str, str], addresses: Addresses) -> None:
    """A port that the system chose stays the same over restarts: clients come back to it."""
    for name, (_, port) in addresses.items():
        if name in PORT_KEYS:
            environment[variable(*PORT_KEYS[name])] = str(port)


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


def variable(*key: str) -> str:
    return variable_name(key, PREFIX, DELIMITER)


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
