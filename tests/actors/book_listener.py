"""A session as the book of sessions knows it: it notes what it is told."""

from __future__ import annotations

from actors.gateway.messages.tokens import Resumable, ResumeRefused, TokenKept, TokenNotKept
from wyld_actors import Actor, Context, Message, on

__all__ = ["BookListener"]


class BookListener(Actor):
    """Adds what it hears to the list it was given."""

    def __init__(self, heard: list[Message]) -> None:
        super().__init__()
        self._heard = heard

    @on(TokenKept, TokenNotKept, Resumable, ResumeRefused)
    def hear(self, _ctx: Context, message: Message) -> None:
        self._heard.append(message)
