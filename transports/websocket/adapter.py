"""The two meanings a websocket connection can have: our JSON subprotocol, or raw messages.

`JsonAdapter` speaks `codec`: what a session sends in one turn of the loop becomes one text message, an array.
`RawAdapter` has no subprotocol: each text or binary message is one event and each sending call one message;
conformance suites and programs with a protocol of their own use it.

A line is acknowledged when the sink has taken it, that is, when the session answers for it. A client with a
secret name has each numbered line taken once, over all its connections (`receipts`). One that wants to go on
with an earlier session is told what was taken by that session, when it is found (`resuming`); when it is not,
the client may show another token at once.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gevent.socket import socket

from transports import packages
from transports.adapter import (
    BinaryReceived,
    Capabilities,
    CapabilitiesChanged,
    DataReceived,
    LineReceived,
    LineRefused,
    ProtocolViolated,
)
from transports.websocket import codec, resuming
from transports.websocket.connection import Connection
from transports.websocket.encoding import encode
from transports.websocket.options import WebOptions
from transports.websocket.receipts import Receipt, Receipts
from transports.websocket.session import ServerSession

__all__ = ["JsonAdapter", "RawAdapter"]

logger = logging.getLogger(__name__)


class JsonAdapter(Connection):
    """A client of the subprotocol "json.wyld-actors"."""

    __slots__ = (
        "_echoes",
        "_fragments",
        "_in_delivery",
        "_receipt",
        "_receipts",
        "_resumes",
        "_sequence",
        "_taken",
    )

    def __init__(
        self,
        sock: socket,
        session: ServerSession,
        options: WebOptions,
        *,
        peer: str,
        capabilities: Capabilities,
        receipts: Receipts,
        early_data: bytes = b"",
    ) -> None:
        super().__init__(sock, session, options, peer=peer, capabilities=capabilities, early_data=early_data)
        self._receipts = receipts
        self._receipt: Receipt | None = None
        self._fragments: list[bytes] | None = None
        # Numbers of lines: the last one the sink has taken, and the one it is being given.
        self._taken: int | None = None
        self._in_delivery: int | None = None
        # The number of the last output that was sent, until the message is complete.
        self._sequence: int | None = None
        # Whether a token was shown, and has not failed.
        self._resumes = False
        self._echoes = True

    # Sending

    def send(self, fragments: Sequence[bytes], prompt: bytes | None = None) -> None:
        """Send encoded texts (`encoding.encode`), then show the prompt, itself an encoded text."""
        for fragment in fragments:
            self._put(fragment)
        if prompt is not None:
            self._put(codec.prompt(prompt))

    def send_text(self, text: str) -> None:
        self._put(encode(text, self._capabilities.rendering))

    def send_line(self, text: str) -> None:
        self._put(encode(text + "\n", self._capabilities.rendering))

    def send_binary(self, data: bytes) -> None:
        if self._buffered(len(data)):
            self._put_buffered()
            self._session.send_binary(data)

    def send_data(self, package: str, value: object) -> None:
        """Send out-of-band data; package "status" with a mapping shows the state of the world's link.

        What a session says about going on has objects of its own (`resuming`).
        """
        match package, value:
            case packages.SEQUENCE, int():
                self._sequence = value
                self._schedule_flush()
            case packages.TAKEN, int():
                self._tell_taken(value)
            case packages.AGAIN, str():
                self.comes_again = True
                self.close(value)
            case _:
                self._put_data(package, value)

    def _put_data(self, package: str, value: object) -> None:
        make = resuming.OBJECTS.get(package)
        try:
            if package == packages.STATUS and isinstance(value, Mapping):
                fragment = codec.status(dict(value))
            elif make is not None:
                fragment = make(value)
            else:
                fragment = codec.data(package, value)
        except (TypeError, ValueError, RecursionError):
            logger.warning("connection %s: data %r is not JSON and was not sent", self._peer, package)
            return
        self._put(fragment)
        if package == packages.FAILED:
            self._resumes = False
            if self._receipt is not None:
                self._put(codec.taken(self._receipt.taken))

    def _tell_taken(self, number: int) -> None:
        """The session knows better than this listener: lines may have come by another, or be lost."""
        if self._receipt is not None:
            self._receipt.taken = number
            self._put(codec.taken(number))

    def set_echo(self, enabled: bool) -> None:
        if enabled != self._echoes:
            self._echoes = enabled
            self._put(codec.echo(enabled))

    def _put(self, fragment: bytes) -> None:
        if self._buffered(len(fragment)):
            if self._fragments is None:
                self._fragments = [fragment]
            else:
                self._fragments.append(fragment)

    def _put_buffered(self) -> None:
        for number, make in ((self._sequence, codec.sequence), (self._taken, codec.acknowledgement)):
            if number is not None:
                self._fragments = [*(self._fragments or ()), make(number)]
        self._sequence = self._taken = None
        if self._fragments is not None:
            fragments, self._fragments = self._fragments, None
            self._session.send_text(codec.join(fragments))

    def _drop_buffered(self) -> None:
        self._fragments = self._sequence = self._taken = None

    def _say_goodbye(self, reason: str) -> None:
        # A line that makes the session close ("quit") has been taken: sent again, it closes the next one.
        self._acknowledge(self._in_delivery)
        self._put(codec.bye(reason, again=self.comes_again))

    # Receiving

    def _receive_text(self, text: str, now: float) -> None:
        message = codec.decode(text, self._options.line_limit_bytes)
        match message:
            case codec.Line():
                self._take_line(message)
            case codec.Ping():
                self._put(codec.pong(message.at))
            case codec.Hello():
                self._take_hello(message)
            case codec.Seen():
                self._deliver(resuming.seen(message))
            case codec.Data():
                self._deliver(DataReceived(message.package, message.value))
            case codec.Refusal():
                self._refuse(message, now)

    def _receive_binary(self, data: bytes, now: float) -> None:
        explanation = "This subprotocol has no binary messages: send JSON as text."
        self._refuse(codec.Refusal(codec.RefusalCode.BINARY, explanation), now)

    def _finish(self) -> None:
        try:
            super()._finish()
        finally:
            if self._receipt is not None:
                self._receipt.release(self)

    def _take_line(self, line: codec.Line) -> None:
        if self._is_superseded or not self.takes_events:
            return
        if self._is_new(line.n):
            self._in_delivery = line.n
            # Only a client with a name counts its lines over more than one connection.
            number = line.n if self._receipt is not None else None
            self._deliver(LineReceived(line.text, number))
            self._in_delivery = None
        self._acknowledge(line.n)

    @property
    def _is_superseded(self) -> bool:
        """Whether the client has another connection by now."""
        return self._receipt is not None and self._receipt.holder is not self

    def _is_new(self, number: int | None) -> bool:
        if number is None or self._receipt is None:
            return True
        return self._receipt.take(number)

    def _acknowledge(self, number: int | None) -> None:
        if number is not None:
            self._taken = max(number, self._taken or 0)
            self._schedule_flush()

    def _take_hello(self, hello: codec.Hello) -> None:
        capabilities = replace(
            self._capabilities,
            columns=hello.columns,
            rows=hello.rows,
            client_name=codec.clean(hello.client),
            client_version=codec.clean(hello.version),
        )
        if capabilities != self._capabilities:
            self._capabilities = capabilities
            self._deliver(CapabilitiesChanged(capabilities))
        resumption = None if self._resumes else resuming.resumption(hello)
        if hello.id is not None and self._receipt is None:
            self._receipt = self._receipts.claim(hello.id, self)
            if resumption is None:
                self._put(codec.taken(self._receipt.taken))
        if resumption is not None:
            self._resumes = True
            self._deliver(resumption)

    def _refuse(self, refusal: codec.Refusal, now: float) -> None:
        if not self._session.spend(1, now):
            self._end_reason = self._end_reason or "too many refused messages"
            self._schedule_flush()
            return
        self._put(codec.error(refusal))
        if refusal.code == codec.RefusalCode.LINE_TOO_LONG:
            self._deliver(LineRefused(refusal.message, self._options.line_limit_bytes))
        else:
            self._deliver(ProtocolViolated(f"{refusal.code}: {refusal.message}"))


class RawAdapter(Connection):
    """A client without a subprotocol: messages as they are, text as text and binary as binary."""

    __slots__ = ()

    def send(self, fragments: Sequence[bytes], prompt: bytes | None = None) -> None:
        """One text message of everything; the fragments must be UTF-8."""
        self._send_text(b"".join(fragments) + (prompt or b""))

    def send_text(self, text: str) -> None:
        self._send_text(text.encode("utf-8", "replace"))

    def send_line(self, text: str) -> None:
        self.send_text(text + "\n")

    def send_binary(self, data: bytes) -> None:
        if self._buffered(len(data)):
            self._session.send_binary(data)

    def send_data(self, package: str, value: object) -> None:
        """Nothing: there is no agreed form for it."""

    def set_echo(self, enabled: bool) -> None:
        """Nothing, as above."""

    def _send_text(self, data: bytes) -> None:
        if self._buffered(len(data)):
            self._session.send_text(data)

    def _receive_text(self, text: str, now: float) -> None:
        self._deliver(LineReceived(text))

    def _receive_binary(self, data: bytes, now: float) -> None:
        self._deliver(BinaryReceived(data))

    def _put_buffered(self) -> None:
        pass

    def _drop_buffered(self) -> None:
        pass
