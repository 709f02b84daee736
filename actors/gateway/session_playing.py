"""A session that plays: its lines go to the world, and the world's outputs to its client.

The numbers are `command_flow`'s. A program is told where its lines go, whether the world can be reached, and
which of its lines nothing can lose any more; a person sees it.
"""

import logging
from abc import abstractmethod

from actors.command_trace import trace_id
from actors.gateway.login import LoginDialogue
from actors.gateway.messages.client import SendData, Show
from actors.gateway.messages.link import Incoming, Saved
from actors.gateway.missed_output import numbered
from actors.gateway.session_arrival import Arrival
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import CharacterOf, SessionId
from actors.gateway.session_states import SessionState
from actors.gateway.session_words import ENDED, REFUSALS
from actors.rendering import Delivery
from transports import packages
from transports.link.protocol import (
    CharacterReleased,
    CharacterSelected,
    DisconnectSession,
    Outcome,
    Performed,
    Prompt,
    RequestBody,
)
from wyld_actors import Context, on

logger = logging.getLogger(__name__)


class Playing(Arrival):
    """The part of a session that plays: lines go to the world, outputs come from it."""

    def __init__(
        self, rules: LoginDialogue, options: SessionOptions, number: SessionId, protocol: str, peer: str
    ) -> None:
        super().__init__(rules, options, number, protocol, peer)
        # What was asked to bring the character back into the world.
        self._asked_again: RequestBody | None = None
        # What the client was told of its own lines.
        self._done = 0
        # What the client was told last; None where a crash has taken that.
        self._is_world_away: bool | None = None if self.state.devices else False

    # Lines -----------------------------------------------------------------------------------------

    def _command(self, text: str, client: int = 0) -> None:
        flow = self._flow
        refusal = flow.accept(text, client)
        if refusal is not None:
            self._speak(REFUSALS[refusal])
            return
        self._send_lines()

    def _send_lines(self) -> None:
        for command in self._flow.to_send():
            self._link.tell(command)
            if logger.isEnabledFor(logging.DEBUG):
                trace = trace_id(command.session, command.number)
                logger.debug("session %d: command %s is sent", self._number, trace, extra={"trace": trace})

    # Outputs ---------------------------------------------------------------------------------------

    @on(Incoming)
    def receive(self, ctx: Context, incoming: Incoming) -> None:
        flow = self._flow
        if incoming.position is not None:
            # First, as what is shown may end in asking a world where to go on.
            flow.confirmed(incoming.position)
            self._tell_what_is_done()
        shown: list[Delivery] = []
        prompt: str | None = None
        deliveries = self._not_yet_seen(incoming) if self._seen_elsewhere else incoming.deliveries
        for delivery in deliveries:
            if not delivery.steers:
                shown.append(delivery)
                continue
            body = delivery.body
            if isinstance(body, Performed):
                self._is_performed(body)
                prompt = body.prompt or prompt
            elif isinstance(body, Prompt):
                prompt = body.text
            else:
                self._show(shown, prompt)
                shown, prompt = [], None
                self._steer(ctx, body)
        self._show(shown, prompt, incoming.received)
        self._send_lines()
        # Last, when nothing can go wrong any more: it is changed in place.
        flow.received = incoming.received
        if not self._is_sure:
            every = numbered(incoming.deliveries, incoming.received)
            self._missed.keep([one for one in every if not (one[1].steers or one[1].is_place)])

    @on(Saved)
    def note_saved(self, _ctx: Context, saved: Saved) -> None:
        self._flow.confirmed(saved.position)
        self._tell_what_is_done()
        self._send_lines()

    def _know_all_from_before(self) -> None:
        """All that the world has kept for this session has come. What comes now is new, whatever a page had
        of numbers that a world has given since and lost."""
        self._seen_elsewhere = 0

    def _not_yet_seen(self, incoming: Incoming) -> list[Delivery]:
        """Without what the page had from an earlier life of this gateway, and the world sends once more."""
        seen = self._seen_elsewhere
        if incoming.received >= seen:
            self._seen_elsewhere = 0
        every = numbered(incoming.deliveries, incoming.received)
        return [delivery for number, delivery in every if delivery.steers or number > seen]

    def _is_performed(self, done: Performed) -> None:
        self._flow.performed(done.number)
        if done.outcome is Outcome.FAILED:
            trace = trace_id(self._number, done.number)
            logger.warning(
                "session %d: command %s failed in the world", self._number, trace, extra={"trace": trace}
            )

    def _show(self, deliveries: list[Delivery], prompt: str | None, received: int | None = None) -> None:
        if deliveries or prompt is not None:
            self._tell_client(Show(deliveries, prompt, received))

    def _steer(self, ctx: Context, body: object) -> None:
        match body:
            case CharacterReleased(_, text, comes_back=True) if self._plays:
                self._come_back(text)
            case CharacterReleased(_, text) if self._plays:
                self._leave_play(ctx, text)
            case DisconnectSession(reason, text):
                self._say_farewell(ctx, text or ENDED, reason)

    @abstractmethod
    def _come_back(self, text: str) -> None:
        """What plays the character in the world has died, and all it was has been kept: lines wait for it."""

    # Into play, and out of it ----------------------------------------------------------------------

    def _enter_play(self, ctx: Context, selected: CharacterSelected) -> None:
        character = CharacterOf(selected.character.id, selected.character.name, selected.entity)
        self.state = self.state.replace(record=self._record.with_character(character), is_in_world=True)
        self._flow.begin_at(selected.applied)
        self._seen_elsewhere = 0
        self._move(ctx, SessionState.PLAYING)
        if not self.state.devices:
            self._tell_world_of_absence()
        self._tell_where_lines_go()
        self._announce_code()

    def _leave_play(self, ctx: Context, text: str) -> None:
        """Back to character selection; lines that were typed ahead are for its menu."""
        self._asked_again = None
        ahead = self._flow.withdraw()
        self._tell_what_is_done()
        self.state = self.state.replace(record=self._record.with_character(None))
        if not self.state.devices:
            # Who had typed that before the line broke has nothing to come back to.
            self._end(ctx)
            return
        self._move(ctx, SessionState.CHARACTER_SELECTION)
        self._tell_where_lines_go()
        self._take(ctx, self._rules.returned(self.state.dialogue, text))
        for line in ahead:
            self._take(ctx, self._rules.heard(self.state.dialogue, line))

    # What programs are told ------------------------------------------------------------------------

    def _tell_where_lines_go(self) -> None:
        """To programs: whether what is typed is for the game. A person sees it."""
        self._tell_client(SendData(packages.SESSION, {"playing": self._plays}))

    def _tell_of_world(self, *, is_here: bool) -> None:
        """To programs: whether the world can be reached."""
        self._is_world_away = not is_here
        self._tell_client(SendData(packages.STATUS, {"world": "up" if is_here else "away"}))

    def _tell_what_is_done(self) -> None:
        """To a page: which of its lines nothing can lose any more."""
        done = self._flow.done
        if done > self._done:
            self._done = done
            self._tell_client(SendData(packages.DONE, done))
