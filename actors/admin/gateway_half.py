"""The gateway for its operators: the link to the world, the sessions, the connections."""

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from actors.admin.book_figures import book_metrics, sessions_check
from actors.admin.checks import Check, Health, ok
from actors.admin.errors import NotAnswered
from actors.admin.half import SessionRow, SessionsView, ask_registered, checked, if_answered
from actors.admin.store_metrics import store_metrics
from actors.gateway.messages.book import BookStatus, DescribeBook, ListSessions
from actors.gateway.messages.link import LINK, DescribeLink, LinkStatus
from actors.gateway.messages.pool import CountConnections
from actors.gateway.pool import POOL
from actors.gateway.session_book import SESSION_BOOK
from actors.gateway.session_record import SessionId, SessionRecord
from actors.gateway.session_states import SessionState
from actors.gateway.session_stay import Stay
from actors.storage.requests import GetStoreStatus, StoreStatus
from actors.storage.store import STORE_NAME
from wyld_actors import ActorSystem, Cell
from wyld_actors.slices import in_slices

PROTOCOLS = ("telnet", "telnets", "websocket")


def link_check(status: LinkStatus) -> Check:
    """Whether players reach the world."""
    if not status.is_up:
        why = f": {status.trouble}" if status.trouble else ""
        finding = f"no connection to the world, attempt {status.attempts}{why}"
        advice = "players keep their lines and wait; see whether the world runs: its `tree`, its log"
        return Check("link", Health.FAILING, finding, advice)
    trip = status.round_trip_seconds
    known = "not measured yet" if trip is None else f"{trip * 1000:.1f} ms"
    return ok("link", f"up to world {status.world!r}, round trip {known}")


class GatewayHalf:
    """See `Half`."""

    name = "gateway"

    def __init__(self, system: ActorSystem) -> None:
        self._system = system

    def link(self) -> LinkStatus:
        status: LinkStatus = ask_registered(self._system, LINK, DescribeLink())
        return status

    def book(self) -> BookStatus:
        """Raises NotAnswered."""
        status: BookStatus = ask_registered(self._system, SESSION_BOOK, DescribeBook())
        return status

    def store(self) -> StoreStatus:
        """Raises NotAnswered, also where there is no database."""
        status: StoreStatus = ask_registered(self._system, STORE_NAME, GetStoreStatus())
        return status

    def checks(self) -> list[Check]:
        return [checked("link", self.link, link_check), checked("sessions", self.book, sessions_check)]

    def sessions(self, limit: int, state: str = "") -> SessionsView:
        """Read from the states that sessions keep, without asking ten thousand of them.

        The book knows when a player was last active, and of sessions that are not back yet.
        """
        booked, now = self._booked(), self._system.now()
        here = [(cell, booked.pop(record.id, record)) for cell, record in self._records()]
        records: list[tuple[Cell | None, SessionRecord]] = [*here, *((None, one) for one in booked.values())]
        chosen = [one for one in records if state in ("", one[1].state.value)]
        return SessionsView(
            [_row(cell, record, now) for cell, record in chosen[:limit]],
            len(records),
            dict(Counter(record.state.value for _, record in records)),
        )

    def _booked(self) -> dict[SessionId, SessionRecord]:
        try:
            records: tuple[SessionRecord, ...] = ask_registered(self._system, SESSION_BOOK, ListSessions())
        except NotAnswered:
            return {}
        return {record.id: record for record in records}

    def _records(self) -> Iterator[tuple[Cell, SessionRecord]]:
        sessions = self._system.find(f"/{self.name}/sessions")
        for cell in in_slices(tuple((sessions.cell.children or {}).values()) if sessions is not None else ()):
            state = cell.good_state
            if isinstance(state, Stay.State) and state.record is not None:
                yield cell, state.record

    def metrics(self) -> Iterable[Metric]:
        yield from self._session_metrics()
        try:
            yield from _link_metrics(self.link())
        except NotAnswered:
            yield GaugeMetricFamily("wyld_link_up", "Whether the link stands.", value=0)
        yield from if_answered(self.book, book_metrics)
        yield from if_answered(self.store, store_metrics)

    def _session_metrics(self) -> Iterator[Metric]:
        by_state = Counter(record.state for _, record in self._records())
        sessions = GaugeMetricFamily("wyld_sessions", "Sessions by state.", labels=["state"])
        for state in SessionState:
            sessions.add_metric([state.value], by_state[state])
        yield sessions
        try:
            counts = [
                ask_registered(self._system, POOL, CountConnections(protocol)) for protocol in PROTOCOLS
            ]
        except NotAnswered:
            return
        connections = GaugeMetricFamily(
            "wyld_connections", "Open connections of clients.", labels=["protocol"]
        )
        for protocol, count in zip(PROTOCOLS, counts, strict=True):
            connections.add_metric([protocol], count)
        yield connections


def _link_metrics(status: LinkStatus) -> Iterator[Metric]:
    yield GaugeMetricFamily("wyld_link_up", "Whether the link stands.", value=status.is_up)
    if status.round_trip_seconds is not None:
        trip = GaugeMetricFamily(
            "wyld_link_round_trip_seconds", "Smoothed round trip of a heartbeat.", labels=["peer"]
        )
        trip.add_metric([status.world], status.round_trip_seconds)
        yield trip
    yield GaugeMetricFamily(
        "wyld_link_requests_waiting", "Requests to the world under way.", value=status.requests_waiting
    )
    yield CounterMetricFamily("wyld_link_attempts", "Times the link was dialled.", value=status.attempts)
    if status.statistics is not None:
        traffic = CounterMetricFamily(
            "wyld_link_bytes", "Bytes over the current connection.", labels=["direction"]
        )
        traffic.add_metric(["sent"], status.statistics.bytes_sent)
        traffic.add_metric(["received"], status.statistics.bytes_received)
        yield traffic


def _row(cell: Cell | None, record: SessionRecord, now: float) -> SessionRow:
    flow = None if cell is None else cell.good_state.flow
    return SessionRow(
        path="" if cell is None else cell.path,
        state=record.state.value,
        account=None if record.account is None else record.account.name,
        character=None if record.character is None else record.character.name,
        protocol=record.protocol,
        peer=record.peer,
        age_seconds=now - record.created_at,
        idle_seconds=now - record.touched_at,
        lines_waiting=flow.stream.unapplied if flow is not None else 0,
    )
