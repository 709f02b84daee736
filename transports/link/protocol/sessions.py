"""What gateway and world tell each other about sessions as such."""

import enum

from transports.link.protocol.shapes import CommandNumber, EntityId, Open


class DisconnectReason(enum.StrEnum):
    """Why a client's connection, or a whole session, ended."""

    QUIT = "quit"
    CLIENT_CLOSED = "client_closed"
    CLIENT_LOST = "client_lost"
    IDLE = "idle"
    TAKEN_OVER = "taken_over"
    PASSWORD_CHANGED = "password_changed"
    KICKED = "kicked"
    BANNED = "banned"
    SLOW_CLIENT = "slow_client"
    PROTOCOL_VIOLATED = "protocol_violated"
    SESSION_EXPIRED = "session_expired"
    SESSION_LOST = "session_lost"
    GATEWAY_STOPPED = "gateway_stopped"
    WORLD_STOPPED = "world_stopped"


class SessionDisconnected(Open, frozen=True, tag="session_disconnected"):
    """Request: the client is gone, the session waits for it to come back. Reply: DisconnectNoted.

    `grace_seconds` is how long it waits; CloseSession comes then.
    """

    reason: DisconnectReason
    grace_seconds: float = 0.0


class DisconnectNoted(Open, frozen=True, tag="disconnect_noted"):
    """Reply: the character stays in the world, link-dead, for so long."""

    grace_seconds: float


class SessionReconnected(Open, frozen=True, tag="session_reconnected"):
    """Request: the client is back, after `away_seconds`. Reply: SessionResumed."""

    protocol: str
    peer: str = ""
    away_seconds: float = 0.0


class SessionResumed(Open, frozen=True, tag="session_resumed"):
    """Reply: the session goes on; room, vitals and prompt follow as outputs.

    `entity` is "" while no character is being played.
    """

    entity: EntityId = ""
    applied: CommandNumber = 0


class CloseSession(Open, frozen=True, tag="close_session"):
    """Request: the session ends for good; its character leaves the world. Reply: SessionClosed."""

    reason: DisconnectReason


class SessionClosed(Open, frozen=True, tag="session_closed"):
    """Reply: the world has saved and forgotten the session; its last command is durable."""

    applied: CommandNumber = 0


class ReportQueues(Open, frozen=True, tag="report_queues"):
    """Request: how full are the world's queues for this gateway. Reply: QueueStatistics."""


class QueueStatistics(Open, frozen=True, tag="queue_statistics"):
    """Reply: what waits in the world for this gateway's sessions."""

    sessions: int = 0
    commands_waiting: int = 0
    commands_not_durable: int = 0
    outputs_unacknowledged: int = 0
