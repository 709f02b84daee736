"""The sorting of what the world sends the gateway's sessions. Pure.

A batch of the link holds frames for many sessions, several for each. `LinkLedger.sort` takes it apart:
duplicates are dropped, gaps noted, and what is left is grouped into one Incoming for each session. An output
that many see becomes one Delivery, appended to many lists: that append is all it costs for each listener.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from actors.gateway.messages.link import Answered, Failed, Incoming, Inquire
from actors.gateway.roll import NOT_TOLD, Roll
from actors.rendering import Delivery
from transports.link.errors import RequestFailed
from transports.link.liveness import Backoff
from transports.link.protocol import (
    AccountCreated,
    Authenticated,
    CharacterReleased,
    CharacterSelected,
    CommandNumber,
    DisconnectSession,
    Failure,
    FailureCode,
    Frame,
    Level,
    Multicast,
    Output,
    OutputBody,
    OutputsMissed,
    Performed,
    Positions,
    Reply,
    Resend,
    RoomOutput,
    SessionClosed,
    SessionId,
    SystemOutput,
)
from transports.link.requests import RequestBook
from transports.link.streams import Arrival, OutputInbox, arrivals
from wyld_actors import Message, Ref

MISSED = "You have missed something that happened here: it was more than could be kept for you."
_Groups = defaultdict[SessionId, list[Delivery]]


class Sorted:
    """What is to be done about a batch: mail for sessions in order, frames for the world, and the rest."""

    __slots__ = ("frames", "mail", "others")

    def __init__(self) -> None:
        self.mail: list[tuple[Ref, Message]] = []
        self.frames: list[Frame] = []
        self.others: list[Frame] = []


class LinkLedger(Roll):
    """Who is here, which outputs they have, what was asked. Outlasts a crash of the link actor."""

    __slots__ = ("book",)

    def __init__(self, make_backoff: Callable[[], Backoff]) -> None:
        super().__init__()
        self.book: RequestBook[Inquire] = RequestBook(make_backoff)

    def sort(self, frames: Iterable[Frame]) -> Sorted:
        """Take a batch apart."""
        done = Sorted()
        groups: _Groups = defaultdict(list)
        for frame in frames:
            if isinstance(frame, Multicast):
                self._multicast(frame, groups, done)
            elif isinstance(frame, Output):
                self._output(frame, groups, done)
            elif isinstance(frame, Positions):
                self.saved.note(frame.positions)
            elif isinstance(frame, Reply | Failure):
                self._answer(frame, groups, done)
            elif isinstance(frame, OutputsMissed):
                self._missed(frame, groups, done)
            else:
                done.others.append(frame)
        self.unconfirmed.update(groups)
        self._hand_out(groups, done)
        return done

    # Outputs ---------------------------------------------------------------------------------------

    def _multicast(self, frame: Multicast, groups: _Groups, done: Sorted) -> None:
        show, gaps = arrivals(self.inboxes, frame)
        for session in gaps:
            done.frames.append(Resend(session, self.inboxes[session].received))
        replays = self.replays
        if frame.origin in self.inboxes:
            replays.saw(show, frame.cause, frame.origin)
        if replays:
            show = replays.unseen(show, frame.cause, frame.origin)
        delivery = Delivery(frame.body)
        for session in show:
            groups[session].append(delivery)

    def _output(self, frame: Output, groups: _Groups, done: Sorted) -> None:
        session = frame.session
        inbox = self.inboxes.get(session)
        if inbox is None:
            return
        arrival = inbox.arrive(frame.number)
        if arrival is Arrival.GAP:
            done.frames.append(Resend(session, inbox.received))
        elif arrival is Arrival.NEXT:
            body = frame.body
            if isinstance(body, Performed):
                groups[session] += map(Delivery, self._performed(session, inbox, body.number))
            elif not self._shows(frame):
                self.unconfirmed.add(session)
                return
            is_place = not frame.cause and isinstance(body, RoomOutput)
            groups[session].append(Delivery(body, is_place=is_place))

    def _performed(self, session: SessionId, inbox: OutputInbox, number: CommandNumber) -> list[OutputBody]:
        """A command is complete. What its player is to see first, as it fell otherwise than he was told."""
        inbox.answered = max(inbox.answered, number)
        is_again = self.replays.performed(session, number)
        return self.told.performed(session, number, is_again=is_again)

    def _shows(self, frame: Output) -> bool:
        """Whether its client is to see it; noted are both, for the next world and the end of the command."""
        session, cause, body = frame.session, frame.cause, frame.body
        if isinstance(body, CharacterReleased | DisconnectSession):
            self.playing.discard(session)
        is_own = bool(cause) and frame.origin in (0, session)
        if (frame.origin or session) in self.inboxes:
            self.replays.saw((session,), cause, frame.origin or session)
        if self.replays and self._is_of_the_past(frame):
            if is_own:
                self.told.hides(session, body)
            return False
        if is_own:
            self.told.shows(session, cause, body)
        return True

    def _is_of_the_past(self, frame: Output) -> bool:
        """Whether its client has seen it, or stood there before it came to where it is."""
        session, replays = frame.session, self.replays
        if isinstance(frame.body, RoomOutput) and not frame.cause:
            return replays.is_behind(session)
        return replays.hides(session, frame.cause, frame.origin)

    def _missed(self, frame: OutputsMissed, groups: _Groups, done: Sorted) -> None:
        inbox = self.inboxes.get(frame.session)
        if inbox is None:
            return
        arrival = inbox.skip(frame)
        if arrival is Arrival.GAP:
            done.frames.append(Resend(frame.session, inbox.received))
        elif arrival is Arrival.NEXT and not frame.acknowledged:
            groups[frame.session].append(Delivery(SystemOutput(Level.WARNING, MISSED)))

    # Answers ---------------------------------------------------------------------------------------

    def _answer(self, frame: Reply | Failure, groups: _Groups, done: Sorted) -> None:
        found = self.book.answered(frame)
        if found is None:
            return
        inquiry, answer = found
        session = inquiry.session
        if inquiry.is_again:
            done.frames += self.returning.is_back(session)
        if session in groups:
            # What came before the answer is to be seen before it.
            self._hand_out({session: groups.pop(session)}, done)
        if isinstance(answer, RequestFailed):
            failed = Failed(inquiry.body, FailureCode(answer.code), answer.text)
            message: Answered | Failed = failed
        else:
            self._note_reply(inquiry, answer)
            message = Answered(inquiry.body, answer.body)
        if inquiry.asker is not None:
            done.mail.append((inquiry.asker, message))

    def _note_reply(self, inquiry: Inquire, reply: Reply) -> None:
        session = inquiry.session
        inbox = self.inboxes.get(session)
        match reply.body:
            case CharacterSelected() if inbox is not None:
                self.playing.add(session)
                self._note_selection(session, inbox, reply.body, is_again=inquiry.is_again)
            case Authenticated(account) | AccountCreated(account) if inbox is not None:
                self._accounts[session] = account.id
            case SessionClosed():
                self.in_world.discard(session)

    def _note_selection(
        self, session: SessionId, inbox: OutputInbox, selected: CharacterSelected, *, is_again: bool
    ) -> None:
        # Of a stay before this one.
        self.saved.take(session)
        if session in self.in_world:
            inbox.received = max(inbox.received, selected.outputs)
        else:
            # New to this world, which counts its outputs from there on.
            inbox.received, inbox.acked = selected.outputs, NOT_TOLD
            self.unconfirmed.add(session)
            self.in_world.add(session)
            if session in self._by_word:
                self._by_word[session] = selected.outputs
        if is_again:
            # The world has gone back to a time before this session, and runs again what it had run for it;
            # the answers have been shown.
            self.replays.begin(session, inbox.answered, applied=selected.applied)
        else:
            inbox.answered = selected.applied
            self.replays.forget(session)
            self.told.forget(session)

    # Mail ------------------------------------------------------------------------------------------

    def _hand_out(self, groups: Mapping[SessionId, list[Delivery]], done: Sorted) -> None:
        refs, inboxes, mail, saved = self.refs, self.inboxes, done.mail, self.saved
        for session, deliveries in groups.items():
            position = saved.take(session) if saved else None
            if position is not None:
                self.told.saved(session, position[1])
            mail.append((refs[session], Incoming(deliveries, inboxes[session].received, position)))
