"""Players for tests: what is typed goes out as it would from a real client, what is seen is plain text.

A player keeps all it has been shown in `text`, without colours, telnet commands or frames, and with straight
quotation marks. `sees` waits for words and remembers how far it has read, so a conversation is a list of
`types` and `sees`. White space in the words stands for any white space: a client's window decides where a
line breaks.

Nothing waits without a deadline, and nobody waits for something *not* to come: `catch_up` asks the server a
question of its own and returns what was shown until the answer.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Self

import gevent
from gevent.event import Event
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

__all__ = ["LIMIT_SECONDS", "PASSWORD", "STRAIGHT", "Player", "TelnetPlayer", "WebPlayer", "gmcp"]

# For one step of a conversation, on a machine that does much else.
LIMIT_SECONDS = 20.0
PASSWORD = "correct horse battery"

IAC, WILL, WONT, DO, DONT = 255, 251, 252, 253, 254
SB = 250
ECHO, GMCP = 1, 201
STRAIGHT = str.maketrans("“”‘’", "\"\"''")
_nonces = itertools.count(1)


def gmcp(message: str, *, is_first: bool = False) -> bytes:
    """IAC SB GMCP, after IAC DO GMCP if nothing was agreed yet."""
    agreed = bytes((255, 253, 201)) if is_first else b""
    return agreed + bytes((255, 250, 201)) + message.encode() + bytes((255, 240))


class Player:
    """Somebody at a client. `hides` is whether the client shows what is typed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""
        self.hides = False
        self.is_gone = False
        self._read = 0
        self._news = Event()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.leave()

    def types(self, *lines: str) -> None:
        """Send these lines."""
        raise NotImplementedError

    def leave(self) -> None:
        """Close the connection, as it is."""
        raise NotImplementedError

    def sees(self, words: str, within: float = LIMIT_SECONDS) -> str:
        """Wait for `words`, and return what stood before them and had not been read."""
        pattern = re.compile(r"\s+".join(map(re.escape, words.split())))

        def found() -> str | None:
            match = pattern.search(self.text, self._read)
            if match is None:
                return None
            before, self._read = self.text[self._read : match.start()], match.end()
            return before

        return self._until(found, f"words {words!r}", within)

    def until_count(self, count: int, *patterns: str, within: float = LIMIT_SECONDS) -> None:
        """Wait until the patterns have been shown so often, all together, since the beginning."""
        pattern = re.compile("|".join(patterns))
        self._until(
            lambda: "" if len(pattern.findall(self.text)) >= count else None, f"{count} {patterns}", within
        )

    def is_sent_away(self, within: float = LIMIT_SECONDS) -> str:
        """Wait for the server to close the connection, and return the last words."""
        return self._until(lambda: self.text[self._read :] if self.is_gone else None, "end", within)

    def does(self, line: str, *words: str) -> str:
        """Type `line`, and wait for each of `words` in turn; returns what stood before the last."""
        self.types(line)
        before = ""
        for some in words:
            before = self.sees(some)
        return before

    def catch_up(self, within: float = LIMIT_SECONDS) -> str:
        """All that has not been read and was shown before the world's answer to a line typed now."""
        nonce = f"xyz{next(_nonces)}"
        self.types(nonce)
        return self.sees(f"There is no command '{nonce}'.", within)

    # Ways through the login ----------------------------------------------------------------------------

    def signs_up(self, background: str = "wanderer") -> Self:
        """Make an account and a character, both of this player's name, and enter the world."""
        self.sees("Your account's name")
        self.does("new", "A name for your account")
        self.does(self.name, "Choose a password:")
        self.does(PASSWORD, "The same password once more:")
        self.does(PASSWORD, "A name for your character")
        self.does(self.name, "Number or name of a background")
        self.does(background, "opens their eyes for the first time.", "Exits:")
        return self

    def gives_password(self, password: str = PASSWORD) -> None:
        """Answer the first two questions."""
        self.sees("Your account's name")
        self.does(self.name, "Password:")
        self.types(password)

    def logs_in(self) -> str:
        """Enter the world with the first character; returns what is shown of the place, up to its exits."""
        self.gives_password()
        self.sees("Which one?")
        return self.does("1", "Exits:")

    def logs_out(self) -> None:
        """Leave the world and the server."""
        self.does("quit", "Which one?")
        self.types("quit")
        self.is_sent_away()

    # What arrives --------------------------------------------------------------------------------------

    def _show(self, text: str) -> None:
        self.text += text.translate(STRAIGHT)
        self._news.set()

    def _end(self) -> None:
        self.is_gone = True
        self._news.set()

    def _until(self, found: Callable[[], str | None], what: str, within: float) -> str:
        deadline = time.monotonic() + within
        while True:
            self._news.clear()
            if (result := found()) is not None:
                return result
            if self.is_gone:
                raise AssertionError(f"{self} saw no {what} to the end, but {self.text[self._read :]!r}")
            if not self._news.wait(max(0.0, deadline - time.monotonic())):
                raise AssertionError(f"{self} saw no {what} in {within} s, but {self.text[self._read :]!r}")


