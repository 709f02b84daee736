"""The link in memory: behaves as the real one, and breaks on demand."""

from collections.abc import Callable

import pytest

from transports.link.errors import BatchesLost, EndpointClosed, LinkError, Unencodable
from transports.link.interface import Dealer, DealerCallbacks, Peer, Router, RouterCallbacks
from transports.link.memory import MemoryDealer, MemoryLink, MemoryRouter
from transports.link.protocol import Command, Frame, Heartbeat, Output, TextOutput

PEER = b"gateway:1:0"


class Ends:
    """A dealer and a router that write down what they are told."""

    def __init__(self, link: MemoryLink) -> None:
        self.link = link
        self.to_world: list[Frame] = []
        self.to_gateway: list[Frame] = []
        self.events: list[str] = []
        self.errors: list[LinkError] = []
        self.router = self.bind()
        self.dealer = link.dealer(
            PEER,
            DealerCallbacks(
                self.to_gateway.extend,
                self.errors.append,
                lambda: self.events.append("connected"),
                lambda: self.events.append("disconnected"),
            ),
        )

    def bind(self) -> MemoryRouter:
        def frames(peer: Peer, frames: list[Frame]) -> None:
            assert peer == PEER
            self.to_world.extend(frames)

        return self.link.router(
            RouterCallbacks(
                frames,
                lambda peer, error: self.errors.append(error),
                lambda peer: self.events.append("unreachable"),
            )
        )


@pytest.fixture
def ends() -> Ends:
    return Ends(MemoryLink())


def test_frames_cross_in_both_directions_when_the_link_settles(ends: Ends) -> None:
    ends.dealer.send(Command(7, 1, "look"))
    ends.router.send(PEER, Heartbeat(1))
    assert not ends.to_world

    ends.link.settle()

    assert ends.to_world == [Command(7, 1, "look")]
    assert ends.to_gateway == [Heartbeat(1)]


def test_what_is_sent_in_one_turn_crosses_as_one_batch(ends: Ends) -> None:
    for number in (1, 2, 3):
        ends.dealer.send(Command(7, number, "look"))
    ends.link.settle()

    assert ends.dealer.statistics.batches_sent == 1
    assert ends.router.statistics.frames_received == 3


def test_with_a_schedule_the_link_settles_by_itself_once_a_turn() -> None:
    turns: list[Callable[[], None]] = []
    ends = Ends(MemoryLink(schedule=turns.append))
    turns.clear()
    ends.link.settle()
    ends.link._is_due = False

    ends.dealer.send(Command(7, 1, "look"))
    ends.dealer.send(Command(7, 2, "look"))
    (turn,) = turns
    turn()

    assert len(ends.to_world) == 2


def test_a_killed_world_is_noticed_and_a_new_one_is_connected_to(ends: Ends) -> None:
    ends.router.close()
    ends.router = ends.bind()

    assert ends.events == ["connected", "disconnected", "connected"]
    ends.dealer.send(Command(7, 1, "look"))
    ends.link.settle()
    assert ends.to_world == [Command(7, 1, "look")]


def test_a_cut_connection_is_told_to_both_ends_and_can_be_mended(ends: Ends) -> None:
    ends.link.cut(PEER)
    ends.router.send(PEER, Heartbeat(1))
    ends.link.settle()
    ends.link.mend(PEER)

    assert ends.events == ["connected", "disconnected", "unreachable", "connected"]
    assert not ends.to_gateway


def test_a_lost_batch_is_noticed_by_the_next_one(ends: Ends) -> None:
    ends.dealer.send(Command(7, 1, "look"))
    ends.link.settle()
    ends.link.lose(PEER)
    ends.dealer.send(Command(7, 2, "look"))
    ends.link.settle()
    assert not ends.errors

    ends.dealer.send(Command(7, 3, "look"))
    ends.link.settle()

    assert [type(error) for error in ends.errors] == [BatchesLost]
    assert [frame.number for frame in ends.to_world if isinstance(frame, Command)] == [1, 3]


def test_a_doubled_batch_arrives_twice(ends: Ends) -> None:
    ends.link.double(PEER)
    ends.dealer.send(Command(7, 1, "look"))
    ends.link.settle()

    assert ends.to_world == [Command(7, 1, "look")] * 2


def test_a_stalled_connection_keeps_everything_until_it_goes_on(ends: Ends) -> None:
    ends.link.stall(PEER)
    ends.dealer.send(Command(7, 1, "look"))
    ends.link.settle()
    assert not ends.to_world

    ends.link.stall(PEER, stalled=False)
    ends.link.settle()

    assert ends.to_world == [Command(7, 1, "look")]


def test_a_frame_that_could_not_cross_does_not_cross_here(ends: Ends) -> None:
    ends.router.send(PEER, Output(7, 1, 0, TextOutput("\ud800")))
    ends.router.send(PEER, Heartbeat(1))
    ends.link.settle()

    assert [type(error) for error in ends.errors] == [Unencodable]
    assert ends.to_gateway == [Heartbeat(1)]


def test_what_is_discarded_is_not_sent(ends: Ends) -> None:
    ends.dealer.send(Command(7, 1, "look"))
    ends.dealer.discard()
    ends.link.settle()

    assert not ends.to_world
    assert ends.dealer.statistics.frames_dropped == 1


def test_a_closed_end_refuses_to_send_and_may_be_closed_again(ends: Ends) -> None:
    for end in (ends.dealer, ends.router):
        end.close()
        end.close()

    with pytest.raises(EndpointClosed):
        ends.dealer.send(Heartbeat(1))
    with pytest.raises(EndpointClosed):
        ends.router.send(PEER, Heartbeat(1))


def test_both_ends_are_what_the_interface_says() -> None:
    link = MemoryLink()
    callbacks = DealerCallbacks(lambda frames: None, lambda error: None, lambda: None, lambda: None)
    dealer: Dealer = MemoryDealer(link, PEER, callbacks)
    router: Router = MemoryRouter(
        link, RouterCallbacks(lambda peer, frames: None, lambda peer, error: None, lambda peer: None)
    )

    assert not dealer.is_congested
    assert not router.is_congested(PEER)
