"""The world's end of the link, as a gateway meets it: handshake, lines, requests, holds, and the end."""

from collections.abc import Iterator

import pytest

from actors.world_link.messages import FramesArrived, Hold, PeerMistaken, Release
from tests.actors.world_kit import RawGateway, WorldBench
from transports.link.codec import PROTOCOL_VERSION
from transports.link.errors import LinkError, VersionMismatch, WrongName
from transports.link.handshake import routing_id
from transports.link.protocol import (
    Acks,
    Cancel,
    ChangePassword,
    CharacterReleased,
    CharacterSelected,
    Claim,
    CloseSession,
    Command,
    CreateAccount,
    DisconnectReason,
    EndSessions,
    FailureCode,
    Goodbye,
    Heartbeat,
    ListCharacters,
    Output,
    Performed,
    Positions,
    Refuse,
    RefuseCode,
    Resend,
    RoomOutput,
    SelectCharacter,
    SessionClosed,
    SessionsEnded,
    TextOutput,
    Welcome,
)
from transports.markup import plain

ANN, BOB = 7, 8


@pytest.fixture
def bench() -> Iterator[WorldBench]:
    with WorldBench() as bench:
        yield bench


def playing(bench: WorldBench) -> RawGateway:
    """A gateway with a session that plays Ann."""
    gateway = bench.gateway()
    gateway.selects(bench.account("Ann"), 1, ANN)
    assert gateway.of(Output), "she sees the room"
    return gateway


def said(gateway: RawGateway, session: int = ANN) -> list[str]:
    shown = [plain(body.text) for body in gateway.shown(session) if isinstance(body, TextOutput)]
    return [text for text in shown if "say" in text]


def performed(gateway: RawGateway, session: int = ANN) -> list[int]:
    return [body.number for body in gateway.shown(session) if isinstance(body, Performed)]


# Handshake ---------------------------------------------------------------------------------------------


def test_a_gateway_without_a_handshake_is_shown_the_door(bench: WorldBench) -> None:
    rogue = RawGateway(bench, "rogue", 1).dials()

    rogue.sends(Command(ANN, 1, "look"))

    (bye,) = rogue.of(Goodbye)
    assert bye.reason == DisconnectReason.PROTOCOL_VIOLATED


def test_an_older_life_of_a_gateway_is_refused_and_disturbs_nothing(bench: WorldBench) -> None:
    gateway = bench.gateway(epoch=2)
    gateway.selects(bench.account("Ann"), 1, ANN)

    old = bench.gateway(epoch=1)

    assert not old.is_welcome
    assert [refuse.code for refuse in old.of(Refuse)] == [RefuseCode.STALE_EPOCH]
    assert performed(gateway.sends(Command(ANN, 1, "look"))) == [1]


def test_frames_of_an_older_life_that_is_still_connected_count_no_more(bench: WorldBench) -> None:
    old = playing(bench)
    bench.gateway(epoch=2)
    old.frames.clear()

    old.sends(Command(ANN, 1, "say I am still here"))

    assert [bye.reason for bye in old.of(Goodbye)] == [DisconnectReason.PROTOCOL_VIOLATED]
    assert said(old) == []


def test_a_silent_gateway_is_given_up_and_may_come_back(bench: WorldBench) -> None:
    gateway = playing(bench)

    bench.advance(10.0)
    assert bench.half.link.gateways.peers() == []

    gateway.connects({ANN: 0})
    assert gateway.positions == {ANN: (0, 0)}


def test_heartbeats_keep_a_gateway_there(bench: WorldBench) -> None:
    gateway = playing(bench)

    for number in range(1, 20):
        gateway.sends(Heartbeat(number, 0))
        bench.advance(1.0)

    assert len(bench.half.link.gateways.peers()) == 1


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


# Requests ----------------------------------------------------------------------------------------------


