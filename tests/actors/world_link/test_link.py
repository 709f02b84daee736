"""The world's end of the link, as a gateway meets it: lines, holds, and the end."""

from actors.world_link.messages import FramesArrived, Hold, Release
from tests.actors.world_kit import RawGateway, WorldBench
from tests.actors.world_link.playing import ANN, BOB, performed, playing, said
from transports.link.protocol import (
    Acks,
    CharacterReleased,
    Command,
    DisconnectReason,
    Goodbye,
    Output,
    Performed,
    Positions,
    Resend,
)

# Lines -------------------------------------------------------------------------------------------------


def test_lines_are_run_once_and_in_order(bench: WorldBench) -> None:
    gateway = playing(bench)

    gateway.sends(Command(ANN, 1, "say one"), Command(ANN, 2, "say two"), Command(ANN, 1, "say one"))

    assert said(gateway) == ["You say, “one”", "You say, “two”"]
    assert performed(gateway) == [1, 2]


def test_a_gap_is_asked_for_once_in_a_batch(bench: WorldBench) -> None:
    gateway = playing(bench)

    gateway.sends(Command(ANN, 2, "say two"), Command(ANN, 3, "say three"))

    assert gateway.of(Resend) == [Resend(ANN, 0)]
    assert performed(gateway) == []


def test_more_lines_than_the_credit_are_not_taken(bench: WorldBench) -> None:
    gateway = playing(bench)

    gateway.sends(Command(ANN, 257, "say no"))

    assert gateway.of(Resend) == []


def test_one_line_of_somebody_else_waits_for_no_more_than_a_line_or_two_of_a_pasted_book(
    bench: WorldBench,
) -> None:
    gateway = playing(bench)
    gateway.selects(bench.account("Bob"), 2, BOB)
    gateway.frames.clear()

    gateway.sends(
        *[Command(ANN, number, "inventory") for number in range(1, 257)], Command(BOB, 1, "inventory")
    )

    done = [
        frame.session
        for frame in gateway.of(Output)
        if isinstance(frame.body, Performed) and frame.session in (ANN, BOB)
    ]
    assert done.count(ANN) == 256
    assert done.index(BOB) <= 2


def test_lines_for_a_session_of_another_gateway_are_not_taken(bench: WorldBench) -> None:
    gateway = playing(bench)

    bench.gateway("rogue").sends(Command(ANN, 1, "drop all"))

    assert performed(gateway) == []


def test_a_crash_of_the_link_loses_no_line_and_runs_none_twice(bench: WorldBench) -> None:
    gateway = playing(bench)
    gateway.sends(Command(ANN, 1, "say one"))
    seen = max(output.number for output in gateway.of(Output))

    bench.crashes("link")
    gateway.connects({ANN: seen})
    gateway.sends(Command(ANN, 1, "say one"), Command(ANN, 2, "say two"))

    assert gateway.positions == {ANN: (1, 0)}
    assert said(gateway) == ["You say, “two”"]


def test_a_line_of_a_page_that_comes_with_two_numbers_is_run_once_and_counted_twice(
    bench: WorldBench,
) -> None:
    gateway = playing(bench)

    gateway.sends(
        Command(ANN, 1, "say one", 51), Command(ANN, 2, "say one", 51), Command(ANN, 3, "say two", 52)
    )

    assert said(gateway) == ["You say, “one”", "You say, “two”"]
    assert performed(gateway) == [1, 2, 3]


def test_a_new_life_of_a_gateway_goes_on_after_what_the_old_one_had_sent(bench: WorldBench) -> None:
    gateway = playing(bench)
    gateway.sends(Command(ANN, 1, "say one", 51), Command(ANN, 2, "say two", 52))
    seen = max(output.number for output in gateway.of(Output))

    heir = RawGateway(bench, "gateway", 2).connects({ANN: seen})
    heir.sends(Command(ANN, 3, "say two", 52), Command(ANN, 4, "say three", 53))

    assert heir.welcome.positions == {ANN: (2, 0)}
    assert heir.welcome.lines == {ANN: 52}
    assert said(heir) == ["You say, “three”"]


def test_a_new_life_of_a_gateway_does_not_reuse_numbers_of_lines_that_are_still_to_be_run(
    bench: WorldBench,
) -> None:
    gateway = playing(bench)
    bench.half.ref("link").tell(Hold())
    gateway.says(Command(ANN, 1, "say one", 51), Command(ANN, 2, "say two", 52))
    bench.half.ref("link").tell(Release())

    bench.crashes("link")
    heir = RawGateway(bench, "gateway", 2).connects({ANN: 0})
    number = heir.positions[ANN][0] + 1
    heir.sends(Command(ANN, number, "say three", 53))

    assert said(heir)[-1] == "You say, “three”"


