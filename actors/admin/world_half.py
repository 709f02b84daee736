"""The world for its operators: database, checkpoints, gateways, who plays."""

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from actors.admin.checks import Check, Health, checkpoint_check, ok, store_check
from actors.admin.half import SessionRow, SessionsView, ask_registered, checked, if_answered
from actors.admin.store_metrics import store_metrics
from actors.checkpoint.keeper import GetKeeperStatus, KeeperStatus
from actors.storage.requests import GetStoreStatus, StoreStatus
from actors.storage.store import STORE_NAME
from actors.world.outlet import KEEPER, OUTLET
from actors.world_link.messages import GetLinkStatus, LinkStatus
from supervisors.snapshot import state_of
from wyld_actors import ActorSystem
from wyld_actors.slices import in_slices


def link_check(status: LinkStatus) -> Check:
    """Whether gateways are here. A world without one is ready for them."""
    if not status.gateways:
        advice = "nobody can play; see whether the gateway runs: its `tree`, its log"
        if not status.refused:
            return Check("link", Health.WARNING, "no gateway is connected", advice)
        finding = f"no gateway is connected, {status.refused} connections were refused"
        return Check("link", Health.WARNING, finding, "the log says why, and which key is to be set where")
    named = ", ".join(f"{name} {facts['state']}" for name, facts in status.gateways.items())
    return ok("link", f"{named}; {status.sessions} sessions")


class WorldHalf:
    """See `Half`."""

    name = "world"

    def __init__(self, system: ActorSystem) -> None:
        self._system = system

    def link(self) -> LinkStatus:
        status: LinkStatus = ask_registered(self._system, OUTLET, GetLinkStatus())
        return status

    def store(self) -> StoreStatus:
        """Raises NotAnswered."""
        status: StoreStatus = ask_registered(self._system, STORE_NAME, GetStoreStatus())
        return status

    def keeper(self) -> KeeperStatus:
        """Raises NotAnswered."""
        status: KeeperStatus = ask_registered(self._system, KEEPER, GetKeeperStatus())
        return status

    def checks(self) -> list[Check]:
        return [
            checked("store", self.store, lambda it: store_check(it.connected, it.workers, it.problem)),
            checked("link", self.link, link_check),
            checked(
                "checkpoint",
                self.keeper,
                lambda keeper: checkpoint_check(keeper.age_seconds, keeper.interval_seconds, keeper.problem),
            ),
        ]  # fmt: skip

    def sessions(self, limit: int, state: str = "") -> SessionsView:
        found = self._system.find("/world/sessions")
        cells = list((found.cell.children or {}).values()) if found is not None else []
        chosen = [cell for cell in in_slices(cells) if state in ("", state_of(cell))]
        return SessionsView(
            [SessionRow(path=cell.path, state=state_of(cell)) for cell in chosen[:limit]],
            len(cells),
            dict(Counter(state_of(cell) for cell in in_slices(cells))),
        )

    def metrics(self) -> Iterable[Metric]:
        yield from if_answered(self.link, _link_metrics)
        yield from if_answered(self.store, store_metrics)
        yield from if_answered(self.keeper, _keeper_metrics)


def _link_metrics(status: LinkStatus) -> Iterator[Metric]:
    gateways = status.gateways.values()
    up = sum(facts["state"] == "up" for facts in gateways)
    yield GaugeMetricFamily("wyld_link_up", "Whether the link stands.", value=up > 0)
    yield GaugeMetricFamily("wyld_link_gateways", "Gateways that are connected.", value=len(gateways))
    trips = GaugeMetricFamily(
        "wyld_link_round_trip_seconds", "Smoothed round trip of a heartbeat.", labels=["peer"]
    )
    for client, facts in status.gateways.items():
        if facts["round_trip_seconds"] is not None:
            # Without the epoch, which is another one after each start of that gateway.
            trips.add_metric([client.partition(":")[0]], facts["round_trip_seconds"])
    yield trips
    yield GaugeMetricFamily(
        "wyld_link_sessions", "Sessions with streams over the link.", value=status.sessions
    )
    waiting = GaugeMetricFamily("wyld_link_commands", "Commands of players on their way.", labels=["state"])
    waiting.add_metric(["waiting"], status.commands_waiting)
    waiting.add_metric(["not_durable"], status.commands_not_durable)
    yield waiting
    yield GaugeMetricFamily(
        "wyld_link_outputs_unacknowledged",
        "Outputs that a gateway has not confirmed.",
        value=status.outputs_unacknowledged,
    )
    yield CounterMetricFamily(
        "wyld_link_refused", "Connections to the link that were not let in.", value=status.refused
    )


def _keeper_metrics(status: KeeperStatus) -> Iterator[Metric]:
    yield HistogramMetricFamily(
        "wyld_checkpoint_pause_seconds",
        "How long checkpoints held the world up.",
        buckets=status.pauses.cumulative(),
        sum_value=status.pauses.total_seconds,
    )
    still = GaugeMetricFamily(
        "wyld_checkpoint_collect_seconds", "How long everything stood still for one.", labels=["which"]
    )
    still.add_metric(["last"], status.last_collect_seconds)
    still.add_metric(["longest"], status.longest_collect_seconds)
    yield still
    yield GaugeMetricFamily(
        "wyld_checkpoint_age_seconds", "Time since the last checkpoint was durable.", value=status.age_seconds
    )
    checkpoints = CounterMetricFamily("wyld_checkpoints", "Checkpoints by outcome.", labels=["outcome"])
    checkpoints.add_metric(["written"], status.written)
    checkpoints.add_metric(["failed"], status.failed)
    yield checkpoints
    yield GaugeMetricFamily(
        "wyld_checkpoint_entities_waiting", "Changed entities not saved yet.", value=status.entities_waiting
    )
