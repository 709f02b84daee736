"""The Q method: two sides always come to rest, agree with each other, and never talk in circles."""

from hypothesis import given
from hypothesis import strategies as st

from transports.telnet.commands import Command
from transports.telnet.negotiation import Negotiation, QState, Side

OPTIONS = {1: 0, 3: 1, 25: 2}
OPTION = st.sampled_from(sorted(OPTIONS))
WISH = st.tuples(st.sampled_from(list(Side)), OPTION, st.booleans())


def receive_all(negotiation: Negotiation, wire: bytes, agree: set[int]) -> bytes:
    answers = b""
    for at in range(0, len(wire), 3):
        command, option = wire[at + 1], wire[at + 2]
        answers += negotiation.receive(command, option, agree=option in agree).answer
    return answers


class Line:
    """Two instances with bytes on the way in each direction."""

    def __init__(self, agree: tuple[set[int], set[int]]) -> None:
        self.ends = (Negotiation(OPTIONS), Negotiation(OPTIONS))
        self.agree = agree
        self.under_way = [b"", b""]  # to end 0, to end 1
        self.sent = 0

    def wish(self, end: int, side: Side, option: int, enabled: bool) -> None:
        self.send(1 - end, self.ends[end].wish(side, option, enabled))

    def send(self, to: int, data: bytes) -> None:
        self.under_way[to] += data
        self.sent += len(data) // 3

    def deliver(self, to: int, commands: int) -> None:
        wire, self.under_way[to] = self.under_way[to][: 3 * commands], self.under_way[to][3 * commands :]
        self.send(1 - to, receive_all(self.ends[to], wire, self.agree[to]))

    def settle(self) -> None:
        for _ in range(100):
            if not any(self.under_way):
                return
            self.deliver(0, 100)
            self.deliver(1, 100)
        raise AssertionError("the two sides talk in circles")


AGREES = st.sets(OPTION)
ACTION = st.one_of(
    st.tuples(st.just("wish"), st.integers(0, 1), WISH),
    st.tuples(st.just("deliver"), st.integers(0, 1), st.integers(1, 4)),
)


@given(AGREES, AGREES, st.lists(ACTION, max_size=30))
def test_two_instances_never_loop_and_agree_in_the_end(
    here: set[int], there: set[int], actions: list[tuple[str, int, object]]
) -> None:
    line = Line((here, there))
    wishes = 0
    for action in actions:
        match action:
            case ("wish", end, (Side() as side, int() as option, bool() as enabled)):
                line.wish(end, side, option, enabled)
                wishes += 1
            case (_, end, int() as commands):
                line.deliver(end, commands)

    line.settle()

    # Each wish costs at most a request, a turning back, and their answers.
    assert line.sent <= 6 * wishes
    for option in OPTIONS:
        for mine, yours in ((Side.LOCAL, Side.REMOTE), (Side.REMOTE, Side.LOCAL)):
            one, other = line.ends[0].state(mine, option), line.ends[1].state(yours, option)
            assert one in (QState.YES, QState.NO)
            assert one is other


@given(st.lists(st.tuples(st.integers(251, 254), OPTION, st.booleans())))
def test_whatever_is_received_one_answer_at_most_goes_back(received: list[tuple[int, int, bool]]) -> None:
    negotiation = Negotiation(OPTIONS)

    for command, option, agree in received:
        outcome = negotiation.receive(command, option, agree=agree)
        assert len(outcome.answer) in (0, 3)


def test_a_request_for_the_state_that_holds_is_not_answered() -> None:
    negotiation = Negotiation(OPTIONS)
    first = negotiation.receive(Command.DO, 25, agree=True)

    again = negotiation.receive(Command.DO, 25, agree=True)

    assert first.answer == b"\xff\xfb\x19"
    assert first.changed
    assert first.enabled
    assert again.answer == b""
    assert not again.changed


def test_an_offer_that_is_taken_is_not_confirmed_again() -> None:
    negotiation = Negotiation(OPTIONS)

    assert negotiation.wish(Side.LOCAL, 25, True) == b"\xff\xfb\x19"
    outcome = negotiation.receive(Command.DO, 25, agree=False)

    assert outcome.answer == b""
    assert outcome.changed
    assert negotiation.is_enabled(Side.LOCAL, 25)


def test_a_refused_offer_stays_refused() -> None:
    negotiation = Negotiation(OPTIONS)
    negotiation.wish(Side.REMOTE, 25, True)

    outcome = negotiation.receive(Command.WONT, 25, agree=True)

    assert outcome.answer == b""
    assert negotiation.state(Side.REMOTE, 25) is QState.NO


def test_no_second_negotiation_begins_while_one_is_outstanding() -> None:
    negotiation = Negotiation(OPTIONS)
    assert negotiation.wish(Side.LOCAL, 1, True) == b"\xff\xfb\x01"

    assert negotiation.wish(Side.LOCAL, 1, False) == b""
    outcome = negotiation.receive(Command.DO, 1, agree=True)

    assert outcome.answer == b"\xff\xfc\x01"
    assert negotiation.state(Side.LOCAL, 1) is QState.WANT_NO


def test_an_option_that_is_not_tracked_is_refused_each_time() -> None:
    negotiation = Negotiation(OPTIONS)

    for _ in range(2):
        assert negotiation.receive(Command.WILL, 200, agree=True).answer == b"\xff\xfe\xc8"
        assert negotiation.receive(Command.DO, 200, agree=True).answer == b"\xff\xfc\xc8"
    assert negotiation.receive(Command.WONT, 200, agree=True).answer == b""


def test_an_option_ends_when_the_other_side_has_answered() -> None:
    negotiation = Negotiation(OPTIONS)
    negotiation.receive(Command.DO, 25, agree=True)
    negotiation.wish(Side.LOCAL, 25, False)

    outcome = negotiation.receive(Command.DONT, 25, agree=True)

    assert outcome.changed
    assert not outcome.enabled
