"""The shape of the configuration: every key, its type and its range.

The records hold no default values. Those stand, each with its explanation, in `config/default.toml`, which
names every key; so a default has one place and the file is the documentation. A key that is not here is an
error. Validation is strict (`port = true` is not 1); what comes from the environment as text is turned into
the field's type by `config.layers` first.

Units are in the names. A size or a limit that may be switched off is switched off by 0.
"""

import ipaddress
import os
import re
from collections.abc import Callable, Container
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

# 0 asks the system for any free port.
Port = Annotated[int, Field(ge=0, le=65535)]
Host = Annotated[str, Field(min_length=1, max_length=255)]
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_-]{0,31}$",
        description="a name of at most 32 small letters, digits, - and _, beginning with a letter",
    ),
]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
CountOrOff = Annotated[int, Field(ge=0, le=1_000_000)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
SecondsOrOff = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
# The upper end keeps a slip of the finger from asking for more memory than a machine has.
Bytes = Annotated[int, Field(ge=64, le=1 << 30)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]
# A path that may be empty. A shell has no part in what stands in a file: `~` is the home folder there, too.
FilePathOrNone = Annotated[str, AfterValidator(os.path.expanduser)]


def _is_not_empty(value: object) -> object:
    # As a path, nothing would be the folder that one happens to be in.
    if isinstance(value, str) and not value.strip():
        raise ValueError("no path")
    return value


FolderPath = Annotated[
    Path,
    BeforeValidator(_is_not_empty),
    AfterValidator(lambda path: Path(os.path.expanduser(path))),
    Field(strict=False, description="the path of a folder, not empty"),
]

Made = TypeVar("Made")


class Section(BaseModel):
    """One table of the configuration."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    def as_record(self, kind: Callable[..., Made], *, without: Container[str] = (), **more: object) -> Made:
        """An option record of `kind`: its fields have the names of these settings, `more` are added.

        Sections inside this one, secrets, and the settings named in `without` are left out.
        """
        given = {name: value for name, value in self if not isinstance(value, Section | SecretStr)}
        return kind(**{name: value for name, value in given.items() if name not in without}, **more)


class LogSettings(Section):
    level: Literal["debug", "info", "warning", "error"]
    format: Literal["console", "json"]
    directory: FilePathOrNone
    file_limit_bytes: Bytes
    files_kept: CountOrOff


def _is_dsn(value: SecretStr) -> SecretStr:
    # The text, and so what libpq says of it, may hold a password, and is never quoted.
    try:
        parse_dsn(value.get_secret_value())
    except ProgrammingError:
        raise ValueError("no connection string") from None
    return value


class DatabaseSettings(Section):
    dsn: Annotated[
        SecretStr,
        AfterValidator(_is_dsn),
        Field(description="a connection string such as postgresql://user:password@host/name, or empty"),
    ]
    pool_size: Annotated[int, Field(ge=1, le=64)]
    queue_limit: Count
    queue_timeout_seconds: Seconds
    connect_timeout_seconds: Seconds
    statement_timeout_seconds: Seconds


class LivenessSettings(Section):
    interval_seconds: Seconds
    suspect_after_seconds: Seconds
    down_after_seconds: Seconds

    @model_validator(mode="after")
    def _silence_is_judged_in_order(self) -> Self:
        rising = [self.interval_seconds, self.suspect_after_seconds, self.down_after_seconds]
        if sorted(set(rising)) != rising:
            raise ValueError(
                "interval_seconds < suspect_after_seconds < down_after_seconds must hold, not "
                + " < ".join(map(str, rising))
            )
        return self


class CommandLimitSettings(Section):
    waiting_lines: Count
    waiting_bytes: Bytes
    held_lines: Count
    held_bytes: Bytes


# 32 bytes, as `transports.link.curve` writes them.
_PUBLIC_KEY = "[0-9a-f]{64}"
_GATEWAY_KEY = re.compile(rf"([a-z][a-z0-9_-]{{0,31}})=({_PUBLIC_KEY})")


def _are_gateways(values: tuple[str, ...]) -> tuple[str, ...]:
    entries = [_GATEWAY_KEY.fullmatch(value) for value in values]
    keys = {entry[2] for entry in entries if entry}
    if len(keys) != len(values):
        raise ValueError("not a list of gateways")
    return values


class CurveSettings(Section):
    world_secret_file: FilePathOrNone
    gateway_secret_file: FilePathOrNone
    world: Annotated[
        str,
        Field(
            pattern=rf"^({_PUBLIC_KEY})?$",
            description="a public key of 64 digits from 0 to 9 and a to f, as `run.py keys` shows, or empty",
        ),
    ]
    gateways: Annotated[
        Texts,
        AfterValidator(_are_gateways),
        Field(
            description="a list of NAME=KEY, each with the name of a gateway and a public key of its own, "
            "as `run.py keys` shows them"
        ),
    ]


class LinkSettings(Section):
    address: str
    key: SecretStr
    curve: CurveSettings
    liveness: LivenessSettings
    commands: CommandLimitSettings


class TelnetSettings(Section):
    host: Host
    port: Port
    line_limit_bytes: Bytes
    subnegotiation_limit_bytes: Bytes
    negotiations_per_second: Count
    write_limit_bytes: Bytes
    max_connections: Count
    connections_per_address: CountOrOff
    connections_per_address_per_minute: CountOrOff
    limit_loopback: bool
    ping_interval_seconds: SecondsOrOff


class TelnetsSettings(Section):
    """Only what differs from `TelnetSettings`, which holds for the encrypted listener too."""

    enabled: bool
    host: Host
    port: Port
    certfile: FilePathOrNone
    keyfile: FilePathOrNone

    @model_validator(mode="after")
    def _encryption_needs_a_certificate(self) -> Self:
        if self.enabled and not self.certfile:
            raise ValueError("enabled = true needs certfile, the path of a PEM file")
        return self


class PageSettings(Section):
    title: Annotated[str, Field(min_length=1, max_length=80)]
    heartbeat_seconds: Seconds
    reconnect: bool
    log_lines: Count


# RFC 6454 7: what a browser sends as Origin, and "*" for any. One slash at the end is forgiven.
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^\s/?#@:\[\]]+(:[0-9]{1,5})?/?", re.IGNORECASE)
_ORIGIN_V6 = re.compile(r"[a-z][a-z0-9+.-]*://\[[0-9a-f:.]+\](:[0-9]{1,5})?/?", re.IGNORECASE)


def _are_origins(values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_ORIGIN.fullmatch(value) or _ORIGIN_V6.fullmatch(value) for value in values):
        raise ValueError("not a list of origins")
    return values


def _are_addresses(values: tuple[str, ...]) -> tuple[str, ...]:
    # In the form in which a socket names its peer: they are compared as text.
    return tuple(str(ipaddress.ip_address(value)) for value in values)


class WebSettings(Section):
    host: Host
    port: Port
    allowed_origins: Annotated[
        Texts,
        AfterValidator(_are_origins),
        Field(description="a list of origins, each scheme://host or scheme://host:port, or * for any"),
    ]
    require_origin: bool
    trusted_proxies: Annotated[
        Texts,
        AfterValidator(_are_addresses),
        Field(description="a list of IP addresses, one for each proxy; neither names nor networks"),
    ]
    compression: bool
    message_limit_bytes: Bytes
    line_limit_bytes: Bytes
    write_limit_bytes: Bytes
    max_connections: Count
    connections_per_address: Count
    ping_interval_seconds: Seconds
    client_timeout_seconds: Seconds
    page: PageSettings

    @model_validator(mode="after")
    def _a_ping_comes_before_the_timeout(self) -> Self:
        if self.client_timeout_seconds <= self.ping_interval_seconds:
            raise ValueError(
                f"client_timeout_seconds = {self.client_timeout_seconds} must be above "
                f"ping_interval_seconds = {self.ping_interval_seconds}, or idle players are cut off"
            )
        return self


class AttemptSettings(Section):
    by_address: Count
    by_session: Count
    window_seconds: Seconds


class SessionSettings(Section):
    login_timeout_seconds: Seconds
    selection_idle_seconds: Seconds
    playing_idle_seconds: Seconds
    link_dead_seconds: Seconds
    devices: Literal["one", "takeover", "share"]
    announce_code: bool
    attempts: AttemptSettings


class LoginSettings(Section):
    password_attempts: Annotated[int, Field(ge=1, le=100)]
    # NIST SP 800-63B 5.1.1.1: "at least 8 characters".
    password_letters_min: Annotated[int, Field(ge=8, le=64)]


class PaceSettings(Section):
    lines_at_once: Count
    lines_per_second: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class GatewaySettings(Section):
    name: Name
    pace: PaceSettings
    sessions: SessionSettings
    login: LoginSettings
    telnet: TelnetSettings
    telnets: TelnetsSettings
    web: WebSettings


class WorldSettings(Section):
    name: Name
    files: FilePathOrNone
    behaviours: Texts
    checkpoint_interval_seconds: Seconds
    gateway_grace_seconds: Seconds


class BackoffSettings(Section):
    min_seconds: SecondsOrOff
    max_seconds: SecondsOrOff
    factor: Annotated[float, Field(ge=1, le=100, allow_inf_nan=False)]
    jitter: Fraction
    stable_after_seconds: Seconds

    @model_validator(mode="after")
    def _delays_grow(self) -> Self:
        if self.max_seconds < self.min_seconds:
            raise ValueError(
                f"max_seconds = {self.max_seconds} must not be below min_seconds = {self.min_seconds}"
            )
        return self


class LauncherSettings(Section):
    start_timeout_seconds: Seconds
    shutdown_seconds: Seconds
    max_restarts: CountOrOff
    max_restarts_window_seconds: Seconds
    backoff: BackoffSettings


class WatchdogSettings(Section):
    slow_after_seconds: SecondsOrOff
    report_after_seconds: SecondsOrOff
    interrupt_after_seconds: SecondsOrOff
    unready_after_seconds: SecondsOrOff
    restart_after_seconds: SecondsOrOff

    @model_validator(mode="after")
    def _the_answers_get_harder(self) -> Self:
        names = ["report_after_seconds", "interrupt_after_seconds", "unready_after_seconds"]
        given = {name: getattr(self, name) for name in [*names, "restart_after_seconds"]}
        rising = [seconds for seconds in given.values() if seconds]
        if sorted(set(rising)) != rising:
            raise ValueError(
                f"{' < '.join(given)} must hold (0 is off), not {' < '.join(map(str, given.values()))}"
            )
        return self


def _fits_in_a_header(value: SecretStr) -> SecretStr:
    if not re.fullmatch("[!-~]*", value.get_secret_value()):
        raise ValueError("no bearer token")
    return value


class AdminSettings(Section):
    host: Host
    gateway_port: Port
    world_port: Port
    token: Annotated[
        SecretStr,
        AfterValidator(_fits_in_a_header),
        Field(description="a text of letters, digits and punctuation of ASCII without a space, or empty"),
    ]


class Settings(BaseSettings):
    """The whole configuration, merged and checked. Make one with `config.loading.load`."""

    model_config = SettingsConfigDict(
        strict=True, extra="forbid", frozen=True, env_prefix="WYLD_", env_nested_delimiter="__"
    )

    data_dir: FolderPath
    log: LogSettings
    database: DatabaseSettings
    link: LinkSettings
    gateway: GatewaySettings
    world: WorldSettings
    launcher: LauncherSettings
    watchdog: WatchdogSettings
    admin: AdminSettings

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from the call only.

        The library's own sources ignore unknown variables and forget which source gave a value; an error
        that names the file and line needs both, so `config.layers` reads and this class checks.
        """
        return (init_settings,)