class TelnetPlayer(Player):
    """A plain telnet client: it lets the server echo, and leaves every other offer unanswered, as some do."""

    _CONTROL = re.compile(
        rb"\xff(?:\xfa.*?\xff\xf0|[\xfb-\xfe].|[^\xfa-\xfe])|\x1b\[[0-9;]*[@-~]|\r\x00|\r", re.DOTALL
    )

    def __init__(self, name: str, port: int) -> None:
        super().__init__(name)
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_SECONDS)
        self._socket.settimeout(None)
        self._rest = b""
        self._gmcp: list[tuple[str, Any]] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._reader = gevent.spawn(self._listen)

    def types(self, *lines: str) -> None:
        self.sends(b"".join(line.encode() + b"\r\n" for line in lines))

    def sends(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def hangs_up_halfway(self) -> None:
        """Say that nothing more comes, and keep reading."""
        self._socket.shutdown(socket.SHUT_WR)

    def stops_reading(self) -> None:
        """Leave all that comes in the socket, and let that hold little."""
        self._reader.kill()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def leave(self) -> None:
        self._reader.kill()
        self._socket.close()

    def _listen(self) -> None:
        try:
            while data := self._socket.recv(65536):
                self._receive(self._rest + data)
        except OSError:
            pass
        self._end()

    def _receive(self, data: bytes) -> None:
        plain, start = b"", 0
        for match in self._CONTROL.finditer(data):
            plain += data[start : match.start()]
            start = match.end()
            self._obey(match[0])
        plain += data[start:]
        # A control that has not arrived as a whole.
        cut = min((at for mark in (b"\xff", b"\x1b") if (at := plain.find(mark)) >= 0), default=len(plain))
        self._rest = plain[cut:]
        self._show(self._decoder.decode(plain[:cut]))

    def until_gmcp(self, package: str) -> Any:
        """Wait for a message of this package; the value of the newest, which are all forgotten then."""

        def found() -> str | None:
            return "" if any(name == package for name, _ in self._gmcp) else None

        self._until(found, package, LIMIT_SECONDS)
        value = [value for name, value in self._gmcp if name == package][-1]
        self._gmcp.clear()
        return value

    def _obey(self, control: bytes) -> None:
        if control[1:3] == bytes([SB, GMCP]):
            package, _, value = control[3:-2].decode().partition(" ")
            self._gmcp.append((package, json.loads(value) if value else None))
            self._news.set()
        if control[2:] == bytes([ECHO]) and control[1] in (WILL, WONT):
            self.hides = control[1] == WILL
            self.sends(bytes([IAC, DO if self.hides else DONT, ECHO]))


class WebPlayer(Player):
    """A client of docs/web-protocol.md that is no browser."""

    def __init__(self, name: str, port: int) -> None:
        super().__init__(name)
        self.statuses: list[str] = []
        self.tokens: list[str] = []
        self.errors: list[dict[str, Any]] = []
        self.acknowledged = 0
        self.bye: dict[str, Any] | None = None
        self._numbers = itertools.count(1)
        self._stack = ExitStack()
        self._socket = self._stack.enter_context(
            connect(
                f"ws://127.0.0.1:{port}/ws",
                subprotocols=[Subprotocol("json.wyld-actors")],
                open_timeout=LIMIT_SECONDS,
            )
        )
        self._reader = gevent.spawn(self._listen)

    def types(self, *lines: str) -> None:
        for line in lines:
            self.sends({"t": "line", "n": next(self._numbers), "text": line})

    def sends(self, message: object) -> None:
        """Send a message as it is."""
        self._socket.send(json.dumps(message))

    def until_token(self) -> str:
        """The newest that it was given, waited for if there was none."""
        return self._until(lambda: self.tokens[-1] if self.tokens else None, "token", LIMIT_SECONDS)

    def leave(self) -> None:
        self._stack.close()
        self._reader.join(LIMIT_SECONDS)

    def _listen(self) -> None:
        try:
            while True:
                for message in json.loads(self._socket.recv()):
                    self._receive(message)
        except ConnectionClosed:
            self._end()

    def _receive(self, message: dict[str, Any]) -> None:
        match message["t"]:
            case "text" | "prompt":
                self._show("".join(text for _, text in message["spans"]))
            case "echo":
                self.hides = not message["on"]
            case "status":
                self.statuses.append(message["world"])
            case "ack":
                self.acknowledged = message["n"]
            case "error":
                self.errors.append(message)
            case "token":
                self.tokens.append(message["token"])
            case "bye":
                self.bye = message
        self._news.set()
