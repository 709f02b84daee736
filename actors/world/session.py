"""The world's end of a session: hands the player's lines to the character, one at a time and in order.

The gateway numbers the lines. A line whose number is not above the last accepted one is a repetition and is
ignored, so the gateway may send again what it is not sure about. The next line is handed over only when the
one before is complete: performed, failed, or overdue. FAILED still counts: the number is applied, and
nothing of it is tried again.

A crash anywhere on the way of a command comes here as CommandFailed (see `transfers.watch`), as every
message that a command causes carries its `CommandTrace`. The deadline is only a belt, for
what no crash report names.
"""

from __future__ import annotations

import logging

from actors.command_trace import CommandTrace, trace_id
from actors.world import phrases
from actors.world.messages.playing import (
    Attach,
    ClientBack,
    ClientLost,
    CommandFailed,
    CommandPerformed,
    Detached,
    LeftPlay,
    Perform,
    Retire,
)
from actors.world.outlet import EmitTo, Performed, Released
from actors.world.played import PROMPT
from actors.world.surroundings import Surroundings
from transports.link.protocol import (
    CharacterId,
    CommandNumber,
    DisconnectReason,
    DisconnectSession,
    Outcome,
    OutputBody,
    SessionId,
)
from wyld_actors import NORMAL, Actor, Context, Exited, ExitKind, ExitReason, Message, Record, Ref, on

logger = logging.getLogger(__name__)

# Seconds. No command takes more than milliseconds; OTP gives a call five, a busy machine gets twice that.
COMMAND_DEADLINE_SECONDS = 10.0
# Lines that may wait here. The gateway keeps at most 256 for a session, so more is a broken gateway.
WAITING_LIMIT = 1024


class Line(Message, frozen=True):
    """To a session: the player typed this."""

    number: CommandNumber
    text: str


class RepeatedLine(Line, frozen=True):
    """To a session: a line that has come before, with another number. It is complete when its turn comes."""

    text: str = ""


class CloseWorldSession(Message, frozen=True):
    """To a session: the session is over; its character leaves play."""


class CheckDeadline(Message, frozen=True):
    """To oneself: is what was being performed then, still not complete?"""

    number: CommandNumber


class CharacterMissed(Message, frozen=True):
    """To oneself: is the character gone without a word?"""

    is_moot_without_receiver = True

    reason: ExitReason


