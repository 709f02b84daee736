"""Each line of a page is run once and in order, whatever dies, and however often the page sends it again.

Real are both ends' numbers (`CommandFlow`, `SessionStreams`); page, socket, link and checkpoint are lists.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.gateway.command_flow import CommandFlow
from actors.world_link.session_streams import SessionStreams, StreamPoint
from transports.link.protocol import Command, Performed
from transports.link.streams import Arrival

SESSION = 7


class House(RuleBasedStateMachine):
    """One page, one gateway after the other, one world after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.typed: list[str] = []
        # The page: what it keeps, whether it is connected, and what is in its socket.
        self.is_here = True
        self.kept: list[tuple[int, str]] = []
        self.number = 1000
        self.socket: list[tuple[int, str]] = []
        # The gateway.
        self.life = 1
        self.flow = CommandFlow(SESSION)
        self.flow.begin_at(0)
        self.wire: list[Command] = []
        # The world: what its session has before it, what took effect, and the checkpoint.
        self.streams = SessionStreams(SESSION)
        self.mailbox: list[tuple[int, str | None]] = []
        self.effects: list[str] = []
        self.saved: tuple[StreamPoint, list[str]] = (self.streams.point(), [])
        self.is_linked = False
        self.the_link_is_made()

    # The page

    @rule(gap=st.integers(1, 3))
    def the_player_types(self, gap: int) -> None:
        self.number += gap
        line = (self.number, f"line {len(self.typed)}")
        self.typed.append(line[1])
        self.kept.append(line)
        if self.is_here:
            self.socket.append(line)

    @rule()
    def the_page_connects_again(self) -> None:
        self.is_here = True
        taken = self.flow.line
        self.socket = [line for line in self.kept if line[0] > taken]

    @rule()
    def the_page_hears_what_is_done(self) -> None:
        self.kept = [line for line in self.kept if line[0] > self.flow.done]

    @rule()
    def the_page_doubts_and_sends_all_of_it_again(self) -> None:
        if self.is_here:
            self.socket += self.kept

    # The gateway

    @precondition(lambda self: self.socket)
    @rule(count=st.integers(1, 4))
    def lines_arrive(self, count: int) -> None:
        for number, text in self.socket[:count]:
            assert self.flow.accept(text, number) is None
        del self.socket[:count]

    @precondition(lambda self: self.is_linked)
    @rule()
    def commands_arrive(self) -> None:
        self.wire += self.flow.to_send()
        for command in self.wire:
            verdict = self.streams.inbox.arrive(command.number)
            assert verdict is not Arrival.GAP
            if verdict is Arrival.NEXT:
                is_repeated = self.streams.is_repeated(command.number, command.client)
                self.mailbox.append((command.number, None if is_repeated else command.text))
        self.wire.clear()

    @rule(comes_back=st.booleans())
    def the_gateway_is_killed(self, comes_back: bool) -> None:
        self.the_link_is_cut()
        self.life += 1
        self.flow = CommandFlow(SESSION, is_agreed=False)
        self.socket.clear()
        self.is_here = False
        if comes_back:
            self.the_link_is_made()
            self.the_page_connects_again()

    @rule()
    def the_link_is_cut(self) -> None:
        self.is_linked = False
        self.wire.clear()
        self.flow.lost()

    @precondition(lambda self: not self.is_linked)
    @rule()
    def the_link_is_made(self) -> None:
        self.is_linked = True
        position = self.streams.position_for(f"gateway:{self.life}")
        line = self.streams.lines.last
        self.flow.reached(1000, position, is_new=True, plays=True, line=line)
        if self.flow.is_short:
            self.flow.is_short = False
            self.the_page_connects_again()

    @precondition(lambda self: self.is_linked)
    @rule()
    def the_gateway_hears_positions(self) -> None:
        self.flow.confirmed(self.streams.inbox.position)

    # The world

    @precondition(lambda self: self.mailbox)
    @rule()
    def the_world_runs_one(self) -> None:
        number, text = self.mailbox.pop(0)
        if text is not None:
            self.effects.append(text)
        self.streams.performed(Performed(number))

    @rule()
    def a_checkpoint_is_written(self) -> None:
        point = self.streams.point()
        self.saved = (point, list(self.effects))
        self.streams.save(point)

    @rule(comes_back=st.booleans())
    def the_world_is_killed(self, comes_back: bool) -> None:
        self.the_link_is_cut()
        point, effects = self.saved
        self.streams = SessionStreams(SESSION, point.applied, None, point.line)
        self.effects = list(effects)
        self.mailbox.clear()
        if comes_back:
            self.the_link_is_made()

    @invariant()
    def every_line_is_run_once_and_in_order(self) -> None:
        assert self.effects == self.typed[: len(self.effects)]

    @invariant()
    def nothing_is_called_done_that_could_be_lost(self) -> None:
        kept = {text for _, text in self.kept}
        assert set(self.typed) - kept <= set(self.saved[1])

    def teardown(self) -> None:
        self.the_page_connects_again()
        if not self.is_linked:
            self.the_link_is_made()
        while self.socket:
            self.lines_arrive(1)
        self.commands_arrive()
        while self.mailbox:
            self.the_world_runs_one()
        assert self.effects == self.typed
        self.a_checkpoint_is_written()
        self.the_gateway_hears_positions()
        self.the_page_hears_what_is_done()
        assert self.kept == []


House.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestWhateverDies = House.TestCase
