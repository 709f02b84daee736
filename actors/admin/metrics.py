"""Metrics for Prometheus, collected when they are asked for; nothing is counted twice for them.

The sets of labels are bounded: classes of actors, states, reasons. Paths occur in one metric only, for the
`TOP_ACTORS` deepest mailboxes that hold anything. Times in handlers are measured for one turn in
`SAMPLED_TURNS`, so the counts of `wyld_handler_seconds` are that much lower than the messages handled.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.admin.archive import Archive
from actors.admin.half import Half
from actors.admin.loop_lag import LoopLag
from actors.admin.restarts import RestartHistory
from actors.admin.views import top_view
from supervisors.snapshot import state_of
from wyld_actors import ActorSystem
from wyld_actors.slices import cells_in_slices
from wyld_actors.timings import UPPER_BOUNDS, ClassTimings

TOP_ACTORS: Final = 10
# Every fourth of the measured sizes, up to 4 s: seven buckets are enough for a chart.
BUCKETS: Final = range(1, len(UPPER_BOUNDS), 3)


class Measurements(Collector):
    """The metrics of one process."""

    def __init__(
        self,
        system: ActorSystem,
        half: Half,
        history: RestartHistory,
        lag: LoopLag,
        archive: Archive | None,
    ) -> None:
        self._system = system
        self._half = half
        self._history = history
        self._lag = lag
        self._archive = archive
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """All of them in Prometheus' format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        yield from self._actors()
        yield from self._handlers()
        yield from self._top()
        yield from self._restarts()
        yield from self._runtime()
        yield from self._half.metrics()

    def _actors(self) -> Iterator[Metric]:
        numbers: Counter[tuple[str, str]] = Counter()
        handled: Counter[str] = Counter()
        depth: Counter[str] = Counter()
        dropped: Counter[str] = Counter()
        oldest: defaultdict[str, float] = defaultdict(float)
        for cell in cells_in_slices(self._system):
            name = cell.actor_class.__name__
            numbers[name, state_of(cell)] += 1
            handled[name] += cell.handled
            depth[name] += cell.depth
            dropped[name] += cell.dropped
            oldest[name] = max(oldest[name], cell.oldest_seconds)
        for kind, count in self._system.handled_by_gone.items():
            handled[kind.__name__] += count
        actors = GaugeMetricFamily("wyld_actors", "Actors by class and state.", labels=["class", "state"])
        for labels, count in numbers.items():
            actors.add_metric(labels, count)
        yield actors
        yield _by_class(CounterMetricFamily, "wyld_messages_handled", "Messages handled.", handled)
        yield _by_class(GaugeMetricFamily, "wyld_mailbox_depth", "Messages waiting in mailboxes.", depth)
        yield _by_class(
            GaugeMetricFamily, "wyld_mailbox_oldest_seconds", "How long the oldest message waits.", oldest
        )
        yield _by_class(
            GaugeMetricFamily,
            "wyld_mailbox_dropped",
            "Messages that met a full mailbox of those alive.",
            dropped,
        )

    def _handlers(self) -> Iterator[Metric]:
        family = HistogramMetricFamily("wyld_handler_seconds", "Time in handlers, sampled.", labels=["class"])
        for kind, timings in self._system.timings.items():
            family.add_metric([kind.__name__], _buckets(timings), timings.total_seconds)
        yield family
        slow: Counter[str] = Counter()
        for kind, count in self._system.slow_handlers.by_class.items():
            slow[kind.__name__] += count
        yield _by_class(
            CounterMetricFamily, "wyld_slow_handlers", "Handlers that kept everybody waiting.", slow
        )

    def _top(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("wyld_top_mailbox_depth", "The deepest mailboxes.", labels=["path"])
        for row in top_view(self._system, "depth", TOP_ACTORS):
            if row.depth:
                family.add_metric([row.path], row.depth)
        yield family

    def _restarts(self) -> Iterator[Metric]:
        family = CounterMetricFamily(
            "wyld_restarts", "Ends that a supervisor had to decide on.", labels=["class", "reason"]
        )
        for labels, count in self._history.by_class.items():
            family.add_metric(labels, count)
        yield family
        decisions = CounterMetricFamily(
            "wyld_restart_events", "Records of the restart log.", labels=["event"]
        )
        for event, count in self._history.decisions.items():
            decisions.add_metric([event], count)
        yield decisions

    def _runtime(self) -> Iterator[Metric]:
        system = self._system
        yield GaugeMetricFamily(
            "wyld_loop_lag_seconds", "The longest wait of late for a turn.", value=self._lag.worst()
        )
        yield CounterMetricFamily("wyld_turns", "Turns of actors.", value=system.dispatcher.turns)
        yield CounterMetricFamily(
            "wyld_dead_letters", "Messages nobody handled.", value=system.dead_letter_count
        )
        status = None if self._archive is None else self._archive.status()
        yield CounterMetricFamily(
            "wyld_restart_records_lost",
            "Records that did not reach the file or the database.",
            value=self._history.log.lost + (status.dropped if status is not None else 0),
        )
        if status is not None:
            yield GaugeMetricFamily(
                "wyld_restart_records_waiting", "Records on their way to the database.", value=status.waiting
            )


def _by_class(
    family: type[CounterMetricFamily] | type[GaugeMetricFamily],
    name: str,
    text: str,
    numbers: dict[str, float] | Counter[str],
) -> Metric:
    made = family(name, text, labels=["class"])
    for label, number in numbers.items():
        made.add_metric([label], number)
    return made


def _buckets(timings: ClassTimings) -> list[tuple[str, float]]:
    buckets = [(str(UPPER_BOUNDS[index]), float(sum(timings.counts[: index + 1]))) for index in BUCKETS]
    return [*buckets, ("+Inf", float(sum(timings.counts)))]
