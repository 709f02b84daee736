"""What is saved is told in time, once, and never an older position after a newer one."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from actors.gateway.command_flow import Position
from actors.gateway.saved_positions import SavedPositions
from tests.actors.gateway.session_refs import A, B

SESSIONS = (A, B)


def test_it_is_overdue_when_it_was_there_the_time_before() -> None:
    saved = SavedPositions()
    saved.note({A: (3, 1)})

    assert saved.overdue() == {}
    saved.note({A: (4, 4), B: (5, 5)})
    assert saved.overdue() == {A: (3, 1)}
    assert saved.overdue() == {A: (4, 4), B: (5, 5)}
    assert not saved


def test_what_is_taken_is_the_newest_and_told_then() -> None:
    saved = SavedPositions()
    saved.note({A: (3, 1)})
    saved.overdue()
    saved.note({A: (4, 4)})

    assert saved.take(A) == (4, 4)
    assert saved.take(A) is None
    assert not saved


class Telling(RuleBasedStateMachine):
    """Any order of checkpoints and of moments to tell."""

    def __init__(self) -> None:
        super().__init__()
        self.saved = SavedPositions()
        self.noted: dict[int, int] = {}
        self.told: dict[int, int] = {}

    def tells(self, session: int, position: Position) -> None:
        assert position[0] > self.told.get(session, 0)
        self.told[session] = position[0]

    @rule(sessions=st.sets(st.sampled_from(SESSIONS)))
    def a_checkpoint_is_written(self, sessions: set[int]) -> None:
        for session in sessions:
            self.noted[session] = self.noted.get(session, 0) + 1
        self.saved.note({session: (self.noted[session], 0) for session in sessions})

    @rule(session=st.sampled_from(SESSIONS))
    def something_comes_for(self, session: int) -> None:
        if (position := self.saved.take(session)) is not None:
            self.tells(session, position)
        assert self.told.get(session) == self.noted.get(session)

    @rule()
    def a_while_is_over_twice(self) -> None:
        for _ in range(2):
            for session, position in self.saved.overdue().items():
                self.tells(session, position)
        assert self.told == self.noted

    @rule()
    def a_while_is_over(self) -> None:
        for session, position in self.saved.overdue().items():
            self.tells(session, position)

    @rule()
    def the_world_is_lost(self) -> None:
        for session, position in self.saved.take_all().items():
            self.tells(session, position)
        assert self.told == self.noted

    @invariant()
    def nothing_is_kept_that_all_know(self) -> None:
        assert bool(self.saved) == (self.told != self.noted)


TestAnyTelling = Telling.TestCase
