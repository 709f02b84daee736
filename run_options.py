"""What the settings say, as the option records that the parts of the server take.

Only the roof reads the configuration: `run.py`, and this module for it. Everything below gets a record of its
own. Nothing is started here. Keys, texts and the world's files are read from where the settings say; a key
that is not there yet is made.
"""

import configparser
import dataclasses
from pathlib import Path

from actors.admin.options import AdminOptions
from actors.checkpoint.keeper import KeeperOptions
from actors.gateway.attempts import AttemptLimits
from actors.gateway.devices import DevicePolicy
from actors.gateway.login_steps import LoginOptions
from actors.gateway.pace import Pace
from actors.gateway.session_options import SessionOptions
from actors.gateway.world_line import LinkOptions
from actors.gateway_tree import GatewayOptions
from actors.restart_archive import ArchiveOptions
from actors.storage.options import StoreOptions
from actors.world.gathering import gather
from actors.world_link.state import WorldLinkOptions
from actors.world_tree import WorldOptions
from config.folders import read_texts
from config.keys import ensure_key
from config.loading import PROJECT
from config.settings import CommandLimitSettings, GatewaySettings, SessionSettings, Settings, WebSettings
from run_link import gateway_curve, link_address, link_key, world_curve
from supervisors.backoff import Backoff
from supervisors.processes import RestartPolicy
from supervisors.watchdog import WatchdogOptions
from transports.link.liveness import LivenessOptions
from transports.link.streams import CommandLimits
from transports.telnet import TelnetOptions
from transports.web import PageOptions, create_app
from transports.websocket import WebOptions


def world_options(settings: Settings, dsn: str) -> WorldOptions:
    curve = world_curve(settings)
    return WorldOptions(
        name=settings.world.name,
        files=world_files(settings),
        behaviours=gather(settings.world.behaviours),
        help_files=read_texts("help", PROJECT / "config" / "help", "*.txt"),
        link_address=link_address(settings),
        link_key=link_key(settings, curve.pair.public if curve else None),
        curve=curve,
        store=store_options(settings, dsn),
        keeper=KeeperOptions(settings.world.checkpoint_interval_seconds),
        link=WorldLinkOptions(
            gateway_grace_seconds=settings.world.gateway_grace_seconds,
            liveness=settings.link.liveness.as_record(LivenessOptions),
        ),
        restart_log=restart_file(settings, "world"),
        launcher=launcher_process(settings),
        admin=admin_options(settings, "world"),
    )


def gateway_process(settings: Settings) -> str:
    """The name under which the gateway's epochs and restart records are in the database."""
    return f"gateway:{settings.gateway.name}"


def launcher_process(settings: Settings) -> str:
    """The same for the launcher: there is one above each world, and no two worlds have one name."""
    return f"launcher:{settings.world.name}"


def gateway_options(settings: Settings, dsn: str, *, epoch: int) -> GatewayOptions:
    gateway = settings.gateway
    plain, *encrypted = telnet_options(gateway)
    curve = gateway_curve(settings)
    return GatewayOptions(
        link=LinkOptions(
            name=gateway.name,
            epoch=epoch,
            key=link_key(settings, curve.world if curve else None),
            liveness=settings.link.liveness.as_record(LivenessOptions),
        ),
        world_address=link_address(settings),
        curve=curve,
        telnet=plain,
        telnets=encrypted[0] if encrypted else None,
        web=web_options(gateway.web),
        web_app=create_app(page_options(gateway.web)),
        login=gateway.login.as_record(LoginOptions, banner=banner()),
        session=session_options(gateway.sessions, settings.link.commands),
        pace=gateway.pace.as_record(Pace) if gateway.pace.lines_per_second else None,
        admin=admin_options(settings, "gateway"),
        store=store_options(settings, dsn),
        archive=ArchiveOptions(gateway_process(settings), restart_file(settings, "gateway")),
        launcher=ArchiveOptions(
            launcher_process(settings), restart_file(settings, "launcher"), is_followed=True
        ),
    )


def process_policy(settings: Settings) -> RestartPolicy:
    """How the launcher restarts the halves."""
    launcher = settings.launcher
    return RestartPolicy(
        Backoff(**launcher.backoff.model_dump()), launcher.max_restarts, launcher.max_restarts_window_seconds
    )


def watchdog_options(settings: Settings) -> WatchdogOptions:
    return settings.watchdog.as_record(WatchdogOptions, without={"restart_after_seconds"})


def store_options(settings: Settings, dsn: str) -> StoreOptions:
    return settings.database.as_record(StoreOptions, dsn=dsn)


def session_options(sessions: SessionSettings, lines: CommandLimitSettings) -> SessionOptions:
    return sessions.as_record(
        SessionOptions,
        without={"devices"},
        devices=DevicePolicy(sessions.devices),
        lines=lines.as_record(CommandLimits),
        attempts=sessions.attempts.as_record(AttemptLimits),
    )


def telnet_options(gateway: GatewaySettings) -> list[TelnetOptions]:
    """The plain listener, and the encrypted one if it is on."""
    plain, encrypted = gateway.telnet.as_record(TelnetOptions), gateway.telnets
    if not encrypted.enabled:
        return [plain]
    changes = encrypted.model_dump(exclude={"enabled"})
    return [plain, dataclasses.replace(plain, **changes)]


def web_options(web: WebSettings) -> WebOptions:
    return web.as_record(WebOptions, without={"max_connections"}, connection_limit=web.max_connections)


def page_options(web: WebSettings) -> PageOptions:
    return web.page.as_record(PageOptions, websocket_path=web_options(web).websocket_path)


def admin_options(settings: Settings, name: str) -> AdminOptions:
    admin = settings.admin
    return AdminOptions(
        token=admin_token(settings),
        host=admin.host,
        port=admin.gateway_port if name == "gateway" else admin.world_port,
        version=version(),
        data_dir=settings.data_dir,
        audit_file=log_directory(settings) / "audit.jsonl",
        restart_file=restart_file(settings, name),
        launcher_file=restart_file(settings, "launcher"),
    )


def admin_token(settings: Settings) -> str:
    return settings.admin.token.get_secret_value() or ensure_key(settings.data_dir / "admin.key")


def world_files(settings: Settings) -> list[tuple[str, str]]:
    """Name and text of every file of the starting world, in the order of their names."""
    folder = Path(settings.world.files) if settings.world.files else PROJECT / "config" / "world"
    return read_texts("world.files", folder, "*.toml")


def banner() -> str:
    """What greets a player before the login."""
    return (PROJECT / "config" / "banners" / "welcome.txt").read_text(encoding="utf-8").rstrip() + "\n"


def log_directory(settings: Settings) -> Path:
    return Path(settings.log.directory) if settings.log.directory else settings.data_dir / "log"


def restart_file(settings: Settings, process: str) -> Path:
    return log_directory(settings) / f"{process}-restarts.jsonl"


def version() -> str:
    parser = configparser.ConfigParser()
    parser.read(PROJECT / "setup.cfg", encoding="utf-8")
    return parser["metadata"]["version"]
