"""Each decision of a supervisor is exactly one record, with everything that is known about it."""

from __future__ import annotations

import pytest

from supervisors import (
    TEMPORARY,
    TRANSIENT,
    Backoff,
    Budget,
    GiveUp,
    LogEvent,
    StartChild,
    Strategy,
    dynamic,
    one_for_all,
    one_for_one,
    rest_for_one,
    supervisor,
)
from supervisors.repeats import AT_ONCE, SUMMARY_SECONDS
from tests.supervisors.actors import Crash, Leave, Ping, Refuse, Wait, player
from tests.supervisors.conftest import Theatre
from wyld_actors import Refused

PACE = Backoff(min_seconds=2.0, jitter=0.0)


def happened(theatre: Theatre) -> list[str]:
    theatre.system.settle()
    return theatre.decisions()


def crash(theatre: Theatre, path: str) -> None:
    theatre.ref(path).tell(Crash())
    theatre.system.settle()


def test_a_crash_its_restart_and_its_first_answer_are_one_record_each(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))
    crash(theatre, "/top/a")
    for _ in range(3):
        theatre.ref("/top/a").ask(Ping())

    assert happened(theatre) == [
        "child_terminated /top/a restart_now",
        "restarted /top/a none",
        "answered /top/a none",
    ]


def test_a_delayed_restart_is_one_record_with_its_delay(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", backoff=PACE)]))
    crash(theatre, "/top/a")
    crash(theatre, "/top/a")

    assert happened(theatre)[2:] == ["child_terminated /top/a restart_in_ms"]
    assert theatre.last_record().delay_ms == 2000.0
    theatre.system.advance(2.0)
    assert happened(theatre)[3:] == ["restarted /top/a none"]


def test_each_failed_start_is_one_record(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", backoff=PACE)]))
    theatre.stage.broken = {"a"}
    crash(theatre, "/top/a")
    theatre.system.advance(2.0)

    assert happened(theatre) == [
        "child_terminated /top/a restart_now",
        "start_error /top/a restart_in_ms",
        "start_error /top/a restart_in_ms",
    ]


def test_a_first_start_that_fails_is_one_record_for_each_that_does_not_come_up(theatre: Theatre) -> None:
    theatre.stage.broken = {"a"}
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))

    assert happened(theatre) == ["start_error /top/a escalate", "escalated /top escalate"]


def test_a_start_on_call_that_fails_is_one_record(theatre: Theatre) -> None:
    tree = theatre.run(supervisor("top", one_for_one, []))
    theatre.stage.broken = {"late"}
    tree.ref.ask(StartChild(player(theatre.stage, "late")))

    assert happened(theatre) == ["start_error /top/late stop"]


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (GiveUp.STOP, "gave_up /top/a stop"),
        (GiveUp.QUARANTINE, "quarantined /top/a quarantine"),
    ],
)
def test_a_child_that_is_given_up_is_one_record(theatre: Theatre, then: GiveUp, expected: str) -> None:
    budget = Budget(max_failures=1, then=then)
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", budget=budget)]))
    crash(theatre, "/top/a")
    crash(theatre, "/top/a")

    assert happened(theatre)[2:] == [expected]
    assert theatre.last_record().exc_type == "ValueError"


def test_giving_up_is_one_record_for_the_child_and_one_for_each_supervisor(theatre: Theatre) -> None:
    inner = supervisor("inner", one_for_one, [player(theatre.stage, "a")], max_restarts=0)
    theatre.run(supervisor("top", one_for_one, [inner], max_restarts=0))
    crash(theatre, "/top/inner/a")

    assert happened(theatre) == [
        "child_terminated /top/inner/a escalate",
        "gave_up /top/inner escalate",
        "child_terminated /top/inner escalate",
        "gave_up /top escalate",
        "escalated /top escalate",
    ]


@pytest.mark.parametrize(
    ("strategy", "group"),
    [(one_for_one, []), (one_for_all, ["a", "c"]), (rest_for_one, ["c"])],
)
def test_a_group_is_one_decision_that_names_it_and_one_restart_for_each(
    theatre: Theatre, strategy: Strategy, group: list[str]
) -> None:
    theatre.run(supervisor("top", strategy, [player(theatre.stage, id) for id in "abc"]))
    crash(theatre, "/top/b")

    assert theatre.log.recent()[0].group == tuple(group)
    up_again = sorted([*group, "b"])
    assert happened(theatre) == [
        "child_terminated /top/b restart_now",
        *(f"restarted /top/{id} none" for id in up_again),
    ]
    assert len({record.cause for record in theatre.log.recent()}) == 1


def test_a_child_that_is_not_restarted_by_its_type_is_one_record_if_it_ended_badly(theatre: Theatre) -> None:
    children = [
        player(theatre.stage, "transient", restart=TRANSIENT),
        player(theatre.stage, "temporary", restart=TEMPORARY),
    ]
    theatre.run(supervisor("top", one_for_one, children))
    theatre.ref("/top/transient").tell(Leave())
    crash(theatre, "/top/temporary")

    assert happened(theatre) == ["child_terminated /top/temporary leave"]


