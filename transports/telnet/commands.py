"""The bytes of telnet: commands, options, and the codes inside subnegotiations.

Sources: RFC 854 (commands), 885 (EOR), 1184 (LINEMODE and its commands), the option registry, and the MUD
specifications for MSDP, MSSP, MCCP, MSP, MXP, ZMP, ATCP and GMCP. Naming an option here does not mean that we
do it: what is agreed to is in `transports.telnet.codec`.
"""

from enum import IntEnum
from typing import Final

__all__ = [
    "IAC",
    "IAC_IAC",
    "CharsetCode",
    "Command",
    "EnvironCode",
    "MsspCode",
    "Mtts",
    "Option",
    "TtypeCode",
    "command_name",
    "option_name",
    "subnegotiation",
]


class Command(IntEnum):
    """The byte behind an IAC."""

    EOF = 236
    SUSP = 237
    ABORT = 238
    EOR = 239
    SE = 240
    NOP = 241
    DM = 242
    BRK = 243
    IP = 244
    AO = 245
    AYT = 246
    EC = 247
    EL = 248
    GA = 249
    SB = 250
    WILL = 251
    WONT = 252
    DO = 253
    DONT = 254
    IAC = 255


class Option(IntEnum):
    """The option byte of a negotiation or subnegotiation."""

    BINARY = 0
    ECHO = 1
    SGA = 3
    STATUS = 5
    TIMING_MARK = 6
    TTYPE = 24
    EOR = 25
    NAWS = 31
    TSPEED = 32
    LINEMODE = 34
    ENVIRON = 36
    NEW_ENVIRON = 39
    CHARSET = 42
    START_TLS = 46
    MSDP = 69
    MSSP = 70
    MCCP1 = 85
    MCCP2 = 86
    MCCP3 = 87
    MCCPX = 88
    MSP = 90
    MXP = 91
    ZMP = 93
    AARDWOLF = 102
    ATCP = 200
    GMCP = 201
    MPCP = 202


class TtypeCode(IntEnum):
    """RFC 1091."""

    IS = 0
    SEND = 1


class EnvironCode(IntEnum):
    """RFC 1572. The verbs and the marks share the numbers, as in the RFC."""

    IS = 0
    SEND = 1
    INFO = 2


class CharsetCode(IntEnum):
    """RFC 2066."""

    REQUEST = 1
    ACCEPTED = 2
    REJECTED = 3
    TTABLE_IS = 4
    TTABLE_REJECTED = 5
    TTABLE_ACK = 6
    TTABLE_NAK = 7


class MsspCode(IntEnum):
    """MSSP."""

    VAR = 1
    VAL = 2


class Mtts(IntEnum):
    """The bits of a client's `MTTS n` answer."""

    ANSI = 1
    VT100 = 2
    UTF8 = 4
    COLORS_256 = 8
    MOUSE_TRACKING = 16
    OSC_COLOR_PALETTE = 32
    SCREEN_READER = 64
    PROXY = 128
    TRUECOLOR = 256
    MNES = 512
    MSLP = 1024
    SSL = 2048


IAC: Final = b"\xff"
IAC_IAC: Final = b"\xff\xff"

_COMMAND_NAMES = {command.value: command.name for command in Command}
_OPTION_NAMES = {option.value: option.name.replace("_", "-") for option in Option}


def command_name(code: int) -> str:
    """The command's name, or its number where it has none."""
    return _COMMAND_NAMES.get(code, str(code))


def option_name(code: int) -> str:
    """The option's name as the specifications write it ("NEW-ENVIRON"), or its number."""
    return _OPTION_NAMES.get(code, str(code))


def subnegotiation(option: int, payload: bytes) -> bytes:
    """Frame a payload for the wire: `IAC SB option payload IAC SE`, every 0xFF of the payload doubled."""
    framed = payload.replace(IAC, IAC_IAC)
    return bytes((Command.IAC, Command.SB, option)) + framed + bytes((Command.IAC, Command.SE))
