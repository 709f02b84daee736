"""How long a session may do nothing, and how long it waits for others."""

from dataclasses import dataclass, field

from actors.gateway.attempts import AttemptLimits
from actors.gateway.devices import DevicePolicy
from actors.gateway.session_record import SessionRecord
from actors.gateway.session_states import SessionState
from transports.link.streams import DEFAULT_LIMITS, CommandLimits


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """Times in seconds, whether an account's session may have several clients, how many lines it may keep."""

    # From the first byte to the end of the login, typing or not: tbaMUD's idle check gives a minute or two.
    login_timeout_seconds: float = 120.0
    selection_idle_seconds: float = 900.0
    playing_idle_seconds: float = 3600.0
    # How long a character stays in the world without a client: a tunnel, a laptop's lid, a router's night.
    link_dead_seconds: float = 900.0
    # Between two attempts to bring a character back into a world that has forgotten it.
    retry_seconds: float = 1.0
    devices: DevicePolicy = DevicePolicy.TAKEOVER
    # Whether a player whose program cannot keep a token is told a code to come back with.
    announce_code: bool = True
    # Of tokens and codes that open nothing.
    attempts: AttemptLimits = field(default_factory=AttemptLimits)
    lines: CommandLimits = DEFAULT_LIMITS


def idle_seconds_left(
    record: SessionRecord, touched_at: float, now: float, options: SessionOptions
) -> float | None:
    """How long this session may go on doing nothing; None if that is no question in its state."""
    latest = max(touched_at, record.changed_at)
    match record.state:
        case SessionState.CONNECTING | SessionState.AUTHENTICATING:
            return record.created_at + options.login_timeout_seconds - now
        case SessionState.CHARACTER_SELECTION:
            return latest + options.selection_idle_seconds - now
        case SessionState.PLAYING:
            return latest + options.playing_idle_seconds - now
        case SessionState.DISCONNECTED:
            return record.changed_at + options.link_dead_seconds - now
        case SessionState.CLOSED:
            return None
