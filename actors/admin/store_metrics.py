"""The store of a process in figures: its connections, and what waits in which lane."""

from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from actors.storage.requests import LaneStatus, StoreStatus

# What a lane of the store counts: the metric, its kind, its help, and where the number is.
_LANE_METRICS: list[tuple[type[Any], str, str, Callable[[LaneStatus], float]]] = [
    (GaugeMetricFamily, "wyld_store_waiting", "Requests waiting for a worker.", lambda lane: lane.waiting),
    (GaugeMetricFamily, "wyld_store_running", "Requests being performed.", lambda lane: lane.running),
    (CounterMetricFamily, "wyld_store_requests", "Requests performed.", lambda lane: lane.finished),
    (CounterMetricFamily, "wyld_store_refused", "Requests refused.", lambda lane: lane.refused),
    (
        CounterMetricFamily,
        "wyld_store_work_seconds",
        "Time that requests took.",
        lambda lane: lane.worked_seconds,
    ),
    (
        CounterMetricFamily,
        "wyld_store_wait_seconds",
        "Time that requests waited for a connection.",
        lambda lane: lane.waited_seconds,
    ),
]  # fmt: skip


def store_metrics(status: StoreStatus) -> Iterator[Metric]:
    """Bounded: one line for each lane."""
    workers = GaugeMetricFamily("wyld_store_workers", "Workers of the store.", labels=["state"])
    workers.add_metric(["connected"], status.connected)
    workers.add_metric(["unconnected"], status.workers - status.connected)
    yield workers
    for kind, name, text, read in _LANE_METRICS:
        family = kind(name, text, labels=["lane"])
        for lane, numbers in status.lanes.items():
            family.add_metric([lane], read(numbers))
        yield family
