"""Which lines of a client have come, and which are over, by the numbers of their commands."""

from transports.link.streams import ClientLines, CommandStream

WINDOW = 1_000_000


def three_lines() -> ClientLines:
    lines = ClientLines()
    for command, client in ((1, 10), (2, 20), (4, 30)):
        lines.note(command, client)
    return lines


def test_a_line_has_come_when_another_command_brought_it() -> None:
    lines = three_lines()

    assert lines.has_come(5, 20)
    assert not lines.has_come(2, 20)
    assert not lines.has_come(5, 31)


def test_lines_are_over_with_their_commands() -> None:
    lines = three_lines()

    lines.pass_through(3)

    assert lines.passed == 20
    assert lines.under_way() == ((4, 30),)
    lines.pass_through(9)
    assert lines.passed == 30
    assert not lines


def test_what_is_taken_back_may_come_again() -> None:
    lines = three_lines()
    lines.pass_through(1)

    lines.take_back()

    assert lines.last == 10
    assert not lines.has_come(2, 20)


def test_a_repetition_of_the_same_command_changes_nothing() -> None:
    lines = three_lines()

    lines.note(1, 10)

    assert lines.last == 30


def test_a_command_carries_the_number_of_its_line_also_when_it_is_sent_again() -> None:
    stream = CommandStream(7)
    stream.accept("look")
    stream.accept("north", 12)

    first = stream.take(WINDOW)
    stream.confirm_applied(2)
    stream.resend_after(0)

    assert [command.client for command in first] == [0, 12]
    assert stream.take(WINDOW) == first


def test_a_line_is_over_for_the_gateway_when_it_is_durable() -> None:
    stream = CommandStream(7)
    stream.accept("look", 11)
    stream.accept("north", 12)
    stream.take(WINDOW)

    stream.confirm_applied(2)
    assert stream.lines.passed == 0
    stream.confirm_durable(1)
    assert stream.lines.passed == 11
