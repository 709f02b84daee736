"""Answers one request of a gateway, and ends. May wait: for the database, for a supervisor.

An expected "no" is a Failure with its code and words that say how to mend it; what is not expected
crashes the clerk, and the desk answers for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from actors.entrance.entering import Entering, character_of
from actors.entrance.play import NotStarted
from actors.entrance.service import ClerkOptions, No, code_of
from actors.names import BadName, checked_name
from actors.storage import requests as store
from actors.storage.accounts import AccountRecord
from actors.storage.entities import EntityRecord
from actors.storage.errors import StorageRefused, WrongCredentials
from actors.world.atlas_records import RoomKey
from actors.world.backgrounds import BACKGROUNDS, BY_ID, called
from actors.world.character import Character
from actors.world.errors import UnreadableStateError
from actors.world.paths import SESSIONS
from actors.world.saving import decode
from actors.world.session import CloseWorldSession
from actors.world_link.messages import (
    AnswerRequest,
    CloseStreams,
    CountQueues,
    EndAccountSessions,
    ServeRequest,
    SessionLeft,
)
from transports.link import protocol as wire
from transports.link.protocol import FailureCode
from transports.link.requests import failure
from wyld_actors import ActorDeadError, AskTimeout, Context, Message, Ref, on

__all__ = ["Clerk", "ClerkOptions", "Work"]

logger = logging.getLogger(__name__)


class Work(Message, frozen=True):
    """To a clerk: this is yours; the desk wants the answer."""

    task: ServeRequest
    desk: Ref


class Clerk(Entering):
    """One request."""

    @on(Work)
    def work(self, ctx: Context, message: Work) -> None:
        """Answer, and end."""
        answer = self._answer(ctx, message.task)
        if answer is not None:
            ctx.tell(message.desk, AnswerRequest(message.task.client, answer))
        ctx.stop()

    def _answer(self, ctx: Context, task: ServeRequest) -> wire.Reply | wire.Failure | None:
        """None: the answer is on its way already."""
        request = task.request
        try:
            if isinstance(request.body, wire.SelectCharacter):
                self.select_character(ctx, task, request.body)
                return None
            return wire.Reply(request.id, _SERVICES[type(request.body)](self, ctx, task, request.body))
        except No as no:
            self._excuses.note(type(request.body).__name__, no.code, no, ctx.now)
            return failure(request.id, no.code, no.text)
        except (StorageRefused, SessionLeft, NotStarted, AskTimeout, ActorDeadError) as error:
            code = code_of(error)
            self._excuses.note(type(request.body).__name__, code, error, ctx.now)
            return failure(request.id, code)

    # Accounts ---------------------------------------------------------------------------------------------

    def authenticate(self, ctx: Context, task: ServeRequest, body: wire.Authenticate) -> wire.Authenticated:
        """A password is checked; the characters come with the answer."""
        account = self._store(ctx, store.Authenticate(body.name, body.password))
        return wire.Authenticated(
            _account(account), self._summaries(ctx, account.id), self._options.characters_per_account
        )

    def create_account(
        self, ctx: Context, task: ServeRequest, body: wire.CreateAccount
    ) -> wire.AccountCreated:
        """A new account."""
        name = _checked(body.name)
        self._refuse_weak(name, body.password)
        account = self._store(ctx, store.CreateAccount(name, body.password))
        return wire.AccountCreated(_account(account), self._options.characters_per_account)

    def change_password(
        self, ctx: Context, task: ServeRequest, body: wire.ChangePassword
    ) -> wire.PasswordChanged:
        """Another password, for who knows the one there is. Whoever else is here with the account goes."""
        self._refuse_weak(body.name, body.new_password)
        try:
            changing = store.ChangePassword(body.name, body.password, body.new_password)
            account = self._store(ctx, changing)
        except WrongCredentials as wrong:
            raise No(FailureCode.BAD_CREDENTIALS, "That is not your password. It stays as it is.") from wrong
        ctx.tell(self._outlet(), EndAccountSessions(account.id, task.request.session))
        return wire.PasswordChanged()

    def _refuse_weak(self, name: str, password: str) -> None:
        at_least, at_most = self._options.password_characters, self._options.password_characters_at_most
        if not at_least <= len(password) <= at_most:
            raise No(FailureCode.PASSWORD_WEAK, f"A password has {at_least} to {at_most} characters.")
        if password.lower() == name.lower() * (len(password) // max(len(name), 1)):
            raise No(FailureCode.PASSWORD_WEAK, "Your name is no password. Choose another one.")

    # Characters -------------------------------------------------------------------------------------------

    def list_backgrounds(
        self, ctx: Context, task: ServeRequest, body: wire.ListBackgrounds
    ) -> wire.BackgroundList:
        """What a new character can be."""
        return wire.BackgroundList(
            tuple(
                wire.Background(one.id, one.name, one.description, dict(one.attributes))
                for one in BACKGROUNDS
            )
        )

    def list_characters(
        self, ctx: Context, task: ServeRequest, body: wire.ListCharacters
    ) -> wire.CharacterList:
        """Whom the account can play."""
        return wire.CharacterList(self._summaries(ctx, body.account), self._options.characters_per_account)

    def create_character(
        self, ctx: Context, task: ServeRequest, body: wire.CreateCharacter
    ) -> wire.CharacterCreated:
        """A new character; it comes into the world when it is selected."""
        name = _checked(body.name)
        if body.background not in BY_ID:
            raise No(FailureCode.UNKNOWN_BACKGROUND)
        if len(self._characters(ctx, body.account)) >= self._options.characters_per_account:
            raise No(FailureCode.TOO_MANY_CHARACTERS)
        record = self._store(ctx, store.CreateCharacter(body.account, name, body.background))
        return wire.CharacterCreated(character_of(record, self._newborn(record)))

    def _summaries(self, ctx: Context, account: int) -> tuple[wire.CharacterSummary, ...]:
        records = self._characters(ctx, account)
        found = self._store(ctx, store.FindEntities(tuple(record.entity_id for record in records)))
        places = {entity.id: self._place(entity) for entity in found}
        return tuple(
            wire.CharacterSummary(
                record.id,
                record.name,
                called(record.background),
                places.get(record.entity_id, ""),
                record.last_played_at.timestamp() if record.last_played_at else None,
                is_played=bool(self._play.player_of(record.entity_id)),
            )
            for record in records
        )

    def _place(self, entity: EntityRecord) -> str:
        try:
            state = decode(entity.state, Character, entity.id)
        except UnreadableStateError as error:
            # Its player is told when he chooses it; the others can be played all the same.
            logger.error("%s", error)
            return ""
        assert isinstance(state, Character.State)
        plan = self._play.around.atlas.rooms.get(RoomKey(state.room.removeprefix("room:")))
        return plan.name if plan else ""

    # Sessions ---------------------------------------------------------------------------------------------

    def leave_character(
        self, ctx: Context, task: ServeRequest, body: wire.LeaveCharacter
    ) -> wire.CharacterLeft:
        """Out of the world; CharacterReleased follows in the output stream."""
        self._world_session(ctx, task).tell(CloseWorldSession())
        return wire.CharacterLeft(0)

    def close_session(self, ctx: Context, task: ServeRequest, body: wire.CloseSession) -> wire.SessionClosed:
        """The session is over for good."""
        ctx.tell(self._outlet(), CloseStreams(task.request.session))
        return wire.SessionClosed()

    def report_queues(
        self, ctx: Context, task: ServeRequest, body: wire.ReportQueues
    ) -> wire.QueueStatistics:
        """How full the queues are."""
        counted: wire.QueueStatistics = ctx.ask(self._outlet(), CountQueues(task.client))
        return counted

    def _world_session(self, ctx: Context, task: ServeRequest) -> Ref:
        ref = ctx.system.find(f"{SESSIONS}/session-{task.request.session}")
        if ref is None:
            raise No(FailureCode.NO_SUCH_SESSION)
        return ref


_SERVICES: Mapping[type, Callable[[Clerk, Context, ServeRequest, Any], wire.ReplyBody]] = {
    wire.Authenticate: Clerk.authenticate,
    wire.CreateAccount: Clerk.create_account,
    wire.ChangePassword: Clerk.change_password,
    wire.ListBackgrounds: Clerk.list_backgrounds,
    wire.ListCharacters: Clerk.list_characters,
    wire.CreateCharacter: Clerk.create_character,
    wire.LeaveCharacter: Clerk.leave_character,
    wire.CloseSession: Clerk.close_session,
    wire.ReportQueues: Clerk.report_queues,
}


def _checked(name: str) -> str:
    try:
        return checked_name(name)
    except BadName as problem:
        raise No(FailureCode.NAME_INVALID, str(problem)) from problem


def _account(record: AccountRecord) -> wire.AccountRecord:
    last = record.last_login_at
    return wire.AccountRecord(
        record.id, record.name, record.created_at.timestamp(), last.timestamp() if last else None
    )
