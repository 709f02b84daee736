"""What operators see of the sessions: who is here or may come back, what waits, how resumes ended."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from prometheus_client.core import Metric

from actors.admin.book_figures import WRITE_WARNING_SECONDS, book_metrics, sessions_check
from actors.admin.checks import Health
from actors.admin.gateway_half import GatewayHalf
from actors.admin.half import SessionsView
from actors.gateway.messages.book import BookStatus, KeepSession
from actors.gateway.messages.tokens import ResumeSession
from actors.gateway.reconnect_results import REFUSALS
from actors.gateway.reconnect_token import encode, make
from actors.gateway.session_record import SessionId
from tests.actors.gateway.session_records import disconnected, playing
from tests.actors.gateway_kit import GatewayBench
from tests.actors.memory_vault import MemoryVault
from tests.actors.stand_ins import somebody
from wyld_actors import ActorSystem


def status(**changes: object) -> BookStatus:
    well: dict[str, object] = {
        "by_state": {"playing": 3, "disconnected": 1},
        "restored": 0,
        "pending": 0,
        "oldest_seconds": 0.0,
        "written": 12,
        "problem": "",
        "resumes": {},
    }
    return BookStatus(**(well | changes))  # type: ignore[arg-type]  # the tests' own shorthand


@pytest.mark.parametrize(
    ("changes", "health", "words"),
    [
        ({}, Health.OK, "4 in the book, 0 to write"),
        ({"restored": 2}, Health.OK, "2 of an earlier life are not back yet"),
        ({"restored": None}, Health.WARNING, "not read yet"),
        ({"problem": "connection refused", "pending": 7}, Health.WARNING, "7 are not written: connection"),
        ({"oldest_seconds": WRITE_WARNING_SECONDS + 1, "pending": 7}, Health.WARNING, "the oldest for 6 s"),
    ],
)
def test_a_book_that_cannot_write_is_a_warning_and_fails_nothing(
    changes: dict[str, object], health: Health, words: str
) -> None:
    check = sessions_check(status(**changes))

    assert check.health is health
    assert words in check.finding


def samples(metrics: Iterator[Metric]) -> dict[str, float]:
    return {
        "".join([sample.name, *sample.labels.values()]): sample.value
        for metric in metrics
        for sample in metric.samples
    }


def test_every_way_a_resume_can_end_is_a_line_from_the_start() -> None:
    found = samples(book_metrics(status(resumes={"resumed": 4, "expired": 1}, pending=2, oldest_seconds=0.5)))

    assert {f"wyld_resumes_total{refusal.name}" for refusal in REFUSALS} <= set(found)
    assert (found["wyld_resumes_totalresumed"], found["wyld_resumes_totalexpired"]) == (4, 1)
    assert (found["wyld_session_writes_waiting"], found["wyld_session_writes_oldest_seconds"]) == (2, 0.5)
    assert found["wyld_session_writes_total"] == 12


@pytest.fixture
def bench() -> Iterator[GatewayBench]:
    vault = MemoryVault(ActorSystem())
    vault.sessions = {SessionId(1): playing(1, now=-50.0)}
    with GatewayBench(session_vault=vault) as bench:
        yield bench


def seen(bench: GatewayBench, state: str = "") -> SessionsView:
    return GatewayHalf(bench.system).sessions(50, state)


def test_a_session_of_an_earlier_life_that_is_not_back_is_seen_as_such() -> None:
    vault = MemoryVault(ActorSystem())
    vault.sessions = {SessionId(number): playing(number, now=-50.0) for number in (1, 2)}

    with GatewayBench(session_vault=vault, max_sessions=1) as full:
        view = seen(full)

    rows = {row.path: row for row in view.sessions}
    assert view.total == 2
    assert set(rows) == {"/gateway/sessions/0-1", ""}, "for the second there is no room"
    assert (rows[""].state, rows[""].account, rows[""].character) == ("disconnected", "account 1", "Hero 2")
    assert view.by_state == {"disconnected": 2}


def test_sessions_can_be_listed_by_state(bench: GatewayBench) -> None:
    bench.client()

    assert [row.state for row in seen(bench, "disconnected").sessions] == ["disconnected"]
    assert [row.state for row in seen(bench, "authenticating").sessions] == ["authenticating"]
    assert seen(bench, "playing").sessions == []


def test_without_the_book_the_sessions_that_are_here_are_shown(bench: GatewayBench) -> None:
    bench.client()
    book = bench.system.registry.whereis("session_book")
    assert book is not None
    bench.system.registry.unregister("session_book")

    assert [row.state for row in seen(bench).sessions] == ["disconnected", "authenticating"]


def test_the_gateway_measures_its_book(bench: GatewayBench) -> None:
    asker, token = somebody(), make(SessionId(77), secrets.token_bytes)
    book = bench.system.registry.whereis("session_book")
    assert book is not None
    book.tell(KeepSession(disconnected(5), somebody()))
    book.tell(ResumeSession(asker, "203.0.113.7", encode(token)))
    bench.advance(0.2)

    found = samples(iter(GatewayHalf(bench.system).metrics()))

    assert found["wyld_resumes_totalunknown_session"] == 1
    assert found["wyld_session_writes_waiting"] == 0
    assert found["wyld_session_writes_total"] == 1
