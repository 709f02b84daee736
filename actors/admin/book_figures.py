"""The book of sessions in figures, and whether it is well. Pure functions over what it says of itself."""

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from actors.admin.checks import Check, Health, ok
from actors.gateway.messages.book import BookStatus
from actors.gateway.reconnect_results import REFUSALS, RESUMED

# A crash of the gateway would bring its sessions back as they were so long ago.
WRITE_WARNING_SECONDS: Final = 5.0


def sessions_check(status: BookStatus) -> Check:
    """Whether sessions would outlast the gateway. Whatever it says, players play on."""
    advice = "players play on, and cannot come back over a restart of the gateway; look at PostgreSQL"
    if status.restored is None:
        return Check("sessions", Health.WARNING, "those of an earlier life are not read yet", advice)
    if status.problem:
        finding = f"{status.pending} are not written: {status.problem}"
        return Check("sessions", Health.WARNING, finding, advice)
    if status.oldest_seconds > WRITE_WARNING_SECONDS:
        finding = f"{status.pending} wait to be written, the oldest for {status.oldest_seconds:.0f} s"
        return Check("sessions", Health.WARNING, finding, advice)
    waiting = f", {status.restored} of an earlier life are not back yet" if status.restored else ""
    return ok("sessions", f"{sum(status.by_state.values())} in the book, {status.pending} to write{waiting}")


def book_metrics(status: BookStatus) -> Iterator[Metric]:
    """Bounded: one line for each way in which a resume can end."""
    resumes = CounterMetricFamily(
        "wyld_resumes", "Tokens and codes that were shown, by what came of it.", labels=["result"]
    )
    for name in (RESUMED, *(refusal.name for refusal in REFUSALS)):
        resumes.add_metric([name], status.resumes.get(name, 0))
    yield resumes
    yield GaugeMetricFamily(
        "wyld_session_writes_waiting", "Sessions that wait to be written.", value=status.pending
    )
    yield GaugeMetricFamily(
        "wyld_session_writes_oldest_seconds",
        "How long the oldest of them waits.",
        value=status.oldest_seconds,
    )
    yield CounterMetricFamily(
        "wyld_session_writes", "Rows of sessions that were written.", value=status.written
    )
