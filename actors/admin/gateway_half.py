"""The gateway for its operators: the link to the world, the sessions, the connections."""

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from actors.admin.checks import Check, Health, ok, silent
from actors.admin.errors import NotAnswered
from actors.admin.half import SessionRow, SessionsView, ask_registered
from actors.gateway.messages import CountConnections, DescribeLink, LinkStatus
from actors.gateway.pool import POOL
from actors.gateway.session_record import SessionRecord
from actors.gateway.session_states import SessionState
from actors.gateway.session_stay import LINK, Stay
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

    def checks(self) -> list[Check]:
        try:
            return [link_check(self.link())]
        except NotAnswered as error:
            return [silent("link", str(error))]

    def sessions(self, limit: int) -> SessionsView:
        """Read from the states that sessions keep, without asking ten thousand of them."""
        records = [(cell, record) for cell, record in self._records()]
        now = self._system.now()
        return SessionsView(
            [_row(cell, record, now) for cell, record in records[:limit]],
            len(records),
            dict(Counter(record.state.value for _, record in records)),
        )

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


def _row(cell: Cell, record: SessionRecord, now: float) -> SessionRow:
    flow = cell.good_state.flow
    return SessionRow(
        path=cell.path,
        state=record.state.value,
        account=None if record.account is None else record.account.name,
        character=None if record.character is None else record.character.name,
        protocol=record.protocol,
        peer=record.peer,
        age_seconds=now - record.created_at,
        idle_seconds=now - record.touched_at,
        lines_waiting=flow.stream.unapplied if flow is not None else 0,
    )
