"""One session's two streams at the world's end: what is counted, what is kept, and what is kept back."""

from actors.world_link.session_streams import NOWHERE, SessionStreams, StreamPoint, mended
from transports.link.protocol import (
    CharacterReleased,
    Frame,
    Outcome,
    Output,
    OutputsMissed,
    Performed,
    StructuredOutput,
    SystemOutput,
    TextOutput,
)
from transports.link.streams import OutputTail, TailRecord

ANN = 7
GATEWAY = b"gateway:1:1"
BYE = CharacterReleased(1, "The world fades around you.")


def playing(applied: int = 0) -> SessionStreams:
    streams = SessionStreams(ANN, applied)
    streams.belongs_to(GATEWAY)
    streams.character = "character:ann"
    return streams


def leave_play(streams: SessionStreams) -> None:
    streams.character = ""
    streams.release(BYE)


def released() -> SessionStreams:
    """A session whose character has just left play."""
    streams = playing()
    leave_play(streams)
    return streams


def bodies(frames: list[Frame]) -> list[object]:
    return [frame.body for frame in frames if isinstance(frame, Output)]


# Commands ----------------------------------------------------------------------------------------------


def test_a_complete_command_is_counted_and_told_in_the_output_stream() -> None:
    streams = playing(applied=4)

    (output,) = streams.performed(Performed(5, "> "))

    assert output == Output(ANN, 1, 5, Performed(5, "> "))
    assert streams.inbox.applied == 5


def test_a_command_that_was_passed_over_is_reported_failed() -> None:
    streams = playing()

    outputs = streams.performed(Performed(3, "> "))

    assert [output.body for output in outputs] == [
        Performed(1, outcome=Outcome.FAILED),
        Performed(2, outcome=Outcome.FAILED),
        Performed(3, "> "),
    ]


def test_a_command_that_is_counted_already_is_not_counted_again() -> None:
    streams = playing()
    streams.performed(Performed(2, "> "))

    assert streams.performed(Performed(1, "> ")) == []
    assert streams.inbox.applied == 2


def test_a_checkpoint_that_counts_a_command_before_its_session_does_saves_what_both_know() -> None:
    # `checkpoint.cut` counts a command whose last message is still on its way.
    streams = playing()
    streams.performed(Performed(1, "> "))

    streams.save(streams.point().with_more(2, (), "character:ann"))

    assert streams.inbox.position == (1, 1)


# Outputs -----------------------------------------------------------------------------------------------


def test_an_acknowledgement_of_what_was_never_given_is_of_an_earlier_life() -> None:
    streams = playing()
    streams.emit(0, TextOutput("one"))

    streams.ack(40)

    assert streams.tail.unacked == 1


def test_a_gateway_that_has_seen_numbers_unknown_here_gets_what_is_new_past_them() -> None:
    streams = playing()
    streams.emit(0, TextOutput("it has this, or can never have it"))

    assert streams.resume(40) == []

    assert streams.emit(0, TextOutput("new")).number == 41


def test_what_cannot_be_sent_is_replaced_by_words_and_keeps_its_number() -> None:
    streams = playing()
    streams.emit(0, TextOutput("none"))
    streams.emit(0, TextOutput("one"))
    streams.emit(0, StructuredOutput("odd", {"what": object()}))

    streams.mend()

    shown = [frame for frame in streams.resume(1) if isinstance(frame, Output)]
    assert [output.number for output in shown] == [2, 3]
    assert shown[0].body == TextOutput("one")
    assert isinstance(shown[1].body, SystemOutput)


def test_a_tail_that_can_be_sent_is_left_as_it_is() -> None:
    tail = TailRecord(1, 1, ((0, TextOutput("one"), 0),))

    assert mended(tail) is tail


# Out of play -------------------------------------------------------------------------------------------


