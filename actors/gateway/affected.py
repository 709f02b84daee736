"""Who at the gateway noticed that an actor has ended: one client, or all of them."""

from __future__ import annotations

from collections.abc import Mapping

from actors.affected import players
from actors.gateway.connection import Connection
from actors.gateway.session_record import SessionRecord
from actors.gateway.session_stay import Stay
from wyld_actors import ActorSystem, Cell

__all__ = ["affected_by"]

SESSIONS = "/gateway/sessions"
CONNECTIONS = "/gateway/connections"


def affected_by(cell: Cell, system: ActorSystem) -> Mapping[str, object]:
    """The fields for the restart log: of a session or a connection who it is, of another part how many."""
    if isinstance(cell.good_state, Stay.State):
        return _client(cell.good_state.record)
    if cell.path.startswith(f"{CONNECTIONS}/"):
        of_connection = cell.good_state
        session = of_connection.session if isinstance(of_connection, Connection.State) else None
        state = None if session is None else session.cell.good_state
        return _client(state.record) if isinstance(state, Stay.State) else {}
    sessions = system.find(SESSIONS)
    return {} if sessions is None else {"players": len(sessions.cell.children or {})}


def _client(record: SessionRecord | None) -> dict[str, object]:
    if record is None:
        return {}
    who = record.character or record.account
    found = players([] if who is None else [who.name], [record.id])
    return {**found, "peer": record.peer, "protocol": record.protocol, "state": record.state.value}
