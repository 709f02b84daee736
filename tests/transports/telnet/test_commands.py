"""The byte tables say what the RFCs and MUD specifications say."""

import pytest

from transports.telnet.commands import Command, Option, command_name, option_name, subnegotiation


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Command.IAC, 0xFF),
        (Command.DONT, 0xFE),
        (Command.DO, 0xFD),
        (Command.WONT, 0xFC),
        (Command.WILL, 0xFB),
        (Command.SB, 0xFA),
        (Command.GA, 0xF9),
        (Command.AYT, 246),
        (Command.NOP, 0xF1),
        (Command.SE, 0xF0),
        (Command.EOR, 0xEF),
        (Command.EOF, 236),
    ],
)
def test_commands_have_their_bytes(command: Command, code: int) -> None:
    assert command == code


@pytest.mark.parametrize(
    ("option", "code"),
    [
        (Option.BINARY, 0),
        (Option.ECHO, 1),
        (Option.SGA, 3),
        (Option.TTYPE, 24),
        (Option.EOR, 25),
        (Option.NAWS, 31),
        (Option.LINEMODE, 34),
        (Option.NEW_ENVIRON, 39),
        (Option.CHARSET, 42),
        (Option.MSDP, 69),
        (Option.MSSP, 70),
        (Option.MCCP2, 86),
        (Option.MCCP3, 87),
        (Option.MSP, 90),
        (Option.MXP, 91),
        (Option.ATCP, 200),
        (Option.GMCP, 201),
    ],
)
def test_options_have_their_bytes(option: Option, code: int) -> None:
    assert option == code


def test_the_tables_are_as_large_as_promised() -> None:
    assert len(Command) >= 16
    assert len(Option) >= 15


def test_names_are_those_of_the_specifications() -> None:
    assert option_name(39) == "NEW-ENVIRON"
    assert option_name(123) == "123"
    assert command_name(246) == "AYT"
    assert command_name(1) == "1"


def test_a_subnegotiation_doubles_iac() -> None:
    assert subnegotiation(Option.NAWS, b"\x00\xff\x00\x18") == b"\xff\xfa\x1f\x00\xff\xff\x00\x18\xff\xf0"
