"""What a client has told of itself, and the capabilities that follow from it.

Several answers say the same thing in different ways; the better source wins. Characters: an agreed CHARSET,
then the variable of NEW-ENVIRON, then MTTS, then what a line showed to be true, then ASCII. Colours: MTTS,
then the terminal's name, then sixteen for whoever speaks telnet and none for who does not.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from transports.adapter import Capabilities, Charset, Colour, Rendering
from transports.telnet.commands import Mtts
from transports.telnet.subnegotiations import charset_named
from transports.telnet.terminal import colours, describe, is_complete

__all__ = ["Client"]

_UNKNOWN: Final = Capabilities()
_UNKNOWN_ENCRYPTED: Final = Capabilities(encrypted=True)
_ENVIRON_FIELDS: Final = (
    ("CLIENT_NAME", "client_name"),
    ("CLIENT_VERSION", "client_version"),
    ("TERMINAL_TYPE", "terminal"),
)
# MTTS is a small number; more digits than this are no bit vector.
_MTTS_DIGITS: Final = 6
_WORD_LIMIT: Final = 80


class Client:
    """One client. `capabilities` is replaced whenever something told makes a difference, never changed."""

    __slots__ = ("_agreed_charset", "_seen_charset", "_type_names", "capabilities", "knows_telnet")

    def __init__(self, *, encrypted: bool) -> None:
        self.capabilities = _UNKNOWN_ENCRYPTED if encrypted else _UNKNOWN
        #: Whether it has sent any telnet command.
        self.knows_telnet = False
        self._agreed_charset: Charset | None = None
        self._seen_charset: Charset | None = None
        self._type_names: tuple[str, ...] = ()

    @property
    def input_charset(self) -> Charset:
        """What to take its lines for."""
        return self._agreed_charset or "utf-8"

    def speaks_telnet(self) -> None:
        """It sent a telnet command."""
        if not self.knows_telnet:
            self.knows_telnet = True
            self._learn()

    def typed(self, charset: Charset) -> None:
        """A line of it turned out to be in this charset. The first one that shows anything counts, but for
        UTF-8: chance does not make a valid line of it, and a slip makes an invalid one.
        """
        if charset != "ascii" and self._seen_charset in (None, "latin-1") and charset != self._seen_charset:
            self._seen_charset = charset
            self._learn()

    def agreed_charset(self, charset: Charset | None) -> None:
        """CHARSET was agreed."""
        if charset is not None:
            self._agreed_charset = charset
            self._learn()

    def has_size(self, columns: int | None, rows: int | None) -> None:
        """NAWS. None: not said."""
        self._learn(columns=columns or self.capabilities.columns, rows=rows or self.capabilities.rows)

    def takes_gmcp(self, enabled: bool) -> None:
        """GMCP was agreed, or is over."""
        self._learn(gmcp=enabled)

    def forget_types(self) -> None:
        """The TTYPE cycle begins anew."""
        self._type_names = ()

    def has_type(self, name: str) -> bool:
        """A TTYPE answer. Returns whether to ask for the next one."""
        if is_complete(self._type_names):
            return False
        self._type_names += (name,)
        said = describe(self._type_names)._asdict()
        if said["client_name"].lower() == self.capabilities.client_name.lower():
            del said["client_name"]  # the cycle has it in capitals, what GMCP said is better
        self._learn(**{field: value for field, value in said.items() if value})
        return not is_complete(self._type_names)

    def has_variables(self, variables: Mapping[str, str]) -> None:
        """NEW-ENVIRON. Everything but the variables of MNES is forgotten at once."""
        told: dict[str, Any] = {
            field: variables[name] for name, field in _ENVIRON_FIELDS if variables.get(name)
        }
        vector = variables.get("MTTS", "")
        if vector.isdecimal() and len(vector) <= _MTTS_DIGITS:
            told["mtts"] = int(vector)
        if self._agreed_charset is None:
            self._agreed_charset = charset_named(variables.get("CHARSET", ""))
        self._learn(**told)

    def says_hello(self, hello: Mapping[str, object]) -> None:
        """GMCP Core.Hello."""
        self._learn(
            client_name=_word(hello.get("client")) or self.capabilities.client_name,
            client_version=_word(hello.get("version")) or self.capabilities.client_version,
        )

    def _learn(self, **told: Any) -> None:
        known = self.capabilities
        mtts: int = told.get("mtts", known.mtts)
        told["rendering"] = Rendering(
            "telnet",
            colours(told.get("terminal", known.terminal), mtts) if self.knows_telnet else Colour.NONE,
            self._output_charset(mtts),
            bool(mtts & Mtts.SCREEN_READER),
        )
        self.capabilities = _shared(replace(known, **told))

    def _output_charset(self, mtts: int) -> Charset:
        if self._agreed_charset is not None:
            return self._agreed_charset
        return "utf-8" if mtts & Mtts.UTF8 else self._seen_charset or "ascii"


# Players of one world use few clients: equal capabilities are one object, 300 bytes less for each of them.
@lru_cache(maxsize=1024)
def _shared(capabilities: Capabilities) -> Capabilities:
    return capabilities


def _word(value: object) -> str:
    """A name or version as it came in JSON, cut and cleaned."""
    if not isinstance(value, str):
        return ""
    return "".join(one for one in value[:_WORD_LIMIT] if one.isprintable())
