"""What a session gives out so that its player can come back: tokens for programs, codes for people.

A token or code reaches its client only after the book has said that it is durable. It is made anew whenever
one has been used, and kept alive while the session lives, as the book lets none outlast its session. The
texts are in memory only, and in no `State`: a crash report may show one.

A program that has shown one may have made the next itself. That is durable since the other was used up, and
its client knows it: the same is kept alive and told, and nothing new is made that could be lost on the way.
"""

import logging
import secrets

from actors.gateway import reconnect_token
from actors.gateway.devices import Device
from actors.gateway.messages.client import SendData, TakesTokens
from actors.gateway.messages.tokens import KeepToken, NextTokenKept, TokenKept, TokenKind, TokenNotKept
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import SessionId
from actors.gateway.session_states import SessionState
from actors.gateway.session_stay import Stay
from actors.gateway.session_words import CODE_IN_VAIN, IN_PLAY_ALREADY, code_line
from transports import packages
from wyld_actors import Context, Message, Timer, on

logger = logging.getLogger(__name__)

# As long as the session at most: the book sees to that. Kept alive in time.
_TTL_SECONDS = 86_400.0
# At least, between two writings: half of what is left, again and again, comes to no end before the session.
_KEEP_ALIVE_SECONDS = 1.0
# For a database that is away.
_RETRY_SECONDS = 30.0

_LOGGED_IN = frozenset({SessionState.CHARACTER_SELECTION, SessionState.PLAYING, SessionState.DISCONNECTED})


class KeepAlive(Message, frozen=True):
    """To oneself: what was given out of this kind is to be good for longer."""

    kind: TokenKind
    digest: bytes

    def __repr__(self) -> str:
        return f"KeepAlive(kind={self.kind.value!r}, digest=***)"