class WorldSession(Actor):
    """One session that plays one character."""

    class State(Record, frozen=True):
        """`name` is the character's. `accepted` is the last number taken in, `applied` the last complete;
        `current` is being performed."""

        session: SessionId = 0
        character: CharacterId = 0
        name: str = ""
        accepted: CommandNumber = 0
        applied: CommandNumber = 0
        current: CommandNumber = 0
        waiting: tuple[Line, ...] = ()
        is_closing: bool = False

    def __init__(self, around: Surroundings, character: Ref) -> None:
        super().__init__()
        self.around = around
        self.character = character
        self._is_watched = False

    def on_start(self) -> None:
        super().on_start()
        self.ctx.monitor(self.character)
        if self.ctx.incarnation == 1:
            self.character.tell(Attach(self.state.session, self.ctx.ref))
        elif self.state.current:
            self._watch_deadline(self.ctx)

    # ------------------------------------------------------------------------- lines

    @on(Line, RepeatedLine)
    def take_line(self, ctx: Context, line: Line) -> None:
        state = self.state
        if line.number <= state.accepted:
            return
        if state.current:
            if len(state.waiting) < WAITING_LIMIT:
                self.state = state.replace(accepted=line.number, waiting=(*state.waiting, line))
            return
        self._hand_over(ctx, state.replace(accepted=line.number), line)

    @on(CommandPerformed)
    def complete(self, ctx: Context, performed: CommandPerformed) -> None:
        if performed.number == self.state.current:
            self._complete(ctx, performed.prompt, Outcome.DONE)

    @on(CommandFailed)
    def fail(self, ctx: Context, failed: CommandFailed) -> None:
        if failed.number == self.state.current:
            self._emit(failed.number, phrases.BLURRED if failed.is_done else phrases.FAILED)
            self._complete(ctx, PROMPT, Outcome.DONE if failed.is_done else Outcome.FAILED)

    @on(CheckDeadline)
    def check_deadline(self, ctx: Context, check: CheckDeadline) -> None:
        self._is_watched = False
        if self.state.current == 0:
            return
        if check.number == self.state.current:
            trace = trace_id(self.state.session, check.number)
            logger.error("%s: command %s was not complete in time", ctx.path, trace, extra={"trace": trace})
            self._emit(check.number, phrases.OVERDUE)
            self._complete(ctx, PROMPT, Outcome.FAILED)
        else:
            self._watch_deadline(ctx)

    def _watch_deadline(self, ctx: Context) -> None:
        """One timer for a busy session, not one for each command: a command gets one to two deadlines."""
        if not self._is_watched:
            self._is_watched = True
            ctx.after(COMMAND_DEADLINE_SECONDS, CheckDeadline(self.state.current))

    def _hand_over(self, ctx: Context, state: State, line: Line) -> None:
        if not self.character.is_alive():
            # That is about to be heard here as well. The gateway has the line, and sends it again.
            self.state = state
            return
        self.state = state.replace(current=line.number)
        if isinstance(line, RepeatedLine):
            ctx.tell(ctx.ref, CommandPerformed(line.number, ""))
            return
        ctx.trace = CommandTrace(ctx.ref, state.session, line.number)
        self.character.tell(Perform(line.number, line.text))
        self._watch_deadline(ctx)

    def _complete(self, ctx: Context, prompt: str, outcome: Outcome) -> None:
        state = self.state
        self._tell_outlet(Performed(state.session, state.current, prompt, outcome))
        done = state.replace(applied=state.current, current=0)
        if state.waiting:
            self._hand_over(ctx, done.replace(waiting=state.waiting[1:]), state.waiting[0])
        else:
            self.state = done
            if done.is_closing:
                self.character.tell(Retire())

    # ------------------------------------------------------------------------- its client

    @on(ClientLost, ClientBack)
    def hand_on(self, ctx: Context, news: ClientLost | ClientBack) -> None:
        """In order with the lines; a character that is about to come to be played gets it then."""
        self.character.tell(news)

    # ------------------------------------------------------------------------- the end

    @on(CloseWorldSession)
    def close(self, ctx: Context, _: CloseWorldSession) -> None:
        self.state = self.state.replace(is_closing=True, waiting=())
        if not self.state.current:
            self.character.tell(Retire())

    @on(LeftPlay)
    def release(self, ctx: Context, left: LeftPlay) -> None:
        self._release(ctx, left.text)

    @on(Exited)
    def character_gone(self, ctx: Context, exited: Exited) -> None:
        """The character ended for good. A farewell came before this but is read after it: so look again
        then."""
        ctx.tell(ctx.ref, CharacterMissed(exited.reason))

    @on(CharacterMissed)
    def character_missed(self, ctx: Context, missed: CharacterMissed) -> None:
        """It ended without a farewell: its supervisor has given it up, or it left as the session came; or it
        was torn out of the world with its supervisor, and everybody with it."""
        state = self.state
        # Who begins to watch one that is gone already is not told why it is; its cell knows.
        reason = self.character.cell.exit_reason or missed.reason
        if reason.kind is not ExitKind.KILLED or state.is_closing:
            self._release(ctx, phrases.LOST)
            return
        if state.current:
            self._tell_outlet(Performed(state.session, state.current, "", Outcome.FAILED))
            self.state = state.replace(applied=state.current, current=0)
        self._release(ctx, phrases.slipped(state.current), comes_back=True)

    @on(Detached)
    def taken_over(self, ctx: Context, _: Detached) -> None:
        self._emit(0, DisconnectSession(DisconnectReason.TAKEN_OVER, phrases.TAKEN_OVER))
        ctx.stop(NORMAL)

    def _release(self, ctx: Context, text: str, *, comes_back: bool = False) -> None:
        state = self.state
        applied = state.current or state.applied
        if state.current:
            self._tell_outlet(Performed(state.session, state.current, ""))
        self._tell_outlet(Released(state.session, state.character, applied, text, comes_back))
        self.state = state.replace(applied=applied, current=0, waiting=())
        ctx.stop(NORMAL)

    def _emit(self, cause: CommandNumber, body: OutputBody) -> None:
        self._tell_outlet(EmitTo(self.state.session, cause, body))

    def _tell_outlet(self, message: Message) -> None:
        if self.around.outlet is not None:
            self.around.outlet.tell(message)
