"""Messages that crash their receiver, actors in quarantine, and dead letters that are sent again."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyld_actors import (
    Actor,
    ActorDeadError,
    ActorSystem,
    Cell,
    ChildExited,
    ChildStarted,
    Context,
    DeadLetter,
    Envelope,
    Exited,
    Message,
    MessageFate,
    NoSuchLetter,
    Ref,
    Refused,
    Unavailable,
    on,
)
from wyld_actors.poison import REMEMBERED, REMEMBERED_SECONDS, Suspects


class Order(Message, frozen=True):
    what: str
    number: int = 0


class Heavy(Order, frozen=True):
    can_be_sent_again: ClassVar[bool] = False


class Text:
    def __repr__(self) -> str:
        raise RuntimeError("it has no text")


class Innkeeper(Actor):
    """Fails at every order of a drink in `fails`, as often as it says there."""

    def __init__(self, fails: dict[str, int], served: list[str]) -> None:
        super().__init__()
        self.fails = fails
        self.served = served

    @on(Order, Heavy)
    def order(self, ctx: Context, order: Order) -> str:
        if self.fails.get(order.what, 0) > 0:
            self.fails[order.what] -= 1
            raise ValueError(f"no idea what {order.what} is")
        self.served.append(order.what)
        return order.what


class Landlord(Actor):
    """Starts its child again after each end, unless it was told to wait."""

    waits: ClassVar[bool] = False

    def __init__(self, ends: list[ChildExited]) -> None:
        super().__init__()
        self.ends = ends

    @on(ChildStarted)
    def started(self, ctx: Context, started: ChildStarted) -> None:
        pass

    @on(ChildExited)
    def ended(self, ctx: Context, exited: ChildExited) -> None:
        self.ends.append(exited)
        if not self.waits:
            exited.cell.start()


class Absent(Landlord):
    waits = True


class Inn:
    """An innkeeper, supervised, and what became of everything."""

    def __init__(self, system: ActorSystem, landlord: type[Landlord] = Landlord, **fields: Any) -> None:
        self.system = system
        self.fails: dict[str, int] = {}
        self.served: list[str] = []
        self.ends: list[ChildExited] = []
        parent = system.spawn(landlord, self.ends, name="inn").cell
        self.cell: Cell = system.create_cell(
            Innkeeper, (self.fails, self.served), name="keeper", parent=parent, **fields
        )
        self.cell.start()
        system.settle()

    @property
    def ref(self) -> Ref:
        return self.cell.ref

    def order(self, *orders: Order) -> None:
        for order in orders:
            self.ref.tell(order)
        self.system.settle()

    def fates(self) -> list[MessageFate]:
        return [end.fate for end in self.ends]

    def letters(self) -> list[DeadLetter]:
        return list(self.system.dead_letters)


def test_a_message_that_crashed_once_is_dropped_and_the_crash_names_it(system: ActorSystem) -> None:
    inn = Inn(system)
    inn.fails["mead"] = 1

    inn.order(Order("mead"), Order("beer"))

    assert inn.served == ["beer"]
    assert inn.fates() == [MessageFate.DROPPED]
    assert inn.letters() == []
    assert inn.cell.last_error is not None
    assert inn.cell.last_error.message == "Order(what='mead', number=0)"


def test_the_second_crash_on_the_same_content_parks_the_message_and_the_actor_goes_on(
    system: ActorSystem,
) -> None:
    inn = Inn(system)
    inn.fails["mead"] = 2

    inn.order(Order("mead", 7), Order("beer"), Order("mead", 8), Order("wine"))

    assert inn.served == ["beer", "wine"]
    assert inn.fates() == [MessageFate.DROPPED, MessageFate.PARKED]
    (letter,) = inn.letters()
    assert (letter.message, letter.is_parked) == (Order("mead", 8), True)
    assert "no idea what mead is" in letter.why


def test_a_retried_message_is_the_first_the_next_incarnation_handles(system: ActorSystem) -> None:
    inn = Inn(system, message_retries=2)
    inn.fails["mead"] = 2

    inn.order(Order("mead"), Order("beer"))

    assert inn.served == ["mead", "beer"]
    assert inn.fates() == [MessageFate.RETRIED] * 2
    assert inn.letters() == []


def test_a_message_is_retried_so_often_and_then_parked(system: ActorSystem) -> None:
    inn = Inn(system, message_retries=2)
    inn.fails["mead"] = 99

    inn.order(Order("mead"), Order("beer"))

    assert inn.served == ["beer"]
    assert inn.fates() == [MessageFate.RETRIED, MessageFate.RETRIED, MessageFate.PARKED]
    assert len(inn.letters()) == 1


def test_the_asker_of_a_retried_message_gets_the_answer_of_a_later_incarnation(system: ActorSystem) -> None:
    inn = Inn(system, message_retries=1)
    inn.fails["mead"] = 1

    assert inn.ref.ask(Order("mead")) == "mead"
    assert inn.cell.incarnation == 2


def test_the_asker_of_a_message_that_fails_for_good_gets_the_error(system: ActorSystem) -> None:
    inn = Inn(system, message_retries=1)
    inn.fails["mead"] = 2

    with pytest.raises(ValueError, match="mead"):
        inn.ref.ask(Order("mead"))
    system.settle()
    assert inn.fates() == [MessageFate.RETRIED, MessageFate.PARKED]


def test_the_asker_of_a_retried_message_is_told_when_nobody_comes_back(system: ActorSystem) -> None:
    inn = Inn(system, Absent, message_retries=1)
    inn.fails["mead"] = 1
    future = inn.ref.ask(Order("mead"), block=False)
    system.settle()

    inn.cell.discard()

    with pytest.raises(ActorDeadError):
        future.get()


def test_a_retried_message_whose_actor_is_given_up_is_one_dead_letter(system: ActorSystem) -> None:
    inn = Inn(system, Absent, message_retries=1)
    inn.fails["mead"] = 1
    inn.order(Order("mead"))

    inn.cell.discard()

    assert [(letter.message, letter.is_parked) for letter in inn.letters()] == [(Order("mead"), False)]


def test_nothing_is_retried_with_a_fresh_mailbox(system: ActorSystem) -> None:
    inn = Inn(system, message_retries=3, keep_mailbox=False)
    inn.fails["mead"] = 1

    inn.order(Order("mead"))

    assert inn.fates() == [MessageFate.DROPPED]


def test_a_kill_is_no_crash_of_the_message(system: ActorSystem) -> None:
    inn = Inn(system, message_retries=3)
    inn.fails["mead"] = 1
    inn.order(Order("mead"))

    inn.cell.kill()
    system.settle()

    assert inn.fates() == [MessageFate.RETRIED, MessageFate.DROPPED]


# Fingerprints ------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(0, 3))
def test_each_content_is_retried_up_to_its_limit_and_then_always_parked(
    whats: list[str], retries: int
) -> None:
    suspects = Suspects()
    seen: dict[str, int] = {}
    for what in whats:
        seen[what] = seen.get(what, 0) + 1
        fate = suspects.judge(Order(what), retries, 0.0)
        if seen[what] <= retries:
            assert fate is MessageFate.RETRIED
        else:
            assert fate is (MessageFate.PARKED if seen[what] > 1 else MessageFate.DROPPED)


def test_a_suspect_is_forgotten_after_a_while() -> None:
    suspects = Suspects()
    suspects.judge(Order("mead"), 0, 0.0)

    assert suspects.judge(Order("mead"), 0, REMEMBERED_SECONDS + 1) is MessageFate.DROPPED


def test_the_memory_for_suspects_is_bounded() -> None:
    suspects = Suspects()
    for number in range(REMEMBERED + 1):
        suspects.judge(Order(str(number)), 0, 0.0)

    assert suspects.judge(Order("1"), 0, 0.0) is MessageFate.PARKED, "its second crash"
    assert suspects.judge(Order("0"), 0, 0.0) is MessageFate.DROPPED, "the first that is known"


def test_a_message_without_a_text_is_judged_by_its_type() -> None:
    suspects = Suspects()

    assert suspects.judge(Text(), 0, 0.0) is MessageFate.DROPPED
    assert suspects.judge(Text(), 0, 0.0) is MessageFate.PARKED


# Quarantine --------------------------------------------------------------------------------------------


def quarantined(system: ActorSystem) -> Inn:
    inn = Inn(system, Absent)
    inn.cell.kill()
    system.settle()
    inn.cell.quarantine()
    return inn


def test_an_actor_in_quarantine_answers_asks_at_once(system: ActorSystem) -> None:
    inn = quarantined(system)

    with pytest.raises(Unavailable) as caught:
        inn.ref.ask(Order("beer"))

    assert caught.value.path == "/inn/keeper"
    assert system.dead_letter_count == 0


def test_an_actor_in_quarantine_counts_tells_as_dead_letters(system: ActorSystem) -> None:
    inn = quarantined(system)

    inn.order(Order("beer"))

    assert not inn.ref.try_tell(Order("wine"))
    assert [letter.why for letter in inn.letters()] == ["the actor is in quarantine"]


def test_mail_that_waits_when_the_quarantine_begins_is_given_up(system: ActorSystem) -> None:
    inn = Inn(system, Absent)
    inn.cell.kill()
    system.settle()
    future = inn.ref.ask(Order("beer"), block=False)
    inn.order(Order("wine"))

    inn.cell.quarantine()

    with pytest.raises(Unavailable):
        future.get()
    assert [letter.message for letter in inn.letters()] == [Order("wine")]


def test_the_next_start_ends_the_quarantine(system: ActorSystem) -> None:
    inn = quarantined(system)

    inn.cell.start()

    assert inn.ref.ask(Order("beer")) == "beer"


# Dead letters ------------------------------------------------------------------------------------------


def test_a_dead_letter_can_be_sent_again_once(system: ActorSystem) -> None:
    inn = Inn(system)
    inn.fails["mead"] = 2
    inn.order(Order("mead"), Order("mead"))
    (letter,) = inn.letters()

    system.send_again(letter.number)
    system.settle()

    assert inn.served == ["mead"]
    assert inn.letters() == []
    with pytest.raises(NoSuchLetter):
        system.send_again(letter.number)


def test_a_letter_that_fails_again_is_a_new_letter(system: ActorSystem) -> None:
    inn = Inn(system)
    inn.fails["mead"] = 3
    inn.order(Order("mead"), Order("mead"))

    system.send_again(1)
    system.settle()

    assert [letter.number for letter in inn.letters()] == [2]


def test_what_was_made_good_for_is_not_sent_again(system: ActorSystem) -> None:
    inn = Inn(system)
    inn.fails["mead"] = 2
    inn.order(Heavy("mead"), Heavy("mead"))

    with pytest.raises(Refused):
        system.send_again(1)

    assert len(inn.letters()) == 1


def test_a_letter_for_nobody_stays(system: ActorSystem) -> None:
    gone = system.spawn(Innkeeper, {}, [], name="gone")
    gone.cell.kill()
    system.settle()
    gone.cell.post(Envelope(Order("beer")))

    with pytest.raises(ActorDeadError):
        system.send_again(1)

    assert len(system.dead_letters) == 1


# Monitors ----------------------------------------------------------------------------------------------


class Ends:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def deliver(self, exited: Exited, /) -> None:
        self.reasons.append(exited.reason.kind.value)


def test_who_monitors_a_supervised_actor_hears_how_its_last_incarnation_ended(system: ActorSystem) -> None:
    inn = Inn(system, Absent)
    inn.fails["mead"] = 1
    ends = Ends()
    inn.cell.add_watcher(ends)
    inn.order(Order("mead"))

    inn.cell.discard()

    assert ends.reasons == ["crash"]
