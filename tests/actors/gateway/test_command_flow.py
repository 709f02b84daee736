"""Every accepted line is run once and in order, whatever happens to the world between."""

from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.command_flow import CommandFlow, Standing
from transports.link.streams import CommandInbox, CommandLimits, Refusal
from transports.link.streams.commands import Arrival


def flow(*lines: str, credit: int = 10) -> CommandFlow:
    begun = CommandFlow(7)
    begun.begin_at(0)
    begun.reached(credit, (0, 0), is_new=True, plays=True)
    for line in lines:
        assert begun.accept(line) is None
    return begun


def sent(of: CommandFlow) -> list[tuple[int, str]]:
    return [(command.number, command.text) for command in of.to_send()]


def test_lines_are_numbered_in_order_and_sent_once() -> None:
    begun = flow("one", "two")

    assert sent(begun) == [(1, "one"), (2, "two")]
    assert sent(begun) == []


def test_no_more_is_sent_than_the_world_lets() -> None:
    begun = flow("one", "two", "three", credit=2)
    assert sent(begun) == [(1, "one"), (2, "two")]

    begun.performed(1)

    assert sent(begun) == [(3, "three")]


def test_nothing_is_sent_while_the_world_is_away_and_all_of_it_when_it_is_back() -> None:
    begun = flow("one")
    begun.lost()
    begun.accept("two")
    assert sent(begun) == []
    assert not begun.is_world_here

    begun.reached(10, (0, 0), is_new=True, plays=True)

    assert sent(begun) == [(1, "one"), (2, "two")]


def test_a_world_that_has_gone_back_gets_what_follows_its_checkpoint() -> None:
    begun = flow("one", "two", "three")
    begun.to_send()
    begun.performed(3)

    standing = begun.reached(10, (1, 1), is_new=True, plays=True)

    assert standing is Standing.GO_ON
    assert sent(begun) == [(2, "two"), (3, "three")]


def test_a_world_that_forgot_the_session_gets_nothing_before_the_character_is_selected_again() -> None:
    begun = flow("one", "two")
    begun.to_send()
    begun.performed(1)

    standing = begun.reached(10, None, is_new=True, plays=True)
    assert standing is Standing.SELECT_AGAIN
    assert sent(begun) == []

    begun.go_on_after(0)
    assert sent(begun) == [(1, "one"), (2, "two")]


def test_a_world_set_back_behind_what_it_had_confirmed_runs_only_what_it_never_ran() -> None:
    begun = flow("one", "two", "three")
    begun.to_send()
    begun.confirmed((2, 2))

    begun.reached(10, (1, 1), is_new=True, plays=True)

    assert sent(begun) == [(2, "three")]


def test_after_a_crash_of_the_session_all_that_is_not_applied_is_sent_again() -> None:
    begun = flow("one", "two")
    begun.to_send()
    begun.performed(1)

    begun.reached(10, None, is_new=False, plays=True)

    assert sent(begun) == [(2, "two")]


def test_lines_that_were_typed_ahead_can_be_taken_back() -> None:
    begun = flow("look", "quit", "1", "dance", credit=2)
    begun.to_send()
    begun.performed(2)

    assert begun.withdraw() == ["1", "dance"]
    assert begun.stream.unapplied == 0


def test_too_many_lines_are_refused_and_the_others_kept() -> None:
    begun = flow(*["x"] * 256)

    assert begun.accept("y") is Refusal.TOO_MANY_LINES
    assert begun.accept("z" * 70_000) is not None
    assert begun.stream.unapplied == 256


def test_a_line_that_the_client_sends_again_is_taken_once() -> None:
    begun = flow()

    begun.accept("one", 51)
    begun.accept("two", 52)
    begun.accept("one", 51)

    assert [(one.text, one.client) for one in begun.to_send()] == [("one", 51), ("two", 52)]


def test_a_line_that_was_refused_aloud_is_not_taken_when_it_comes_again() -> None:
    begun = flow(*["x"] * 255)
    begun.accept("last", 51)
    assert begun.accept("refused", 52) is Refusal.TOO_MANY_LINES

    begun.to_send()
    begun.confirmed((256, 256))

    assert begun.accept("refused", 52) is None
    assert begun.stream.unapplied == 0
    assert begun.done == 52


def test_a_new_life_of_the_gateway_sends_nothing_before_the_world_has_told_its_numbers() -> None:
    heir = CommandFlow(7, is_agreed=False)
    heir.accept("one", 51)
    heir.accept("two", 52)
    heir.change_credit(10)
    assert heir.to_send() == []

    heir.reached(10, (8, 6), is_new=True, plays=True, line=51)

    assert sent(heir) == [(9, "two")]
    assert heir.line == 52


def test_what_an_earlier_life_had_sent_is_done_when_it_is_durable() -> None:
    heir = CommandFlow(7, is_agreed=False)
    heir.reached(10, (8, 6), is_new=True, plays=True, line=51)
    assert (heir.line, heir.done) == (51, 0)

    heir.confirmed((8, 7))
    assert heir.done == 0
    heir.confirmed((8, 8))
    assert heir.done == 51


def test_a_world_that_loses_what_an_earlier_life_had_sent_makes_the_client_bring_it() -> None:
    heir = CommandFlow(7, is_agreed=False)
    heir.reached(10, (8, 6), is_new=True, plays=True, line=51)
    heir.accept("after", 52)
    heir.to_send()

    heir.reached(10, (6, 6), is_new=True, plays=True, line=49)

    assert heir.is_short
    assert (heir.line, heir.done) == (49, 49)
    assert sent(heir) == []


def test_a_world_that_loses_what_an_earlier_life_had_sent_still_runs_what_came_here() -> None:
    heir = CommandFlow(7, is_agreed=False)
    heir.reached(10, (8, 6), is_new=True, plays=True)
    heir.accept("eaten")
    heir.accept("drunk")
    heir.to_send()
    heir.performed(9)

    heir.reached(10, (6, 6), is_new=True, plays=True)

    assert not heir.is_short
    assert sent(heir) == [(7, "eaten"), (8, "drunk")]


STEPS = st.lists(
    st.sampled_from(["type", "carry", "carry", "answer", "save", "crash", "cut"]), min_size=1, max_size=60
)


@given(STEPS)
def test_any_history_of_crashes_runs_every_line_once_in_order(steps: list[str]) -> None:
    begun, typed = flow(), 0
    world, effects, checkpoint = CommandInbox(), list[str](), (0, list[str]())
    wire: list[tuple[int, str]] = []
    for step in [*steps, "cut", "carry", "answer"]:
        match step:
            case "type":
                typed += 1
                assert begun.accept(f"line {typed}") is None
            case "carry":
                wire += sent(begun)
                for number, text in wire:
                    if world.arrive(number) is Arrival.NEXT:
                        world.apply(number)
                        effects.append(text)
                wire.clear()
            case "answer":
                begun.confirmed(world.position)
            case "save":
                checkpoint = (world.applied, list(effects))
                world.save(world.applied)
            case "crash":
                world, effects = CommandInbox(checkpoint[0]), list(checkpoint[1])
        if step in ("crash", "cut"):
            wire.clear()
            begun.lost()
            begun.reached(1000, world.position, is_new=True, plays=True)

    assert effects == [f"line {count + 1}" for count in range(typed)]


def test_its_limits_hold_through_every_stay() -> None:
    short = CommandFlow(7, limits=CommandLimits(waiting_lines=1))
    short.accept("look")

    short.withdraw()
    short.begin_at(12)

    assert short.accept("north") is None
    assert short.accept("south") is Refusal.TOO_MANY_LINES
