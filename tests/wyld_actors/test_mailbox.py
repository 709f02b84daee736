"""Mailboxes are bounded, and every message that is not handled is accounted for."""

from typing import Any

import gevent
import pytest
from gevent.event import Event

from tests.wyld_actors.actors import Add, Counter, Hold, Read, Recorder, wait_until_blocked
from wyld_actors import ActorDeadError, ActorSystem, Mailbox, Message, Overflow, Ref


class Vitals(Message, frozen=True):
    who: str
    health: int


def held_recorder(system: ActorSystem, mailbox: Mailbox) -> tuple[Ref, list[Any], Event]:
    """A recorder that is stuck in its first message, so that its mailbox fills."""
    heard: list[Any] = []

    class Held(Counter):
        def on_receive(self, message: Any) -> None:
            heard.append(message)

    gate = Event()
    ref = system.spawn(Held, mailbox=mailbox)
    ref.tell(Hold(gate))
    wait_until_blocked(gate)
    return ref, heard, gate


def test_what_does_not_fit_goes_to_the_dead_letters(system: ActorSystem) -> None:
    ref, heard, gate = held_recorder(system, Mailbox(limit=2))

    for number in range(4):
        ref.tell(number)
    gate.set()
    system.settle()

    assert heard == [0, 1]
    assert [letter.message for letter in system.dead_letters] == [2, 3]
    assert system.dead_letter_count == ref.cell.dropped == 2


def test_drop_oldest_keeps_the_latest(system: ActorSystem) -> None:
    ref, heard, gate = held_recorder(system, Mailbox(limit=2, overflow=Overflow.DROP_OLDEST))

    for number in range(4):
        ref.tell(number)
    gate.set()
    system.settle()

    assert heard == [2, 3]
    assert [letter.message for letter in system.dead_letters] == [0, 1]


def test_coalesce_keeps_the_latest_of_each_key_at_its_place(system: ActorSystem) -> None:
    def key(message: Any) -> str | None:
        return message.who if isinstance(message, Vitals) else None

    ref, heard, gate = held_recorder(system, Mailbox(limit=3, overflow=Overflow.COALESCE, key=key))

    for message in (Vitals("ann", 9), "first", Vitals("bob", 5), Vitals("ann", 7), Vitals("ann", 3)):
        ref.tell(message)
    gate.set()
    system.settle()
    ref.tell(Vitals("ann", 1))
    system.settle()

    assert heard == [Vitals("ann", 3), "first", Vitals("bob", 5), Vitals("ann", 1)]


def test_a_socket_reader_waits_for_room(system: ActorSystem) -> None:
    ref, heard, gate = held_recorder(system, Mailbox(limit=2, overflow=Overflow.BLOCK))
    sent: list[int] = []

    def read_socket() -> None:
        for number in range(5):
            ref.tell(number)
            sent.append(number)

    reader = gevent.spawn(read_socket)
    system.settle()
    assert sent == [0, 1]
    gate.set()
    reader.join(5)
    system.settle()

    assert heard == [0, 1, 2, 3, 4]
    assert system.dead_letter_count == 0


def test_a_sender_that_waits_for_room_wakes_when_the_actor_is_gone(system: ActorSystem) -> None:
    ref, _heard, _gate = held_recorder(system, Mailbox(limit=1, overflow=Overflow.BLOCK))
    ref.tell(1)
    reader = gevent.spawn(ref.tell, 2)
    system.settle()

    ref.cell.kill()
    system.settle()

    with pytest.raises(ActorDeadError):
        reader.get(block=False)


def test_an_actor_never_waits_to_tell(system: ActorSystem) -> None:
    full, _heard, gate = held_recorder(system, Mailbox(limit=1, overflow=Overflow.BLOCK))
    full.tell("fills it")
    counter = system.spawn(Counter, full)

    assert counter.ask(Add(1)) == 1
    system.settle()

    assert [letter.message for letter in system.dead_letters] == [Add(1)]
    gate.set()


def test_try_tell_says_whether_there_was_room(system: ActorSystem) -> None:
    ref, _heard, gate = held_recorder(system, Mailbox(limit=1))

    assert ref.try_tell(1)
    assert not ref.try_tell(2)
    gate.set()


def test_a_full_mailbox_does_not_delay_a_stop(system: ActorSystem) -> None:
    ref, heard, gate = held_recorder(system, Mailbox(limit=100))
    for number in range(100):
        ref.tell(number)

    ref.cell.stop()
    gate.set()
    system.settle()

    assert heard == []
    assert not ref.is_alive()
    assert system.dead_letter_count == 100


def test_telling_an_actor_that_is_gone_is_an_error_outside_and_a_dead_letter_inside(
    system: ActorSystem,
) -> None:
    gone = system.spawn(Recorder, [], name="gone")
    gone.stop()

    with pytest.raises(ActorDeadError):
        gone.tell(Add(1))
    system.spawn(Counter, gone).tell(Add(2))
    system.settle()

    assert [(letter.path, letter.message) for letter in system.dead_letters] == [("/gone", Add(2))]


def test_depth_high_water_and_age_of_the_oldest_are_counted(system: ActorSystem) -> None:
    ref, _heard, gate = held_recorder(system, Mailbox())
    ref.tell(1)
    system.advance(4)
    ref.tell(2)

    assert ref.cell.depth == ref.cell.high_water == 2
    assert ref.cell.oldest_seconds == 4
    gate.set()
    system.settle()
    assert ref.cell.depth == 0
    assert ref.cell.high_water == 2


def test_dead_letters_are_told_to_listeners(system: ActorSystem) -> None:
    heard: list[Any] = []
    system.on_dead_letter.append(heard.append)
    ref, _heard, gate = held_recorder(system, Mailbox(limit=1))

    ref.tell("fits")
    ref.tell("does not fit")
    gate.set()

    assert [letter.why for letter in heard] == ["its mailbox is full"]


def test_the_ask_that_meets_a_full_mailbox_fails_at_once(system: ActorSystem) -> None:
    ref, _heard, gate = held_recorder(system, Mailbox(limit=1))
    ref.tell("fills it")

    with pytest.raises(ActorDeadError, match="mailbox is full"):
        ref.ask(Read())
    gate.set()


@pytest.mark.parametrize(
    ("limit", "overflow", "key"),
    [(0, Overflow.DEAD_LETTER, None), (1, Overflow.COALESCE, None), (1, Overflow.DROP_OLDEST, str)],
)
def test_a_mailbox_that_makes_no_sense_is_refused(limit: int, overflow: Overflow, key: Any) -> None:
    with pytest.raises(ValueError, match=r"mailbox|COALESCE"):
        Mailbox(limit=limit, overflow=overflow, key=key)
