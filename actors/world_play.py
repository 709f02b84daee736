"""How a character comes into play: its own actor, and one for the session that plays it.

Both are children of dynamic supervisors, so that a crash of either is mended where it happened. Called by
whoever may wait: clerks, and the desk while it starts.
"""

from __future__ import annotations

import logging

import msgspec

from actors.storage.positions import Position
from actors.world.character import Character
from actors.world.outlet import OUTLET
from actors.world.session import WorldSession
from actors.world.surroundings import Surroundings
from actors.world_streams import StreamTable
from supervisors.backoff import Budget
from supervisors.calls import AlreadyPresent, AlreadyStarted, StartChild, Started
from supervisors.specs import ChildSpec, Restart
from transports.link.protocol import CommandNumber, SessionId
from transports.link.streams import TailRecord
from wyld_actors import ActorError, Context, Ref, Registry

__all__ = ["CHARACTERS", "SESSIONS", "NotStarted", "Play"]

logger = logging.getLogger(__name__)

# Paths of the two supervisors.
CHARACTERS = "/world/characters"
SESSIONS = "/world/sessions"


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
        first = WorldSession.State(session=session, character=state.number, accepted=applied, applied=applied)
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

    def bring_back(
        self, ctx: Context, streams: StreamTable, position: Position, state: Character.State
    ) -> None:
        """A session of the last checkpoint, as it was then."""
        tail = msgspec.msgpack.decode(position.tail, type=TailRecord)
        entry = streams.open(position.session, None, applied=position.applied, tail=tail)
        entry.unclaimed_since = ctx.now
        # The others saw it all the time.
        character = self.character(ctx, state.replace(is_present=True))
        ref = self.session(ctx, position.session, character, state, position.applied)
        streams.play(position.session, ref, state.id)

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