def test_a_world_that_is_restarted_knows_the_lines_of_its_checkpoint_and_no_others(bench: WorldBench) -> None:
    gateway = playing(bench)
    gateway.sends(Command(ANN, 1, "say one", 51), Command(ANN, 2, "say two", 52))
    bench.saves()
    gateway.sends(Command(ANN, 3, "say three", 53))

    bench.restarts()
    heir = RawGateway(bench, "gateway", 2).connects({ANN: 0})

    assert heir.welcome.positions == {ANN: (2, 2)}
    assert heir.welcome.lines == {ANN: 52}


def test_lines_without_a_number_are_not_spoken_of_in_the_welcome(bench: WorldBench) -> None:
    gateway = playing(bench)
    gateway.sends(Command(ANN, 1, "say one"))

    gateway.disconnects().connects({ANN: 0})

    assert gateway.welcome.lines == {}


def test_outputs_that_a_gateway_has_not_seen_flow_when_it_is_back(bench: WorldBench) -> None:
    gateway = playing(bench)
    seen = max(output.number for output in gateway.of(Output))
    gateway.sends(Command(ANN, 1, "say one"))

    gateway.disconnects().connects({ANN: seen})

    assert said(gateway) == ["You say, “one”"]
    assert performed(gateway) == [1]


def test_an_acknowledged_output_is_not_sent_again(bench: WorldBench) -> None:
    gateway = playing(bench)
    gateway.sends(Command(ANN, 1, "say one"))
    seen = max(output.number for output in gateway.of(Output))
    gateway.sends(Acks({ANN: seen}))
    gateway.frames.clear()

    gateway.sends(Resend(ANN, seen))

    assert gateway.frames == []


def test_what_came_over_the_socket_of_a_link_that_crashed_is_not_listened_to(bench: WorldBench) -> None:
    gateway = playing(bench)
    seen = max(output.number for output in gateway.of(Output))
    bench.crashes("link")
    gateway.connects({ANN: seen})
    (peer,) = bench.half.link.gateways.peers()

    bench.half.ref("link").tell(FramesArrived(1, peer, [Command(ANN, 1, "say late")]))
    bench.settle()

    assert performed(gateway) == []


# Checkpoints and the end -------------------------------------------------------------------------------


def test_what_comes_during_a_hold_is_let_in_with_the_release(bench: WorldBench) -> None:
    gateway = playing(bench)
    link = bench.half.ref("link")
    link.tell(Hold())

    assert performed(gateway.sends(Command(ANN, 1, "look"))) == []

    link.tell(Release())
    bench.settle()
    assert performed(gateway) == [1]


def test_a_hold_that_nobody_ends_ends_by_itself(bench: WorldBench) -> None:
    gateway = playing(bench)
    bench.half.ref("link").tell(Hold())
    gateway.sends(Command(ANN, 1, "look"))

    bench.advance(2.0)

    assert performed(gateway) == [1]


def test_a_gateway_is_told_once_what_is_durable(bench: WorldBench) -> None:
    gateway = playing(bench)
    gateway.sends(Command(ANN, 1, "look"))

    bench.saves()
    bench.saves()

    assert gateway.of(Positions) == [Positions({ANN: (1, 1)})]


def test_a_world_that_stops_runs_what_is_under_way_and_says_goodbye(bench: WorldBench) -> None:
    gateway = playing(bench)
    gateway.says(Command(ANN, 1, "look"))
    bench.settle()

    bench.half.tree.shutdown(30.0)
    bench.advance(2.0)

    assert performed(gateway) == [1]
    assert [bye.reason for bye in gateway.of(Goodbye)] == [DisconnectReason.WORLD_STOPPED]
    assert bench.vault.positions[ANN].applied == 1


def test_a_release_says_that_the_character_is_saved(bench: WorldBench) -> None:
    gateway = playing(bench)

    gateway.sends(Command(ANN, 1, "quit"))
    assert not any(isinstance(body, CharacterReleased) for body in gateway.shown(ANN))

    bench.advance(0.2)
    assert isinstance(gateway.shown(ANN)[-1], CharacterReleased)
    assert "character:ann" in bench.vault.entities
