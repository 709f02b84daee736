"""What the gateway's link knows of its sessions, and the sorting of what the world sends them. Pure.

A batch of the link holds frames for many sessions, several for each. `LinkLedger.sort` takes it apart:
duplicates are dropped, gaps noted, and what is left is grouped into one Incoming for each session. An output
that many see becomes one Delivery, appended to many lists: that append is all it costs for each listener.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping

from actors.gateway.command_flow import Position
from actors.gateway.messages.link import Answered, Failed, Incoming, Inquire, WorldReached
from actors.gateway.returning import Returning
from actors.gateway.saved_positions import SavedPositions
from actors.gateway.told_answers import ToldAnswers
from actors.rendering import Delivery
from transports.link.errors import RequestFailed
from transports.link.liveness import Backoff
from transports.link.protocol import (
    Acks,
    CharacterReleased,
    CharacterSelected,
    Claim,
    DisconnectSession,
    Failure,
    FailureCode,
    Frame,
    Level,
    Multicast,
    Output,
    OutputNumber,
    OutputsMissed,
    Performed,
    Positions,
    Reply,
    Resend,
    RoomOutput,
    SessionClosed,
    SessionId,
    SystemOutput,
    Welcome,
)
from transports.link.requests import RequestBook
from transports.link.streams import Arrival, OutputInbox, Replays, arrivals
from wyld_actors import Message, Ref

# The world was not told yet how much has arrived.
_NOT_TOLD: OutputNumber = -1

MISSED = "You have missed something that happened here: it was more than could be kept for you."

_Groups = defaultdict[SessionId, list[Delivery]]


class Sorted:
    """What is to be done about a batch: mail for sessions in order, frames for the world, and the rest."""

    __slots__ = ("frames", "mail", "others")

    def __init__(self) -> None:
        self.mail: list[tuple[Ref, Message]] = []
        self.frames: list[Frame] = []
        self.others: list[Frame] = []


class LinkLedger:
    """Who is here, which outputs they have, what was asked. Outlasts a crash of the link actor."""

    __slots__ = (
        "_by_word",
        "_claimed",
        "book",
        "in_world",
        "inboxes",
        "playing",
        "refs",
        "replays",
        "returning",
        "saved",
        "told",
        "unclaimed",
        "unconfirmed",
    )

    def __init__(self, make_backoff: Callable[[], Backoff]) -> None:
        self.refs: dict[SessionId, Ref] = {}
        self.inboxes: dict[SessionId, OutputInbox] = {}
        # The sessions that the world knows.
        self.in_world: set[SessionId] = set()
        # Those of them that play a character.
        self.playing: set[SessionId] = set()
        self.returning = Returning()
        # Those that the world is to be told of yet, and has been told of, in the order of its answers.
        self.unclaimed: set[SessionId] = set()
        self._claimed: deque[frozenset[SessionId]] = deque()
        # What the clients of these sessions have. For all others what has arrived here counts as seen.
        self._by_word: dict[SessionId, OutputNumber] = {}
        self.unconfirmed: set[SessionId] = set()
        self.book: RequestBook[Inquire] = RequestBook(make_backoff)
        self.replays = Replays()
        self.saved = SavedPositions()
        self.told = ToldAnswers()

    # Sessions --------------------------------------------------------------------------------------

    def join(
        self, session: SessionId, ref: Ref, received: int, *, is_in_world: bool, plays: bool
    ) -> Resend | None:
        """Note a session, or one that is back after a crash: then perhaps a gap for the world to fill."""
        self.refs[session] = ref
        if is_in_world:
            self.in_world.add(session)
        if plays:
            self.playing.add(session)
        inbox = self.inboxes.get(session)
        if inbox is None:
            self.inboxes[session] = OutputInbox(received)
            if is_in_world:
                self.unclaimed.add(session)
        elif inbox.received != received:
            # The session, or this actor, crashed over the outputs in between.
            inbox.received = received
            return Resend(session, received)
        return None

    def leave(self, session: SessionId) -> bool:
        """Forget a session. Returns whether the world knows it, and is to be told."""
        self.refs.pop(session, None)
        self.inboxes.pop(session, None)
        self.unconfirmed.discard(session)
        self.unclaimed.discard(session)
        self._by_word.pop(session, None)
        self.replays.forget(session)
        self.saved.take(session)
        self.told.forget(session)
        self.playing.discard(session)
        is_known = session in self.in_world
        self.in_world.discard(session)
        return is_known

    def claims(self) -> dict[SessionId, int]:
        """The sessions in the world with the last output each has: what a handshake tells."""
        self.unclaimed.clear()
        return {session: self.inboxes[session].received for session in self.in_world}

    def claim(self) -> Claim | None:
        """What the world is to be told of sessions that joined after the handshake. Answered by `claimed`."""
        news, self.unclaimed = self.unclaimed, set()
        if not news:
            return None
        self._claimed.append(frozenset(news))
        return Claim({session: self.inboxes[session].received for session in news})

    @property
    def awaits_claims(self) -> bool:
        """Whether a Welcome is still to come for sessions that were claimed after the handshake."""
        return bool(self._claimed)

    def claimed(self, welcome: Welcome) -> list[tuple[Ref, WorldReached]]:
        """The world has said which of the oldest claim it knows; what to tell these sessions."""
        sessions = self._claimed.popleft() & self.refs.keys() if self._claimed else frozenset()
        self.in_world -= sessions - welcome.positions.keys()
        return self._reached(welcome, sessions)

    def welcomed(self, welcome: Welcome, *, is_another: bool) -> list[tuple[Ref, WorldReached]]:
        """A world has let us in; what to tell the sessions. `is_another`: not the one from before.

        Who joined while the hands were being shaken is not judged by that; `claim` is for them.
        """
        positions = welcome.positions
        judged = self.refs.keys() - self.unclaimed
        self.returning.begin((self.playing & judged) - positions.keys())
        self.in_world -= judged - positions.keys()
        self._claimed.clear()
        if is_another:
            self.told.begin()
        for session in positions if is_another else ():
            if session in self.inboxes:
                applied, _ = positions[session]
                self.replays.begin(session, self.inboxes[session].answered, applied=applied)
        return self._reached(welcome, judged)

    def _reached(self, welcome: Welcome, sessions: Iterable[SessionId]) -> list[tuple[Ref, WorldReached]]:
        positions = welcome.positions
        for session in sessions:
            if session in positions and session in self.inboxes:
                # The last confirmation may have been lost with its connection.
                self.inboxes[session].acked = _NOT_TOLD
                self.unconfirmed.add(session)
        return [
            (
                self.refs[session],
                WorldReached(
                    welcome.credit, positions.get(session), is_new=True, line=welcome.lines.get(session, 0)
                ),
            )
            for session in sessions
        ]

    def confirm(self, session: SessionId, received: OutputNumber | None) -> None:
        """A client has so much; from now on its word counts. None: what arrives counts again."""
        if received is None:
            self._by_word.pop(session, None)
        elif session in self.refs:
            self._by_word[session] = received
        self.unconfirmed.add(session)

    def acks(self) -> Acks | None:
        """The confirmation of what has arrived, or is known to be seen, since the last one."""
        news: dict[SessionId, int] = {}
        by_word = self._by_word
        for session in self.unconfirmed:
            inbox = self.inboxes.get(session)
            if inbox is None:
                continue
            number = by_word.get(session, inbox.received) if by_word else inbox.received
            if number != inbox.acked:
                news[session] = inbox.acked = number
        self.unconfirmed.clear()
        return Acks(news) if news else None

    # A batch ---------------------------------------------------------------------------------------

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

    # What is saved ---------------------------------------------------------------------------------

    def overdue(self) -> list[tuple[Ref, Incoming]]:
        """For sessions that have got nothing with which they could have been told what is saved."""
        return self._saved_news(self.saved.overdue())

    def all_saved(self) -> list[tuple[Ref, Incoming]]:
        """The same for all: the world is lost, and the next one may ask what they know."""
        return self._saved_news(self.saved.take_all())

    def _saved_news(self, positions: Mapping[SessionId, Position]) -> list[tuple[Ref, Incoming]]:
        news = []
        for session, position in positions.items():
            ref = self.refs.get(session)
            if ref is not None:
                self.told.saved(session, position[1])
                news.append((ref, Incoming([], self.inboxes[session].received, position)))
        return news

    # The frames ------------------------------------------------------------------------------------

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
            replays = self.replays
            if isinstance(body, CharacterReleased | DisconnectSession):
                self.playing.discard(session)
            if isinstance(body, Performed):
                inbox.answered = max(inbox.answered, body.number)
                is_again = replays.performed(session, body.number)
                otherwise = self.told.performed(session, body.number, is_again=is_again)
                groups[session] += map(Delivery, otherwise)
            else:
                is_own = bool(frame.cause) and frame.origin in (0, session)
                if (frame.origin or session) in self.inboxes:
                    replays.saw((session,), frame.cause, frame.origin or session)
                if replays and self._is_of_the_past(frame):
                    if is_own:
                        self.told.hides(session, body)
                    self.unconfirmed.add(session)
                    return
                if is_own:
                    self.told.shows(session, frame.cause, body)
            is_place = not frame.cause and isinstance(body, RoomOutput)
            groups[session].append(Delivery(body, is_place=is_place))

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
            inbox.received, inbox.acked = selected.outputs, _NOT_TOLD
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

    def _hand_out(self, groups: Mapping[SessionId, list[Delivery]], done: Sorted) -> None:
        refs, inboxes, mail, saved = self.refs, self.inboxes, done.mail, self.saved
        for session, deliveries in groups.items():
            position = saved.take(session) if saved else None
            if position is not None:
                self.told.saved(session, position[1])
            mail.append((refs[session], Incoming(deliveries, inboxes[session].received, position)))
