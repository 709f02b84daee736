"""What becomes of mail, asks and senders when children crash, rest and come back."""

from __future__ import annotations

from typing import Any

import gevent
import pytest

from supervisors import (
    Backoff,
    Budget,
    GiveUp,
    GroupMail,
    Mail,
    RestartChild,
    Started,
    TerminateChild,
    one_for_all,
    one_for_one,
    rest_for_one,
    supervisor,
)
from supervisors.specs import Restart, Strategy
from tests.supervisors.actors import Crash, Leave, Ping, player
from tests.supervisors.conftest import Theatre
from tests.supervisors.kit import SHUTDOWN, spec, static
from wyld_actors import (
    ActorDeadError,
    Cell,
    Exited,
    ExitKind,
    Mailbox,
    Overflow,
    Unavailable,
)


def test_waiting_mail_of_a_group_is_purged_when_the_last_of_it_is_down() -> None:
    drill = static([spec("a"), spec("b"), spec("c")], strategy=Strategy.ONE_FOR_ALL).begin()
    drill.slow = {"b"}
    drill.down("a")
    assert drill.quiet == []

    drill.slow = set()
    drill.down("b", SHUTDOWN)
    assert drill.quiet == ["purge a", "purge b", "purge c"]


def test_mail_of_those_who_are_not_in_the_group_is_not_purged() -> None:
    drill = static([spec("a"), spec("b"), spec("c")], strategy=Strategy.REST_FOR_ONE).begin()
    drill.down("b")

    assert drill.quiet == ["purge b", "purge c"]


@pytest.mark.parametrize(
    "flags",
    [{"strategy": Strategy.ONE_FOR_ONE}, {"strategy": Strategy.ONE_FOR_ALL, "group_mail": GroupMail.KEEP}],
)
def test_a_restart_of_one_alone_or_with_kept_group_mail_purges_nothing(flags: dict[str, Any]) -> None:
    drill = static([spec("a"), spec("b")], **flags).begin()
    drill.down("a")

    assert drill.quiet == []


@pytest.mark.parametrize(("group_mail", "is_answered"), [(GroupMail.PURGE, False), (GroupMail.KEEP, True)])
def test_an_ask_that_waits_at_a_sibling_of_the_crash_ends(
    theatre: Theatre, group_mail: GroupMail, is_answered: bool
) -> None:
    children = [player(theatre.stage, "a"), player(theatre.stage, "b")]
    theatre.run(supervisor("top", one_for_all, children, group_mail=group_mail))
    theatre.took()
    gate = theatre.stage.gate("b:stop")
    theatre.ref("/top/a").tell(Crash())
    theatre.system.settle()
    waiting = theatre.ref("/top/b").ask(Ping(), block=False, timeout=None)
    gate.set()
    theatre.system.settle()

    if is_answered:
        assert waiting.get() == 2
    else:
        with pytest.raises(ActorDeadError, match="group"):
            waiting.get()


def test_mail_that_comes_after_the_group_is_down_is_for_the_new_ones(theatre: Theatre) -> None:
    slow = Backoff(min_seconds=1.0, jitter=0.0)
    children = [player(theatre.stage, "a", backoff=slow), player(theatre.stage, "b")]
    theatre.run(supervisor("top", rest_for_one, children))
    for _ in range(2):
        theatre.ref("/top/a").tell(Crash())
        theatre.system.settle()

    waiting = theatre.ref("/top/b").ask(Ping(), block=False)
    theatre.system.advance(1.0)
    assert waiting.get() == 3


# Who rests ----------------------------------------


def test_nobody_waits_for_a_child_that_was_stopped_by_hand(theatre: Theatre) -> None:
    top = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")])).ref
    a = theatre.ref("/top/a")
    gate = theatre.stage.gate("a:stop")
    stopped = top.ask(TerminateChild("a"), block=False)
    theatre.system.settle()
    queued = a.ask(Ping(), block=False, timeout=None)
    gate.set()
    theatre.system.settle()

    assert stopped.is_done
    with pytest.raises(Unavailable):
        queued.get()
    with pytest.raises(Unavailable, match="/top/a does not answer: the actor is stopped"):
        a.ask(Ping(), timeout=None)
    a.tell(Ping())
    assert [letter.why for letter in theatre.system.dead_letters] == ["the actor is stopped"]


def test_a_start_by_hand_opens_the_mailbox_again(theatre: Theatre) -> None:
    top = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")])).ref
    a = theatre.ref("/top/a")
    top.ask(TerminateChild("a"))

    assert top.ask(RestartChild("a")) == Started("a", a)
    assert a.ask(Ping()) == 2