class Tokens(Stay):
    """The part of a session that gives out tokens and codes."""

    def __init__(self, options: SessionOptions, number: SessionId, protocol: str, peer: str) -> None:
        super().__init__(options, number, protocol, peer)
        # By digest, what waits to be durable.
        self._offered: dict[bytes, str] = {}
        # What is good now, by kind.
        self._given: dict[TokenKind, bytes] = {}
        self._timers: dict[TokenKind, Timer] = {}
        # The line with a code that is good and that its player does not know yet.
        self._code_to_tell = ""
        self._is_code_asked_for = False

    def on_start(self) -> None:
        super().on_start()
        if self.ctx.incarnation > 1 and self._takes_tokens:
            # Nobody would keep alive what was given out before the crash.
            self._give_way_back()

    @on(TakesTokens)
    def takes_tokens(self, _ctx: Context, takes: TakesTokens) -> None:
        devices: tuple[Device, ...] = self.state.devices
        if any(one.connection == takes.connection and one.takes_tokens for one in devices):
            # It has one; another could be lost on the way, and that one would be gone.
            return
        self._set_devices(
            *(one.taking_tokens() if one.connection == takes.connection else one for one in devices)
        )
        self._give_way_back()

    # Giving ----------------------------------------------------------------------------------------

    def _give_way_back(self, next_secret: str = "", *, only: bool = False) -> None:
        """Something to come back with, for whoever is there: a token with this secret, or else a new one.
        With `only` nothing else leads back any more: two clients of one player would take the session from
        each other for ever."""
        if self._record.state not in _LOGGED_IN or not self.state.devices:
            return
        if only or self._takes_tokens:
            token = self._token(next_secret)
            self._offer(TokenKind.TOKEN, token.digest, reconnect_token.encode(token))
        if only or self._announces_code:
            self._give_code()

    def _announce_code(self) -> None:
        """Play begins, and the world has said nothing yet. A code was made at login, so that it is good by
        now and its line stands before the room. It stays the same from character to character."""
        if self._code_to_tell:
            self._tell_code()
        elif self._announces_code and TokenKind.CODE not in self._given:
            self._give_way_back()

    def _tell_code(self) -> None:
        text, self._code_to_tell = self._code_to_tell, ""
        self._speak(text)

    @property
    def _announces_code(self) -> bool:
        return self._options.announce_code and not self._takes_tokens

    @property
    def _takes_tokens(self) -> bool:
        return any(device.takes_tokens for device in self.state.devices)

    def _token(self, secret: str) -> reconnect_token.Token:
        if secret:
            return reconnect_token.Token(self._number, reconnect_token.read_secret(secret))
        return reconnect_token.make(self._number, secrets.token_bytes)

    def _give_code(self) -> None:
        self._code_to_tell = ""
        code = reconnect_token.make_code(secrets.token_bytes)
        self._offer(TokenKind.CODE, code.digest, reconnect_token.encode_code(code))

    def _offer(self, kind: TokenKind, digest: bytes, text: str) -> None:
        self._offered[digest] = text
        self._given[kind] = digest
        self._keep_token(kind, digest)

    def _keep_token(self, kind: TokenKind, digest: bytes) -> None:
        self._tell_book(KeepToken(self._number, self.ctx.ref, digest, kind, _TTL_SECONDS))

    @on(TokenKept)
    def token_kept(self, ctx: Context, kept: TokenKept) -> None:
        digest = kept.digest
        kind = self._kind_of(digest)
        text = self._offered.pop(digest, None)
        if kind is None:
            # Another has taken its place.
            return
        self._keep_alive_in(ctx, max(kept.seconds / 2, _KEEP_ALIVE_SECONDS), kind)
        if text is None:
            return
        if kind is TokenKind.TOKEN:
            self._tell_client(SendData(packages.TOKEN, {"token": text, "seconds": kept.seconds}))
        elif self._is_code_asked_for:
            self._is_code_asked_for = False
            self._answer(code_line(text))
        elif self._announces_code:
            self._code_to_tell = code_line(text)
            if self._plays:
                self._tell_code()

    @on(TokenNotKept)
    def token_not_kept(self, ctx: Context, refused: TokenNotKept) -> None:
        digest = refused.digest
        kind = self._kind_of(digest)
        if kind is None:
            self._offered.pop(digest, None)
        elif refused.is_void:
            # With the password of the account, mostly: who is here stays, who goes comes back by login.
            del self._given[kind]
            if kind is TokenKind.CODE:
                self._code_to_tell = ""
        elif kind is TokenKind.CODE and digest in self._offered:
            del self._offered[digest], self._given[kind]
            if self._is_code_asked_for:
                self._is_code_asked_for = False
                self._answer(CODE_IN_VAIN)
        else:
            self._keep_alive_in(ctx, _RETRY_SECONDS, kind)

    @on(NextTokenKept)
    def next_token_kept(self, ctx: Context, kept: NextTokenKept) -> None:
        """Whether its client comes as far as here or not, it may come by that again."""
        self._given[TokenKind.TOKEN] = kept.digest
        self._keep_alive_in(ctx, _RETRY_SECONDS, TokenKind.TOKEN)

    def _keep_alive_in(self, ctx: Context, seconds: float, kind: TokenKind) -> None:
        if kind in self._timers:
            self._timers.pop(kind).cancel()
        self._timers[kind] = ctx.after(seconds, KeepAlive(kind, self._given[kind]))

    @on(KeepAlive)
    def keep_alive(self, _ctx: Context, keep: KeepAlive) -> None:
        if self._given.get(keep.kind) == keep.digest:
            self._keep_token(keep.kind, keep.digest)

    def _kind_of(self, digest: bytes) -> TokenKind | None:
        return next((kind for kind, given in self._given.items() if given == digest), None)

    # Asked for -------------------------------------------------------------------------------------

    def _hear_reconnect(self, line: str) -> bool:
        """Whether the line is for the gateway and never for the world: there may be a secret in it."""
        word, _, rest = line.strip().partition(" ")
        if word.lower() != "reconnect":
            return False
        if rest.strip():
            self._answer(IN_PLAY_ALREADY)
        else:
            self._is_code_asked_for = True
            self._give_code()
        return True
