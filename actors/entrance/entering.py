"""How a player comes into play: from a selection to a character with a session, or a "no" that says why.

The streams first, so that no output is lost; then the character, as it was left; then the session that hands
it its lines. The answer goes out with SessionUp, in order with the first outputs.

What may happen at the same time: the character is just leaving play with another session, or is played by one
already. A character that has let go meanwhile is begun anew with what it was saved as; one that is played is
taken over, but not by a session without client, whose player has gone on elsewhere. Selections of one account
are served one after the other (`desk`).
"""

from __future__ import annotations

from actors.checkpoint.keeper import Recall, SaveNow
from actors.entrance.play import NotStarted, Play
from actors.entrance.service import No, Service
from actors.storage import requests as store
from actors.storage.characters import CharacterRecord
from actors.storage.entities import EntityRecord
from actors.world.character import Character, newborn
from actors.world.entity import Entity
from actors.world.errors import UnreadableStateError
from actors.world.outlet import KEEPER
from actors.world.restoring import awakened
from actors.world.saving import decode
from actors.world_link.messages import AnswerRequest, OpenStreams, ServeRequest, SessionUp, StreamPosition
from transports.link import protocol as wire
from transports.link.protocol import FailureCode
from wyld_actors import Context, Ref

__all__ = ["Entering"]

# A gateway that gives up in the same moment would not know that its player is in the world: what is later
# than this is too late.
_MARGIN_SECONDS = 1.0
# A character leaves play once; a second time within one selection would be somebody else's hand at it.
_ATTEMPTS = 3
SAVE_SECONDS = 15.0
_UNREADABLE = (
    "What was saved of this character cannot be read. Nothing of it is lost; the operators have to mend it."
)


class Entering(Service):
    """The part of a clerk that brings characters into play."""

    _play: Play

    def select_character(self, ctx: Context, task: ServeRequest, body: wire.SelectCharacter) -> None:
        """See the module. The answer is sent by the link."""
        record = self._record(ctx, body)
        session = task.request.session
        if body.gives_way and self._play.player_of(record.entity_id) not in (0, session):
            raise No(FailureCode.ALREADY_PLAYING)
        self._play.end_session(ctx, session)
        for _ in range(_ATTEMPTS):
            self._check_time(ctx, task)
            if self._enter(ctx, task, record, body.applied):
                return
            # The character was on its way out. Its session has noticed, and goes as well.
            self._play.end_session(ctx, session)
        raise No(FailureCode.UNAVAILABLE, cause=f"{record.name} left play each time it was to be played")

    def _record(self, ctx: Context, body: wire.SelectCharacter) -> CharacterRecord:
        known = {record.id: record for record in self._characters(ctx, body.account)}
        record = known.get(body.character)
        if record is None:
            raise No(FailureCode.NO_SUCH_CHARACTER)
        self._store(ctx, store.SelectCharacter(body.account, record.name))
        return record

    def _check_time(self, ctx: Context, task: ServeRequest) -> None:
        if ctx.now + _MARGIN_SECONDS > task.deadline:
            raise No(FailureCode.DEADLINE_PASSED)

    def _enter(
        self, ctx: Context, task: ServeRequest, record: CharacterRecord, applied: wire.CommandNumber
    ) -> bool:
        """One attempt. False if the character left play meanwhile.

        A session that has played before first gets the end of that saved: the gateway numbers its lines from
        here on, so no world may ever go back to before it.
        """
        session, outlet = task.request.session, self._outlet()
        position: StreamPosition = ctx.ask(outlet, OpenStreams(session, applied))
        if not position.is_saved:
            ctx.ask(self._keeper(ctx), SaveNow(), timeout_seconds=SAVE_SECONDS)
        state = self._state(ctx, record)
        # The waiting is over: from here on it is a matter of microseconds.
        self._check_time(ctx, task)
        character = self._play.character(ctx, state)
        try:
            ref = self._play.session(ctx, session, character, state, position.applied)
        except NotStarted:
            self._play.let_go(character)
            raise
        if not self._play.is_attached(ctx, character):
            return False
        selected = wire.CharacterSelected(
            character_of(record, state), state.id, position.applied, position.outputs
        )
        answer = AnswerRequest(task.client, wire.Reply(task.request.id, selected))
        ctx.tell(outlet, SessionUp(session, ref, state.id, state.number, answer))
        return True

    def _state(self, ctx: Context, record: CharacterRecord) -> Character.State:
        """How the character was left: not written yet, written, or never played."""
        state: Entity.State | None = ctx.ask(self._keeper(ctx), Recall(record.entity_id))
        if state is None:
            found: list[EntityRecord] = self._store(ctx, store.FindEntities((record.entity_id,)))
            if not found:
                return self._newborn(record)
            try:
                state = decode(found[0].state, Character, record.entity_id)
            except UnreadableStateError as error:
                # Never a newborn in its place: what is there may still be mended.
                raise No(FailureCode.WRONG_STATE, _UNREADABLE) from error
        assert isinstance(state, Character.State)
        return awakened(self._play.around.atlas, state)

    def _newborn(self, record: CharacterRecord) -> Character.State:
        atlas = self._play.around.atlas
        return newborn(atlas, record.entity_id, record.id, record.name, record.background)

    def _keeper(self, ctx: Context) -> Ref:
        keeper = ctx.system.registry.whereis(KEEPER)
        if keeper is None:
            raise No(FailureCode.UNAVAILABLE, cause="the keeper is not up")
        return keeper


def character_of(record: CharacterRecord, state: Character.State) -> wire.CharacterRecord:
    """A character as its player may know it."""
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