def test_a_request_is_answered_once_however_often_it_is_sent(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")

    number = gateway.asks(ListCharacters(account))
    gateway.repeats(number)
    gateway.repeats(number)

    # Each time the same answer, as the one before may be lost; and the database is asked once.
    assert len(gateway.answers(number)) == 3
    assert bench.vault.asked.count(ListCharacters.__name__) == 1


def test_an_account_is_made_once_however_often_it_is_asked_for(bench: WorldBench) -> None:
    gateway = bench.gateway()

    number = gateway.asks(CreateAccount("Ann", "correct horse", ""))
    gateway.repeats(number)

    first, again = gateway.answers(number)
    assert first == again
    assert list(bench.vault.accounts) == ["Ann"]


def test_an_answer_finds_its_gateway_over_a_later_connection(bench: WorldBench) -> None:
    gateway = bench.gateway()
    bench.vault.is_slow = True
    number = gateway.asks(ListCharacters(bench.account("Ann")))

    gateway.disconnects().connects()
    bench.vault.hurries(bench)

    assert len(gateway.answers(number)) == 1


def test_what_nobody_answers_is_answered_as_overdue(bench: WorldBench) -> None:
    gateway = bench.gateway()
    bench.vault.is_slow = True
    number = gateway.asks(ListCharacters(bench.account("Ann")), seconds=3.0)

    for beat in range(1, 4):
        bench.advance(1.5)
        gateway.sends(Heartbeat(beat, 0))
    bench.vault.hurries(bench)

    assert gateway.answers(number) == [FailureCode.DEADLINE_PASSED]


def test_a_new_life_of_a_gateway_ends_the_requests_of_the_old_one(bench: WorldBench) -> None:
    bench.vault.is_slow = True
    bench.gateway(epoch=1).asks(ListCharacters(bench.account("Ann")))
    assert len(bench.half.link.requests) == 1

    bench.gateway(epoch=2)

    assert len(bench.half.link.requests) == 0


def test_what_came_over_the_socket_of_a_link_that_crashed_is_not_listened_to(bench: WorldBench) -> None:
    gateway = playing(bench)
    seen = max(output.number for output in gateway.of(Output))
    bench.crashes("link")
    gateway.connects({ANN: seen})
    (peer,) = bench.half.link.gateways.peers()

    bench.half.ref("link").tell(FramesArrived(1, peer, [Command(ANN, 1, "say late")]))
    bench.settle()

    assert performed(gateway) == []


# Selecting ---------------------------------------------------------------------------------------------


def test_the_answer_to_a_selection_comes_before_the_first_output(bench: WorldBench) -> None:
    gateway = playing(bench)

    kinds = [type(getattr(frame, "body", None)) for frame in gateway.frames]

    assert kinds.index(CharacterSelected) < kinds.index(RoomOutput)


def test_a_selection_that_is_repeated_brings_one_character_into_play(bench: WorldBench) -> None:
    gateway = bench.gateway()
    number = gateway.selects(bench.account("Ann"), 1, ANN)

    gateway.repeats(number)

    first, again = gateway.answers(number)
    assert first == again
    assert performed(gateway.sends(Command(ANN, 1, "look"))) == [1]


def test_a_selection_whose_answer_was_lost_begins_over_the_next_connection(bench: WorldBench) -> None:
    gateway = bench.gateway()
    number = gateway.selects(bench.account("Ann"), 1, ANN)
    gateway.disconnects().connects()

    gateway.repeats(number)

    assert len(gateway.answers(number)) == 1
    assert any(isinstance(body, RoomOutput) for body in gateway.shown(ANN))
    assert performed(gateway.sends(Command(ANN, 1, "look"))) == [1]


def test_a_selection_that_is_repeated_when_its_stay_is_over_is_not_begun_again(bench: WorldBench) -> None:
    gateway = bench.gateway()
    number = gateway.selects(bench.account("Ann"), 1, ANN)
    gateway.sends(Command(ANN, 1, "quit"))
    bench.advance(0.2)
    gateway.disconnects().connects()

    gateway.repeats(number)

    assert gateway.answers(number) == [FailureCode.UNAVAILABLE]


def test_a_cancel_that_comes_before_the_answer_takes_the_character_out_again(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.is_slow = True
    number = gateway.selects(account, 1, ANN)

    gateway.sends(Cancel(number))
    bench.vault.hurries(bench)

    assert gateway.answers(number) == []
    assert not bench.half.has(f"sessions/session-{ANN}")
    assert bench.half.link.streams.get(ANN) is None


def test_a_cancel_that_comes_after_the_answer_takes_the_character_out_again(bench: WorldBench) -> None:
    gateway = bench.gateway()
    number = gateway.selects(bench.account("Ann"), 1, ANN)

    gateway.sends(Cancel(number))
    bench.advance(0.2)

    assert not bench.half.has(f"sessions/session-{ANN}")
    assert bench.half.link.streams.get(ANN) is None


def test_a_cancel_of_an_earlier_stay_leaves_the_next_one_alone(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    first = gateway.selects(account, 1, ANN)
    gateway.sends(Command(ANN, 1, "quit"))
    bench.advance(0.2)
    gateway.selects(account, 1, ANN)

    gateway.sends(Cancel(first))

    assert performed(gateway.sends(Command(ANN, 2, "look"))) == [1, 2]


def test_a_session_that_selects_twice_plays_the_second_one_only(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann", "Amy")
    gateway.selects(account, 1, ANN)
    gateway.frames.clear()

    number = gateway.selects(account, 2, ANN)
    bench.advance(0.2)

    (selected,) = gateway.answers(number)
    assert isinstance(selected, CharacterSelected)
    assert selected.character.name == "Amy"
    gateway.sends(Command(ANN, selected.applied + 1, "who"))
    names = " ".join(body.text for body in gateway.shown(ANN) if isinstance(body, TextOutput))
    assert "Amy" in names
    assert "Ann" not in names


def test_two_sessions_that_select_one_character_leave_it_to_the_second(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    gateway.selects(account, 1, ANN)

    gateway.selects(account, 1, BOB)

    assert type(gateway.shown(ANN)[-1]).__name__ == "DisconnectSession"
    assert performed(gateway.sends(Command(ANN, 1, "look"))) == []
    assert performed(gateway.sends(Command(BOB, 1, "look")), BOB) == [1]


def test_a_selection_for_a_client_that_has_left_is_refused(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    bench.vault.is_slow = True
    selection = gateway.selects(account, 1, ANN)

    closing = gateway.asks(CloseSession(DisconnectReason.CLIENT_CLOSED), ANN)
    bench.vault.hurries(bench)

    assert gateway.answers(closing) == [SessionClosed()]
    assert gateway.answers(selection) == [FailureCode.NO_SUCH_SESSION]
    assert not bench.half.has(f"sessions/session-{ANN}")


# Gone --------------------------------------------------------------------------------------------------


def test_the_sessions_of_a_gateway_that_is_gone_wait_for_it(bench: WorldBench) -> None:
    playing(bench).disconnects()

    bench.advance(290.0)
    assert bench.half.has(f"sessions/session-{ANN}")

    bench.advance(20.0)
    assert not bench.half.has(f"sessions/session-{ANN}")
    assert bench.half.link.streams.get(ANN) is None


def test_a_session_that_was_given_up_is_not_known_to_the_gateway_that_comes_back(bench: WorldBench) -> None:
    gateway = playing(bench).disconnects()
    bench.advance(310.0)

    gateway.connects({ANN: 1})

    assert gateway.positions == {}


def test_the_sessions_of_a_gateway_that_takes_its_leave_wait_for_its_next_life(bench: WorldBench) -> None:
    playing(bench).sends(Goodbye(DisconnectReason.GATEWAY_STOPPED))
    bench.advance(60.0)

    again = bench.gateway(epoch=2)
    again.sends(Claim({ANN: 0}))

    assert bench.half.has(f"sessions/session-{ANN}")
    assert ANN in again.of(Welcome)[-1].positions


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


def test_a_selection_is_answered_with_where_the_last_stay_ended(bench: WorldBench) -> None:
    gateway = bench.gateway()
    account = bench.account("Ann")
    gateway.selects(account, 1, ANN)
    gateway.sends(Command(ANN, 1, "quit"))
    bench.advance(0.2)

    number = gateway.asks(SelectCharacter(account, 1), ANN)

    (selected,) = gateway.answers(number)
    assert isinstance(selected, CharacterSelected)
    assert selected.applied == 1
    assert bench.vault.positions.get(ANN) is None or bench.vault.positions[ANN].applied == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (VersionMismatch(PROTOCOL_VERSION, 9), RefuseCode.VERSION),
        (WrongName("west", "gateway"), RefuseCode.NAME),
    ],
)
def test_who_cannot_come_in_is_told_why_also_before_the_first_hello(
    bench: WorldBench, error: LinkError, code: RefuseCode
) -> None:
    gateway = RawGateway(bench, "gateway", 1).dials()
    peer = routing_id("gateway", 1, 1)

    bench.half.ref("link").tell(PeerMistaken(1, peer, error))
    bench.settle()

    (refuse,) = gateway.of(Refuse)
    assert refuse.code is code
    assert str(error) == refuse.text


def test_who_is_refused_again_and_again_is_logged_once_a_minute(
    bench: WorldBench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.gateway(epoch=2)

    for _ in range(10):
        bench.gateway(epoch=1)

    assert caplog.text.count("gateway 'gateway' is not let in") == 1


# Another password ---------------------------------------------------------------------------------------


def test_another_password_ends_the_other_sessions_of_the_account_at_all_gateways(bench: WorldBench) -> None:
    east, west = bench.gateway("east"), bench.gateway("west")
    account = bench.vault.create_account("Ann", "old password").id

    east.asks(ChangePassword("Ann", "old password", "new password"), ANN)
    east.asks(ChangePassword("Ann", "wrong password", "my password"), BOB)

    assert east.of(EndSessions) == west.of(EndSessions) == [EndSessions(1, account, ANN)]


def test_a_gateway_that_was_cut_off_hears_of_it_until_it_says_so(bench: WorldBench) -> None:
    east, west = bench.gateway("east"), bench.gateway("west")
    bench.vault.create_account("Ann", "old password")
    west.disconnects()
    east.asks(ChangePassword("Ann", "old password", "new password"), ANN)

    assert len(west.connects().of(EndSessions)) == 1
    west.disconnects()
    assert len(west.connects().of(EndSessions)) == 1
    west.sends(SessionsEnded(1)).disconnects()
    assert west.connects().of(EndSessions) == []