def test_a_release_waits_until_a_checkpoint_has_it() -> None:
    streams = released()

    assert streams.reader is None
    assert streams.resume(0) == []
    assert bodies(streams.save(streams.point())) == [BYE]
    assert streams.reader == GATEWAY


def test_a_checkpoint_from_before_the_release_does_not_let_it_out() -> None:
    streams = playing()
    in_play = streams.point()
    between_stays = StreamPoint(in_play.life, 0, in_play.tail, "")
    leave_play(streams)

    assert streams.save(in_play) == []
    assert streams.save(in_play.with_more(1, ((1, Performed(1, "> "), 0),), "character:ann")) == []
    assert streams.save(between_stays) == []
    assert streams.is_kept_back


def test_with_a_release_only_goes_out_what_has_not_gone_before() -> None:
    streams = playing()
    streams.emit(2, Performed(2, "> "))
    leave_play(streams)
    streams.emit(0, TextOutput("said behind it"))

    assert bodies(streams.save(streams.point())) == [BYE, TextOutput("said behind it")]


def test_a_gateway_that_comes_back_meanwhile_gets_what_came_before_the_release() -> None:
    streams = playing()
    streams.emit(2, Performed(2, "> "))
    leave_play(streams)
    streams.belongs_to(None)
    point = streams.point()

    streams.belongs_to(b"gateway:1:2")

    assert bodies(streams.resume(0)) == [Performed(2, "> ")]
    assert bodies(streams.save(point)) == [BYE]


def test_a_release_that_is_saved_while_nobody_listens_goes_out_with_the_next_claim() -> None:
    streams = released()
    streams.belongs_to(None)

    assert streams.save(streams.point()) == []

    assert bodies(streams.resume(0)) == [BYE]


def test_the_next_stay_can_begin_when_the_end_of_the_last_one_is_saved() -> None:
    streams = released()
    assert not streams.is_saved

    streams.save(streams.point())

    assert streams.is_saved


def test_a_release_that_could_not_wait_is_not_taken_for_saved() -> None:
    streams = released()

    assert bodies(streams.let_out()) == [BYE]

    assert not streams.is_saved


def test_a_session_as_a_checkpoint_had_it_is_saved() -> None:
    streams = SessionStreams(ANN, 3, TailRecord(9, 9, ((0, BYE, 0),)))

    assert streams.is_saved
    assert not streams.is_kept_back


# Points ------------------------------------------------------------------------------------------------


def test_a_point_is_over_when_there_is_neither_a_character_nor_a_last_word() -> None:
    tail = TailRecord(3, 3, ((0, BYE, 0),))

    assert NOWHERE.is_over
    assert StreamPoint(1, 5, TailRecord(3, 3), "").is_over
    assert not StreamPoint(1, 5, tail, "").is_over
    assert not StreamPoint(1, 5, TailRecord(3, 3), "character:ann").is_over


def test_outputs_that_have_no_numbers_yet_may_come_to_have_others() -> None:
    point = StreamPoint(1, 5, TailRecord(3, 3), "character:ann").with_more(6, ((6, TextOutput("x"), 0),), "")

    world = OutputTail(ANN, point.tail)

    # The gateway has seen one more output than the checkpoint expected.
    frames = world.resume(5)
    assert [frame.number for frame in frames if not isinstance(frame, OutputsMissed)] == [6]


def test_two_lives_of_one_id_are_told_apart() -> None:
    assert SessionStreams(ANN).point().life != SessionStreams(ANN).point().life


def test_a_point_says_which_of_the_clients_lines_are_applied() -> None:
    streams = playing()
    for number, client in ((1, 51), (2, 52), (3, 53)):
        streams.inbox.arrive(number)
        assert not streams.is_repeated(number, client)
    streams.performed(Performed(1))

    point = streams.point()

    assert (point.applied, point.line) == (1, 51)
    # Mail that waits may say that more is complete.
    more = point.with_more(2, (), point.character)
    assert (more.applied, more.line, more.ahead) == (2, 52, ())
