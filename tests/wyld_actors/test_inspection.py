"""What operators can see of an actor, and how they can hold it."""

from tests.wyld_actors.actors import Add, Count, Counter, Crash, Read
from tests.wyld_actors.family import Family
from wyld_actors import Actor, ActorSystem, CellState, Context, Message, StopRequested, every, on


class Ticking(Actor):
    State = Count

    @every(seconds=1)
    def tick(self, ctx: Context) -> None:
        self.state = self.state.replace(total=self.state.total + 1)

    @on(Read)
    def read(self, ctx: Context, message: Read) -> int:
        return int(self.state.total)


class Done(Message, frozen=True):
    pass


class LookAgain(Message, frozen=True):
    is_moot_without_receiver = True


class LastWords(Actor):
    """Ends by a message to itself, as the gateway's link does."""

    @on(StopRequested)
    def stop_requested(self, ctx: Context, request: StopRequested) -> None:
        ctx.ref.tell(Done())

    @on(Done)
    def done(self, ctx: Context, message: Done) -> None:
        ctx.stop()


def test_a_suspended_actor_lets_its_mail_wait_and_resumes_with_all_of_it(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    system.settle()

    counter.cell.suspend()
    counter.tell(Add(1))
    counter.tell(Add(2))
    system.settle()

    assert (counter.cell.depth, counter.cell.handled) == (2, 0)
    counter.cell.resume()
    assert counter.ask(Read()) == 3


def test_timers_of_a_suspended_actor_wait_as_well(system: ActorSystem) -> None:
    ticking = system.spawn(Ticking)
    system.advance(1)

    ticking.cell.suspend()
    system.advance(1)

    assert ticking.cell.state is CellState.RUNNING
    assert ticking.cell.good_state.total == 1
    ticking.cell.resume()
    assert ticking.ask(Read()) == 2


def test_a_suspended_actor_can_be_stopped_even_if_it_needs_mail_for_it(system: ActorSystem) -> None:
    last_words = system.spawn(LastWords)
    system.settle()
    last_words.cell.suspend()

    last_words.cell.stop()
    system.settle()

    assert not last_words.is_alive()


def test_a_suspended_actor_can_be_killed(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    system.settle()
    counter.cell.suspend()

    counter.cell.kill()
    system.settle()

    assert not counter.is_alive()


def test_the_next_incarnation_is_not_suspended(family: Family) -> None:
    child = family.child(Counter)
    child.suspend()

    child.kill()
    family.system.settle()
    child.start()
    family.system.settle()

    assert child.ref.ask(Read()) == 0


def test_the_last_error_tells_what_happened_and_outlasts_the_restart(family: Family) -> None:
    child = family.child(Counter)

    child.ref.tell(Crash())
    family.system.settle()
    child.start()
    family.system.settle()

    error = child.last_error
    assert error is not None
    assert (error.incarnation, error.message_type, error.reason) == (1, "Crash", "crash: ValueError: a bug")
    assert "Traceback" in error.traceback


def test_a_clean_end_is_no_error(family: Family) -> None:
    child = family.child(Counter)

    child.stop()
    family.system.settle()

    assert child.last_error is None


def test_what_actors_that_are_gone_have_handled_is_still_counted(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    counter.tell(Add(1))
    counter.tell(Add(1))
    counter.stop()
    system.settle()

    assert system.handled_by_gone[Counter] == 2


def test_dead_letters_are_numbered(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    counter.cell.suspend()
    for amount in (1, 2):
        counter.tell(Add(amount))
    counter.cell.kill()
    system.settle()

    assert [letter.number for letter in system.dead_letters] == [1, 2]


def test_what_an_actor_told_itself_to_look_again_is_missed_by_nobody(system: ActorSystem) -> None:
    counter = system.spawn(Counter)
    counter.cell.suspend()
    counter.tell(LookAgain())
    counter.cell.kill()
    system.settle()

    assert system.dead_letter_count == 0