def test_a_stop_in_order_is_no_record_and_one_that_fails_is_one(theatre: Theatre) -> None:
    gate = theatre.stage.gate("never")
    children = [player(theatre.stage, id, shutdown=1.0) for id in ("good", "stubborn", "immortal")]
    tree = theatre.run(supervisor("top", one_for_one, children))
    theatre.ref("/top/stubborn").tell(Wait(gate))
    theatre.ref("/top/immortal").tell(Wait(gate, immortal=True))
    theatre.system.settle()
    tree.shutdown()
    theatre.system.advance(60.0)

    assert happened(theatre) == ["leaked /top/immortal abandon", "shutdown_error /top/stubborn stop"]


def test_a_record_says_everything_about_the_crash(theatre: Theatre) -> None:
    theatre.run(supervisor("top", rest_for_one, [player(theatre.stage, id) for id in "ab"]))
    theatre.system.advance(2.5)
    theatre.ref("/top/a").cell.suspend()
    theatre.ref("/top/a").tell(Crash("look"))
    theatre.ref("/top/a").tell(Ping())
    theatre.system.advance(0.5)
    theatre.ref("/top/a").cell.resume()
    theatre.system.settle()

    record = theatre.log.recent()[0]
    assert (
        record.as_fields().items()
        >= {
            "event": "child_terminated",
            "supervisor": "/top",
            "path": "/top/a",
            "actor": "Player",
            "time": 1000.0,
            "incarnation": 1,
            "uptime_s": 3.0,
            "reason_class": "crash",
            "exc_type": "ValueError",
            "exc_msg": "a has a bug",
            "message_type": "Crash",
            "message_id": "look",
            "message_fate": "dropped",
            "mailbox_depth": 1,
            "oldest_ms": 500.0,
            "restarts_in_window": 1,
            "intensity": "3 in 5 s",
            "consecutive": 1,
            "decision": "restart_now",
            "group": ("b",),
            "restart_type": "permanent",
            "strategy": "rest_for_one",
            "occurrences": 1,
            "level": "error",
        }.items()
    )
    assert "a has a bug" in (record.stack or "")
    assert record.id
    assert record.cause


def test_a_storm_of_a_thousand_crashes_of_one_cause_is_a_handful_of_records(theatre: Theatre) -> None:
    counted: list[str] = []
    theatre.log.add_listener(lambda record: counted.append(record.event.value))
    tree = theatre.run(dynamic("pool"))
    for number in range(1000):
        tree.ref.ask(StartChild(player(theatre.stage, f"p{number}")))
    for number in range(1000):
        theatre.ref(f"/pool/p{number}").tell(Crash())
    theatre.system.settle()

    assert counted.count("child_terminated") == 1000
    assert len(theatre.log.recent()) == 2 * AT_ONCE, "crashes and restarts"
    theatre.system.advance(SUMMARY_SECONDS)
    ended, started = theatre.log.recent()[-2:]
    assert (ended.event.value, ended.repeated) == ("child_terminated", 1000 - AT_ONCE - 1)
    assert (started.event.value, started.repeated) == ("restarted", 1000 - AT_ONCE - 1)
    assert ended.cause == started.cause


@pytest.mark.parametrize("strategy", [one_for_one, one_for_all, rest_for_one])
def test_how_long_nobody_answered_is_counted_from_the_end_for_each_of_a_group(
    theatre: Theatre, strategy: Strategy
) -> None:
    theatre.run(supervisor("top", strategy, [player(theatre.stage, id, backoff=PACE) for id in "abc"]))
    crash(theatre, "/top/b")
    theatre.system.advance(0.0)
    crash(theatre, "/top/b")
    asked = [theatre.ref(f"/top/{id}").ask(Ping(), block=False) for id in "abc"]
    theatre.system.advance(2.0)

    assert all(one.get() for one in asked)
    last = {one.path: one.down_ms for one in theatre.log.recent() if one.event is LogEvent.ANSWERED}
    down = {"one_for_one": "b", "one_for_all": "abc", "rest_for_one": "bc"}[strategy.value]
    assert last == {f"/top/{id}": 2000.0 for id in down}


def test_time_in_which_nobody_asked_is_no_time_without_an_answer(theatre: Theatre) -> None:
    theatre.run(dynamic("pool"))
    theatre.ref("/pool").ask(StartChild(player(theatre.stage, "a", backoff=PACE)))
    crash(theatre, "/pool/a")
    crash(theatre, "/pool/a")
    theatre.system.advance(600.0)
    assert theatre.last_record().event is LogEvent.RESTARTED, "nobody has asked, so nobody was answered"

    theatre.ref("/pool/a").ask(Ping())
    theatre.system.settle()

    assert (theatre.last_record().event, theatre.last_record().down_ms) == (LogEvent.ANSWERED, 2000.0)


def test_a_probe_that_succeeds_tells_how_long_the_child_was_away(theatre: Theatre) -> None:
    budget = Budget(max_failures=0, then=GiveUp.QUARANTINE, probe_seconds=30.0)
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", budget=budget)]))
    crash(theatre, "/top/a")
    theatre.system.advance(31.0)
    theatre.ref("/top/a").ask(Ping())
    theatre.system.settle()

    told = [(one.event.value, one.down_ms) for one in theatre.log.recent()]
    assert told == [("quarantined", None), ("restarted", 30_000.0), ("answered", 30_000.0)]


def test_a_refusal_is_an_answer(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))
    crash(theatre, "/top/a")
    with pytest.raises(Refused):
        theatre.ref("/top/a").ask(Refuse())
    theatre.system.settle()

    assert theatre.last_record().event is LogEvent.ANSWERED
