"""How a character comes into play: its own actor, and one for the session that plays it.

Both are children of dynamic supervisors, so that a crash of either is mended where it happened. Called by
whoever may wait: clerks, and the desk while it starts.
"""

from __future__ import annotations

from actors.storage.positions import Position
from actors.world.character import Character
from actors.world.messages.playing import Answer, Retire
from actors.world.outlet import OUTLET
from actors.world.paths import CHARACTERS, SESSIONS
from actors.world.session import CloseWorldSession, WorldSession
from actors.world.surroundings import Surroundings
from actors.world_link.streams import StreamTable
from supervisors.backoff import Budget
from supervisors.calls import AlreadyPresent, AlreadyStarted, StartChild, Started
from supervisors.specs import ChildSpec, Restart
from transports.link.protocol import CommandNumber, EntityId, SessionId
from wyld_actors import ActorDeadError, ActorError, Context, Ref, Registry

__all__ = ["NotStarted", "Play"]

# Seconds for a session to let go of its character, before another one may begin in its place.
LEAVE_SECONDS = 5.0


class NotStarted(ActorError):
    """A character or a session did not come up."""

    def __init__(self, what: str, answer: object) -> None:
        super().__init__(what, answer)
        self.what = what
        self.answer = answer

    def __str__(self) -> str:
        return f"{self.what} did not start: {self.answer}; the restart log says why"


class Play:
    """Brings characters into the world. One for each world; holds nothing that can go stale."""

    def __init__(self, around: Surroundings, registry: Registry) -> None:
        self.around = around
        self._registry = registry

    @property
    def outlet(self) -> Ref | None:
        """The link, once it is up."""
        return self._registry.whereis(OUTLET)

    def character(self, ctx: Context, state: Character.State) -> Ref:
        """The actor of a character: the one that is there, or a new one that begins with `state`."""
        return self._start(
            ctx,
            CHARACTERS,
            ChildSpec(
                id=state.id,
                actor=Character,
                args=(self.around,),
                kwargs={"state": state},
                restart=Restart.TRANSIENT,
                budget=Budget(),
            ),
        )

    def session(
        self, ctx: Context, session: SessionId, character: Ref, state: Character.State, applied: CommandNumber
    ) -> Ref:
        """The actor that hands the lines of `session` to `character`, from `applied` on."""
        first = WorldSession.State(
            session=session, character=state.number, name=state.name, accepted=applied, applied=applied
        )
        return self._start(
            ctx,
            SESSIONS,
            ChildSpec(
                id=f"session-{session}",
                actor=WorldSession,
                args=(self.around, character),
                kwargs={"state": first},
                restart=Restart.TRANSIENT,
                budget=Budget(),
            ),
        )

    def end_session(self, ctx: Context, session: SessionId) -> None:
        """See that no actor of this session is there any more: its character leaves play. Raises
        NotStarted."""
        ref = ctx.system.find(f"{SESSIONS}/session-{session}")
        if ref is None:
            return
        try:
            ctx.ask(ref, CloseWorldSession())
        except ActorDeadError:
            return
        if not ref.actor_stopped.wait(LEAVE_SECONDS):
            raise NotStarted(ref.path, "the last character of this session has not left yet")

    def is_attached(self, ctx: Context, character: Ref) -> bool:
        """Whether the character has taken the session that was begun for it, and did not just leave play.

        What a session tells its character when it begins is in the mailbox by now, so this comes behind it.
        """
        try:
            ctx.ask(character, Answer(0))
        except ActorDeadError:
            return False
        return True

    def let_go(self, character: Ref) -> None:
        """A session did not come up: a character that nobody plays does not stay."""
        if not _session_of(character):
            character.tell(Retire())

    def player_of(self, character: EntityId) -> SessionId:
        """The session that plays the character; 0 if none does."""
        ref = self._registry.whereis(character)
        return 0 if ref is None else _session_of(ref)

    def bring_back(
        self, ctx: Context, streams: StreamTable, position: Position, state: Character.State
    ) -> None:
        """A session of the last checkpoint, as it was then."""
        # The others saw it all the time.
        character = self.character(ctx, state.replace(is_present=True))
        ref = self.session(ctx, position.session, character, state, position.applied)
        streams.play(position.session, ref, state.id, state.number)

    def _start(self, ctx: Context, supervisor: str, spec: ChildSpec) -> Ref:
        place = ctx.system.find(supervisor)
        if place is None:
            raise NotStarted(spec.id, f"{supervisor} is not up")
        match ctx.ask(place, StartChild(spec)):
            case Started(ref=Ref() as ref) | AlreadyStarted(ref=Ref() as ref):
                return ref
            case AlreadyPresent():
                # It crashed and is about to be restarted: its place is good all the same.
                known = ctx.system.find(f"{supervisor}/{spec.id}")
                if known is not None:
                    return known
                raise NotStarted(spec.id, "it is stopped")
            case answer:
                raise NotStarted(spec.id, answer)


def _session_of(character: Ref) -> SessionId:
    session: SessionId = getattr(character.cell.good_state, "session", 0)
    return session