def test_nobody_waits_for_a_transient_child_that_has_finished(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", restart=Restart.TRANSIENT)]))
    a = theatre.ref("/top/a")
    a.tell(Leave())
    queued = a.ask(Ping(), block=False, timeout=None)
    theatre.system.settle()

    with pytest.raises(Unavailable):
        queued.get()
    with pytest.raises(Unavailable):
        a.ask(Ping(), timeout=None)


def test_nobody_waits_for_a_child_that_was_given_up(theatre: Theatre) -> None:
    budget = Budget(max_failures=0, then=GiveUp.STOP)
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", budget=budget)]))
    a = theatre.ref("/top/a")
    a.tell(Crash())
    queued = a.ask(Ping(), block=False, timeout=None)
    theatre.system.settle()

    with pytest.raises(Unavailable):
        queued.get()


def test_nobody_waits_for_those_whose_group_was_called_off() -> None:
    drill = static([spec("a"), spec("b"), spec("c")], strategy=Strategy.REST_FOR_ONE).begin()
    drill.failing = {"b"}
    drill.down("b")
    drill.ask(TerminateChild("b"))

    assert drill.quiet[-2:] == ["rest c", "rest b"]


def test_senders_that_wait_for_room_wake_when_the_child_is_stopped_for_good(theatre: Theatre) -> None:
    box = Mailbox(1, Overflow.BLOCK)
    top = theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", mailbox=box)])).ref
    a = theatre.ref("/top/a")
    gate = theatre.stage.gate("a:stop")
    stopped = top.ask(TerminateChild("a"), block=False)
    theatre.system.settle()
    senders = [gevent.spawn(a.tell, Ping()) for _ in range(3)]
    gevent.sleep(0)
    assert not all(sender.dead for sender in senders)

    gate.set()
    theatre.system.settle()
    gevent.joinall(senders, timeout=2)
    assert stopped.is_done
    assert all(sender.dead and sender.exception is None for sender in senders)
    assert theatre.system.dead_letter_count == 3


def test_a_child_in_quarantine_answers_again_from_its_probe_on(theatre: Theatre) -> None:
    budget = Budget(max_failures=0, then=GiveUp.QUARANTINE, probe_seconds=60.0)
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", budget=budget)]))
    a = theatre.ref("/top/a")
    a.tell(Crash())
    theatre.system.settle()
    with pytest.raises(Unavailable, match="quarantine"):
        a.ask(Ping())

    theatre.system.advance(60.0)
    assert a.ask(Ping()) == 2


# Poison ----------------------------------------


@pytest.mark.parametrize(("retries", "fates"), [(0, ["dropped", "parked"]), (1, ["retried", "parked"])])
def test_a_message_that_crashes_again_is_parked_and_the_record_says_so(
    theatre: Theatre, retries: int, fates: list[str]
) -> None:
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a", message_retries=retries)]))
    for _ in range(2 - retries):
        theatre.ref("/top/a").tell(Crash())
        theatre.system.settle()

    crashes = [
        record for record in theatre.log.recent() if record.message_type == "Crash" and record.message_fate
    ]
    assert [record.message_fate for record in crashes if record.event.value == "child_terminated"] == fates
    assert [letter.message for letter in theatre.system.dead_letters] == [Crash()]
    assert theatre.ref("/top/a").ask(Ping()) == 3


# Monitors ----------------------------------------


class Ear:
    def __init__(self) -> None:
        self.heard: list[Exited] = []

    def deliver(self, exited: Exited, /) -> None:
        self.heard.append(exited)


def listen(cell: Cell) -> Ear:
    ear = Ear()
    cell.add_watcher(ear)
    return ear


def test_a_monitor_hears_nothing_of_restarts_and_once_of_the_final_end(theatre: Theatre) -> None:
    budget = Budget(max_failures=3, then=GiveUp.STOP)
    children = [player(theatre.stage, "a", budget=budget), player(theatre.stage, "b")]
    tree = theatre.run(supervisor("top", one_for_one, children))
    ears = [listen(theatre.ref(f"/top/{id}").cell) for id in "ab"]
    for _ in range(2):
        theatre.ref("/top/a").tell(Crash())
        theatre.system.settle()
    assert [ear.heard for ear in ears] == [[], []]

    tree.shutdown()
    theatre.system.settle()
    assert [[exited.reason.kind for exited in ear.heard] for ear in ears] == [[ExitKind.SHUTDOWN]] * 2


def test_fresh_mail_is_given_up_at_the_crash_and_kept_mail_is_handled_after_it(theatre: Theatre) -> None:
    children = [player(theatre.stage, mail.value, mail=mail) for mail in Mail]
    theatre.run(supervisor("top", one_for_one, children))
    for mail in Mail:
        theatre.ref(f"/top/{mail.value}").tell(Crash())
        theatre.ref(f"/top/{mail.value}").tell(Ping())
    theatre.system.settle()

    assert [letter.path for letter in theatre.system.dead_letters] == ["/top/fresh"]
