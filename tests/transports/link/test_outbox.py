"""The outbox: order, one batch for what gathered, a bound that is said out loud."""

from transports.link.codec import decode, decode_batch
from transports.link.errors import Unencodable
from transports.link.outbox import CONGESTED_AT, Outbox
from transports.link.protocol import Command, Output, TextOutput


def command(number: int) -> Command:
    return Command(7, number, "look")


def test_what_gathered_leaves_as_one_numbered_batch() -> None:
    outbox = Outbox()
    for number in (1, 2, 3):
        assert outbox.put(command(number))

    data, rejected = outbox.batch()

    assert data is not None
    assert decode_batch(data) == (1, [command(1), command(2), command(3)])
    assert not rejected


def test_a_batch_stays_first_until_it_is_sent_while_frames_gather_behind_it() -> None:
    outbox = Outbox()
    outbox.put(command(1))
    first, _ = outbox.batch()
    outbox.put(command(2))
    outbox.put(command(3))

    again, _ = outbox.batch()
    assert again == first
    assert outbox.is_blocked
    outbox.sent()
    second, _ = outbox.batch()

    assert second is not None
    assert decode_batch(second) == (2, [command(2), command(3)])


def test_a_full_queue_refuses_and_counts() -> None:
    outbox = Outbox(limit=2)

    assert [outbox.put(command(n)) for n in (1, 2, 3)] == [True, True, False]
    assert outbox.refused == 1


def test_an_empty_outbox_has_nothing_to_send() -> None:
    outbox = Outbox()

    assert outbox.batch() == (None, [])
    assert not outbox


def test_much_that_waits_is_called_congested() -> None:
    outbox = Outbox()
    for number in range(CONGESTED_AT):
        outbox.put(command(number))

    assert outbox.is_congested
    outbox.batch()
    assert not outbox.is_congested


def test_what_cannot_be_encoded_is_given_back_and_the_rest_is_sent() -> None:
    outbox = Outbox()
    bad = Output(7, 1, 0, TextOutput("\ud800"))
    outbox.put(bad)
    outbox.put(command(1))

    data, ((frame, error),) = outbox.batch()

    assert data is not None
    assert decode(data) == [command(1)]
    assert frame is bad
    assert isinstance(error, Unencodable)


def test_numbers_of_batches_that_never_left_are_given_again() -> None:
    outbox = Outbox(split_bytes=1)
    outbox.put(command(1))
    outbox.batch()
    outbox.sent()
    outbox.put(command(2))
    outbox.put(command(3))
    outbox.batch()

    assert outbox.clear() == 2
    outbox.put(command(4))
    data, _ = outbox.batch()

    assert data is not None
    assert decode_batch(data)[0] == 2
