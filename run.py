"""The command line of Wyld Actors: commands, settings, logs, exit codes.

`run.py` alone is the launcher: embedded PostgreSQL, schema, keys, then `run.py world` and `run.py gateway` as
child processes that it keeps running. What each of them does is in `run_launcher` and `run_half`. All live on
gevent, so its patches come first of all.

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

import sys

try:
    from gevent import monkey
except ModuleNotFoundError as error:
    if error.name != "gevent":
        raise
    # The first that is missing under a Python that is not the one `make` has set up.
    sys.stderr.write(
        "Wyld Actors is installed in .venv: start the server with `make run`, and its commands with "
        "`.venv/bin/python run.py COMMAND` (`make run ARGS=COMMAND` sets .venv up before).\n"
    )
    sys.exit(78)

monkey.patch_all()

import faulthandler
import json
import os
from collections.abc import Callable
from pathlib import Path

import click

from actors.admin.client import Place
from actors.admin.commands import operator_commands
from actors.gateway.errors import BindFailed, GatewayStartFailed
from actors.storage.errors import EmbeddedError, SchemaTooNew, WorldTaken
from actors.world.errors import AtlasError, UnusableModuleError
from config.folders import make_folders
from config.keys import KeyFileError
from config.loading import Configuration, effective, load
from config.logging import configure as configure_logging
from config.problems import ConfigurationError
from run_half import serve
from run_launcher import launch
from run_link import ensure_link_keys
from run_options import version
from supervisors.instance import AlreadyRunning
from supervisors.processes import ExitCode
from transports.link.errors import AddressRefused

gc.enable()

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
