"""Dead letters in the restart log: why, to whom, under which number, and not a thousand times."""

from __future__ import annotations

from supervisors import LogEvent, RestartRecord, one_for_one, supervisor
from supervisors.letters import record_letters
from supervisors.repeats import AT_ONCE, SUMMARY_SECONDS
from tests.supervisors.actors import Crash, Ping, player
from tests.supervisors.conftest import Theatre
from wyld_actors import Mailbox


def letters(theatre: Theatre) -> list[RestartRecord]:
    theatre.system.settle()
    return [record for record in theatre.log.recent() if record.event is LogEvent.DEAD_LETTER]


def test_a_message_that_nobody_handled_is_a_record_that_says_why(theatre: Theatre) -> None:
    record_letters(theatre.system, theatre.services)
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", mailbox=Mailbox(limit=1))]))
    a = theatre.ref("/top/a")
    a.cell.suspend()
    a.tell(Ping())
    a.tell(Ping())

    [record] = letters(theatre)
    assert (
        record.as_fields().items()
        >= {
            "event": "dead_letter",
            "level": "warning",
            "supervisor": "/top",
            "path": "/top/a",
            "actor": "Player",
            "time": 1000.0,
            "reason_class": "undeliverable",
            "exc_msg": "its mailbox is full",
            "message_type": "Ping",
            "message_id": "1",
        }.items()
    )


def test_a_flood_of_dead_letters_is_a_sample_and_a_count(theatre: Theatre) -> None:
    record_letters(theatre.system, theatre.services)
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, id) for id in "ab"]))
    a, b = theatre.ref("/top/a"), theatre.ref("/top/b")
    for one in (a, b):
        one.cell.suspend()
        for _ in range(2000):
            one.tell(Ping())

    assert len(letters(theatre)) == AT_ONCE
    theatre.system.advance(SUMMARY_SECONDS)
    assert letters(theatre)[-1].repeated == 2000 - AT_ONCE - 1
    assert theatre.system.dead_letter_count == 2000


def test_another_reason_is_another_kind(theatre: Theatre) -> None:
    record_letters(theatre.system, theatre.services)
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, id) for id in "ab"]))
    b = theatre.ref("/top/b")
    b.cell.suspend()
    for _ in range(1000 + 2 * AT_ONCE):
        b.tell(Ping())
    a = theatre.ref("/top/a")
    a.cell.suspend()
    a.tell(Ping())
    a.cell.purge_mail("its group was restarted")

    assert letters(theatre)[-1].exc_msg == "its group was restarted"


def test_a_parked_message_names_the_command_and_what_was_sent_again_names_the_letter(
    theatre: Theatre,
) -> None:
    record_letters(theatre.system, theatre.services)
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))
    for _ in range(2):
        theatre.ref("/top/a").tell(Crash())
        theatre.system.settle()
    [parked] = letters(theatre)
    assert (parked.reason_class, parked.message_type, parked.message_id) == ("parked", "Crash", "1")

    theatre.system.send_again(1)
    theatre.system.settle()

    traces = [record.trace_id for record in theatre.log.recent() if record.message_fate is not None]
    assert traces == [None, None, "letter-1"]
    assert [record.message_id for record in letters(theatre)] == ["1", "2"], "it is parked again"


def test_nothing_is_recorded_after_its_end(theatre: Theatre) -> None:
    end = record_letters(theatre.system, theatre.services)
    end()
    end()
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", mailbox=Mailbox(limit=1))]))
    a = theatre.ref("/top/a")
    a.cell.suspend()
    a.tell(Ping())
    a.tell(Ping())

    assert letters(theatre) == []
