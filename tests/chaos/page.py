"""What our page does about its session and its lines, without a browser and without a socket.

Objects in, objects out. It follows `going.js`, `sending.js` and `outbox.js` of `transports/web/static`: lines
are kept until they are done, the last token and the last number of output lead back, and after a return all
that the session has not taken is sent again under the same numbers. The secret of the next token is made
here: if the one that is shown was used, and nobody has heard of that, the next one is shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

Object = dict[str, Any]

_HELD = frozenset({"text", "prompt", "echo", "data"})


class Page:
    """One page, over all its connections. `show` gets what is shown, text and prompts apart."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self.token = ""
        # Why the session could not be gone on with, each time that it could not.
        self.refusals: list[str] = []
        # Numbers of lines that were sent for a session that was not found again, whatever became of them.
        self.abandoned: set[int] = set()
        # What came last of the connection that is open.
        self.bye: Object | None = None
        self.is_masked = False
        # The secret of the next token, once it is said, and whether it was said on an earlier connection.
        self._next = ""
        self._may_be_used = False
        self._show = show
        self._id = secrets.token_hex(16)
        self._send: Callable[[Object], None] | None = None
        self._lines: dict[int, str] = {}
        self._unsent: set[int] = set()
        self._seen = 0
        self._is_unsaid = False
        self._playing: bool | None = None
        self._is_heard = self._is_settled = self._is_pending = False
        self._held: list[Object] = []

    @property
    def is_ready(self) -> bool:
        """Whether lines go to the game at once."""
        return self._is_heard and self._is_settled and self._playing is not False

    @property
    def asks(self) -> bool:
        """Whether the player has to log in."""
        return not self._is_pending and self._playing is False

    # The connection ---------------------------------------------------------------------------------------

    def opens(self, send: Callable[[Object], None]) -> None:
        """A connection stands: say hello."""
        self._send, self.bye = send, None
        self._playing = None
        self._is_pending = bool(self.token)
        if not self.token:
            self._seen = 0
        self._says_hello(send)

    def _says_hello(self, send: Callable[[Object], None]) -> None:
        hello: Object = {"t": "hello", "columns": 80, "rows": 24, "client": "chaos", "version": "1"}
        hello["id"] = self._id
        if self.token:
            self._may_be_used = bool(self._next)
            self._next = self._next or secrets.token_urlsafe(32)
            hello |= {"resume": self.token, "seen": self._seen, "next": self._next}
        send(hello)

    def is_lost(self) -> None:
        """It stands no more."""
        self._send = None
        self._is_heard = self._is_settled = self._is_pending = False
        self._held.clear()

    # The player -------------------------------------------------------------------------------------------

    def types(self, number: int, text: str) -> None:
        """A line for the game. It goes when it can."""
        self._lines[number] = text
        self._unsent.add(number)
        self._release()

    def answers(self, text: str) -> None:
        """An answer to the login: it goes now, without a number."""
        if self._send is not None:
            self._send({"t": "line", "text": text})

    def says_what_it_has_seen(self) -> None:
        """To be called a few times a second."""
        if self._is_unsaid and self._send is not None:
            self._is_unsaid = False
            self._send({"t": "seen", "n": self._seen})

    # The server -------------------------------------------------------------------------------------------

    def receives(self, thing: Object) -> None:
        """One object of a message."""
        if self._is_pending and thing["t"] in _HELD:
            self._held.append(thing)
        elif not self._is_pending or thing["t"] != "taken":
            self._take(thing)

    def _take(self, thing: Object) -> None:
        match thing:
            case {"t": "text", "spans": spans}:
                self._show("".join(text for _, text in spans))
            case {"t": "prompt", "spans": spans}:
                self._show("".join(text for _, text in spans) + "\n")
                self._is_settled = True
                self._release()
            case {"t": "echo", "on": on}:
                self.is_masked = not on
            case {"t": "data", "package": "session", "value": {"playing": bool(playing)}}:
                self._playing = playing
                self._release()
            case {"t": "seq", "n": number}:
                self._seen, self._is_unsaid = number, True
            case {"t": "token", "token": token}:
                self.token, self._next = token, ""
            case {"t": "resumed"}:
                self._is_pending = False
                self._held.clear()
            case {"t": "resume-failed", "reason": reason}:
                self._is_refused(reason)
            case {"t": "bye"}:
                self.bye = thing
            case _:
                self._take_number(thing)

    def _take_number(self, thing: Object) -> None:
        match thing:
            case {"t": "taken", "n": number}:
                self._is_heard = True
                self._unsent |= {line for line in self._lines if line > number}
                self._unsent -= {line for line in self._lines if line <= number}
                self._release()
            case {"t": "done", "n": number}:
                for line in [line for line in self._lines if line <= number and line not in self._unsent]:
                    del self._lines[line]

    def _is_refused(self, reason: str) -> None:
        if reason == "already_used" and self._may_be_used and self._send is not None:
            self.token, self._next = self.token[:12] + self._next, ""
            self._says_hello(self._send)
            return
        self.refusals.append(reason)
        if reason != "unavailable":
            self.token = self._next = ""
            self._seen = 0
            self._is_pending = False
            self.abandoned |= self._lines.keys() - self._unsent
            self._lines = {number: self._lines[number] for number in sorted(self._unsent)}
            held, self._held = self._held, []
            for thing in held:
                self._take(thing)

    def _release(self) -> None:
        if self._send is None or not self.is_ready:
            return
        for number in sorted(self._unsent):
            self._send({"t": "line", "n": number, "text": self._lines[number]})
        self._unsent.clear()
