"""The intake: frames, errors and holes, counted."""

from transports.link.codec import encode
from transports.link.errors import BatchesLost, BatchTooLarge, ForeignBatch
from transports.link.intake import Intake
from transports.link.interface import EndpointStatistics
from transports.link.protocol import Command

COMMAND = Command(7, 1, "look")


def test_frames_are_handed_on_and_counted() -> None:
    statistics = EndpointStatistics()

    assert Intake(statistics).receive(encode([COMMAND], sequence=1)) == ([COMMAND], None)
    assert (statistics.frames_received, statistics.batches_received) == (1, 1)


def test_a_hole_is_reported_once_and_the_frames_behind_it_are_not_lost() -> None:
    statistics = EndpointStatistics()
    intake = Intake(statistics)
    intake.receive(encode([COMMAND], sequence=1))

    frames, error = intake.receive(encode([COMMAND], sequence=4))

    assert frames == [COMMAND]
    assert isinstance(error, BatchesLost)
    assert error.count == statistics.batches_lost == 2
    assert intake.receive(encode([COMMAND], sequence=5)) == ([COMMAND], None)


def test_bytes_that_are_no_batch_are_an_error_and_counted() -> None:
    statistics = EndpointStatistics()
    intake = Intake(statistics, limit_bytes=100)

    _, foreign = intake.receive(b"hello")
    _, large = intake.receive(encode([Command(7, 1, "x" * 100)]))

    assert isinstance(foreign, ForeignBatch)
    assert isinstance(large, BatchTooLarge)
    assert statistics.batches_refused == 2
