"""Answers one request of a gateway, and ends. May wait: for the database, for a supervisor.

An expected "no" is a Failure with its code and words that say how to mend it; what is not expected
crashes the clerk, and the desk answers for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from actors.gateway_errors import GatewayError
from actors.names import checked_name
from actors.storage import requests as store
from actors.storage.accounts import AccountRecord
from actors.storage.characters import CharacterRecord
from actors.storage.entities import EntityRecord
from actors.storage.errors import NameTaken, StorageRefused, StoreBusy, UnusableName, WrongCredentials
from actors.world.atlas_records import RoomKey
from actors.world.backgrounds import BACKGROUNDS, BY_ID
from actors.world.character import Character, newborn
from actors.world.entity import Entity
from actors.world.outlet import KEEPER
from actors.world.restoring import awakened
from actors.world.saving import decode
from actors.world.session import CloseWorldSession
from actors.world_keeper import Recall, SaveNow
from actors.world_link_messages import (
    AnswerRequest,
    CloseStreams,
    GetLinkStatus,
    LinkStatus,
    OpenStreams,
    ServeRequest,
    SessionUp,
    StreamPosition,
)
from actors.world_play import SESSIONS, NotStarted, Play
from transports.link import protocol as wire
from transports.link.protocol import FailureCode
from transports.link.requests import failure
from wyld_actors import Actor, ActorDeadError, AskTimeout, Context, Message, Ref, on

__all__ = ["Clerk", "ClerkOptions", "Work"]


@dataclass(frozen=True, slots=True)
class ClerkOptions:
    """What the world allows to an account."""

    store_name: str = "store"
    # As many as a list on a phone shows without scrolling.
    characters_per_account: int = 8
    # NIST SP 800-63B 5.1.1.2: "at least 8 characters in length".
    password_characters: int = 8
    # Longer ones only cost time to hash.
    password_characters_at_most: int = 128


class Work(Message, frozen=True):
    """To a clerk: this is yours; the desk wants the answer."""

    task: ServeRequest
    desk: Ref


class _No(Exception):
    """Ends a request with a Failure."""

    def __init__(self, code: FailureCode, text: str = "") -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


class Clerk(Actor):
    """One request."""

    def __init__(self, options: ClerkOptions, play: Play) -> None:
        self._options = options
        self._play = play

    @on(Work)
    def work(self, ctx: Context, message: Work) -> None:
        """Answer, and end."""
        task = message.task
        try:
            if isinstance(task.request.body, wire.SelectCharacter):
                self.select_character(ctx, task, task.request.body)
                ctx.stop()
                return
            body = _SERVICES[type(task.request.body)](self, ctx, task, task.request.body)
            answer: wire.Reply | wire.Failure = wire.Reply(task.request.id, body)
        except _No as no:
            answer = failure(task.request.id, no.code, no.text)
        except (StorageRefused, NotStarted, AskTimeout, ActorDeadError) as error:
            answer = failure(task.request.id, _code_of(error))
        ctx.tell(message.desk, AnswerRequest(task.client, task.peer, answer))
        ctx.stop()

    def _store(self, ctx: Context, request: store.StoreRequest) -> Any:
        target = ctx.system.registry.whereis(self._options.store_name)
        if target is None:
            raise _No(FailureCode.UNAVAILABLE)
        # A login waits for its turn to be hashed; the gateway gives up after its own deadline.
        return ctx.ask(target, request, timeout_seconds=15.0)

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
        at_least, at_most = self._options.password_characters, self._options.password_characters_at_most
        if not at_least <= len(body.password) <= at_most:
            raise _No(FailureCode.PASSWORD_WEAK, f"A password has {at_least} to {at_most} characters.")
        if body.password.lower() == name.lower() * (len(body.password) // len(name)):
            raise _No(FailureCode.PASSWORD_WEAK, "Your name is no password. Choose another one.")
        account = self._store(ctx, store.CreateAccount(name, body.password))
        return wire.AccountCreated(_account(account), self._options.characters_per_account)

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
            raise _No(FailureCode.UNKNOWN_BACKGROUND)
        if len(self._characters(ctx, body.account)) >= self._options.characters_per_account:
            raise _No(FailureCode.TOO_MANY_CHARACTERS)
        record = self._store(ctx, store.CreateCharacter(body.account, name, body.background))
        return wire.CharacterCreated(_character(record, self._newborn(record)))

    def select_character(self, ctx: Context, task: ServeRequest, body: wire.SelectCharacter) -> None:
        """Into the world: streams first, then the character, then the session that plays it.

        A session that has played before first gets the end of that saved: the gateway numbers its lines from
        here on, so no world may ever go back to before it. The answer goes out with SessionUp, in order
        with the first outputs.
        """
        known = {record.id: record for record in self._characters(ctx, body.account)}
        record = known.get(body.character)
        if record is None:
            raise _No(FailureCode.NO_SUCH_CHARACTER)
        self._store(ctx, store.SelectCharacter(body.account, record.name))
        outlet = self._outlet()
        session = task.request.session
        position: StreamPosition = ctx.ask(outlet, OpenStreams(session, body.applied))
        if not position.is_saved:
            ctx.ask(self._keeper(ctx), SaveNow(), timeout_seconds=15.0)
        state = self._state(ctx, record)
        character = self._play.character(ctx, state)
        ref = self._play.session(ctx, session, character, state, position.applied)
        selected = wire.CharacterSelected(
            _character(record, state), state.id, position.applied, position.outputs
        )
        answer = AnswerRequest(task.client, task.peer, wire.Reply(task.request.id, selected))
        ctx.tell(outlet, SessionUp(session, ref, state.id, answer))

    def _characters(self, ctx: Context, account: int) -> list[CharacterRecord]:
        records: list[CharacterRecord] = self._store(ctx, store.ListCharacters(account))
        return records

    def _summaries(self, ctx: Context, account: int) -> tuple[wire.CharacterSummary, ...]:
        records = self._characters(ctx, account)
        found = self._store(ctx, store.FindEntities(tuple(record.entity_id for record in records)))
        places = {entity.id: self._place(entity) for entity in found}
        return tuple(
            wire.CharacterSummary(
                record.id,
                record.name,
                record.background,
                places.get(record.entity_id, ""),
                record.last_played_at.timestamp() if record.last_played_at else None,
            )
            for record in records
        )

    def _place(self, entity: EntityRecord) -> str:
        state = decode(entity.state, Character, entity.id)
        assert isinstance(state, Character.State)
        plan = self._play.around.atlas.rooms.get(RoomKey(state.room.removeprefix("room:")))
        return plan.name if plan else ""

    def _state(self, ctx: Context, record: CharacterRecord) -> Character.State:
        """How the character was left: not written yet, written, or never played."""
        state: Entity.State | None = ctx.ask(self._keeper(ctx), Recall(record.entity_id))
        if state is None:
            found: list[EntityRecord] = self._store(ctx, store.FindEntities((record.entity_id,)))
            state = decode(found[0].state, Character, record.entity_id) if found else None
        if not isinstance(state, Character.State):
            return self._newborn(record)
        return awakened(self._play.around.atlas, state)

    def _newborn(self, record: CharacterRecord) -> Character.State:
        atlas = self._play.around.atlas
        return newborn(atlas, record.entity_id, record.id, record.name, record.background)

    # Sessions ---------------------------------------------------------------------------------------------

    def leave_character(
        self, ctx: Context, task: ServeRequest, body: wire.LeaveCharacter
    ) -> wire.CharacterLeft:
        """Out of the world; CharacterReleased follows in the output stream."""
        self._world_session(ctx, task).tell(CloseWorldSession())
        return wire.CharacterLeft(0)

    def session_disconnected(
        self, ctx: Context, task: ServeRequest, body: wire.SessionDisconnected
    ) -> wire.DisconnectNoted:
        """The client is gone, and with it the session."""
        ctx.tell(self._outlet(), CloseStreams(task.request.session))
        return wire.DisconnectNoted(0.0)

    def session_reconnected(
        self, ctx: Context, task: ServeRequest, body: wire.SessionReconnected
    ) -> wire.SessionResumed:
        """The client is back before the world let the session go."""
        self._world_session(ctx, task)
        return wire.SessionResumed()

    def close_session(self, ctx: Context, task: ServeRequest, body: wire.CloseSession) -> wire.SessionClosed:
        """The session is over for good."""
        ctx.tell(self._outlet(), CloseStreams(task.request.session))
        return wire.SessionClosed()

    def report_queues(
        self, ctx: Context, task: ServeRequest, body: wire.ReportQueues
    ) -> wire.QueueStatistics:
        """How full the queues are."""
        status: LinkStatus = ctx.ask(self._outlet(), GetLinkStatus())
        return wire.QueueStatistics(
            status.sessions,
            status.commands_waiting,
            status.commands_not_durable,
            status.outputs_unacknowledged,
        )

    def _keeper(self, ctx: Context) -> Ref:
        keeper = ctx.system.registry.whereis(KEEPER)
        if keeper is None:
            raise _No(FailureCode.UNAVAILABLE)
        return keeper

    def _outlet(self) -> Ref:
        outlet = self._play.outlet
        if outlet is None:
            raise _No(FailureCode.UNAVAILABLE)
        return outlet

    def _world_session(self, ctx: Context, task: ServeRequest) -> Ref:
        ref = ctx.system.find(f"{SESSIONS}/session-{task.request.session}")
        if ref is None:
            raise _No(FailureCode.NO_SUCH_SESSION)
        return ref


_SERVICES: Mapping[type, Callable[[Clerk, Context, ServeRequest, Any], wire.ReplyBody]] = {
    wire.Authenticate: Clerk.authenticate,
    wire.CreateAccount: Clerk.create_account,
    wire.ListBackgrounds: Clerk.list_backgrounds,
    wire.ListCharacters: Clerk.list_characters,
    wire.CreateCharacter: Clerk.create_character,
    wire.LeaveCharacter: Clerk.leave_character,
    wire.SessionDisconnected: Clerk.session_disconnected,
    wire.SessionReconnected: Clerk.session_reconnected,
    wire.CloseSession: Clerk.close_session,
    wire.ReportQueues: Clerk.report_queues,
}

_CODES: tuple[tuple[type[Exception], FailureCode], ...] = (
    (WrongCredentials, FailureCode.BAD_CREDENTIALS),
    (NameTaken, FailureCode.NAME_TAKEN),
    (UnusableName, FailureCode.NAME_INVALID),
    (StoreBusy, FailureCode.OVERLOADED),
)


def _code_of(error: Exception) -> FailureCode:
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return FailureCode.UNAVAILABLE


def _checked(name: str) -> str:
    try:
        return checked_name(name)
    except GatewayError as problem:
        raise _No(FailureCode.NAME_INVALID, str(problem)) from problem


def _account(record: AccountRecord) -> wire.AccountRecord:
    last = record.last_login_at
    return wire.AccountRecord(
        record.id, record.name, record.created_at.timestamp(), last.timestamp() if last else None
    )


def _character(record: CharacterRecord, state: Character.State) -> wire.CharacterRecord:
    last = record.last_played_at
    return wire.CharacterRecord(
        record.id,
        record.name,
        state.background,
        dict(state.attributes),
        state.room,
        record.created_at.timestamp(),
        last.timestamp() if last else None,
    )
