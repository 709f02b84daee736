"""Which sessions are at the gateway's link, what each has, and what the world is told of that. Pure.

Sessions join and leave, a world lets the gateway in or answers its claims, and what has arrived, or is known
to be seen, is confirmed in bulk.
"""

from collections import deque
from collections.abc import Iterable, Mapping

from actors.gateway.command_flow import Position
from actors.gateway.messages.link import Saved, WorldReached
from actors.gateway.returning import Returning
from actors.gateway.saved_positions import SavedPositions
from actors.gateway.told_answers import ToldAnswers
from transports.link.protocol import AccountId, Acks, Claim, OutputNumber, Resend, SessionId, Welcome
from transports.link.streams import OutputInbox, Replays
from wyld_actors import Ref

# The world was not told yet how much has arrived.
NOT_TOLD: OutputNumber = -1


class Roll:
    """The sessions of one gateway, as its link knows them."""

    __slots__ = (
        "_accounts",
        "_by_word",
        "_claimed",
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

    def __init__(self) -> None:
        self.refs: dict[SessionId, Ref] = {}
        self.inboxes: dict[SessionId, OutputInbox] = {}
        # The sessions that the world knows.
        self.in_world: set[SessionId] = set()
        # Those of them that play a character.
        self.playing: set[SessionId] = set()
        # Whose they are, of those that have logged in.
        self._accounts: dict[SessionId, AccountId] = {}
        self.returning = Returning()
        # Those that the world is to be told of yet, and has been told of, in the order of its answers.
        self.unclaimed: set[SessionId] = set()
        self._claimed: deque[frozenset[SessionId]] = deque()
        # What the clients of these sessions have. For all others what has arrived here counts as seen.
        self._by_word: dict[SessionId, OutputNumber] = {}
        self.unconfirmed: set[SessionId] = set()
        self.replays = Replays()
        self.saved = SavedPositions()
        self.told = ToldAnswers()

    # Coming, and going -----------------------------------------------------------------------------

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
        self._accounts.pop(session, None)
        self.replays.forget(session)
        self.saved.take(session)
        self.told.forget(session)
        self.playing.discard(session)
        is_known = session in self.in_world
        self.in_world.discard(session)
        return is_known

    def logged_in_as(self, account: AccountId, *, spared: SessionId) -> list[Ref]:
        """The sessions of the account that have logged in at this gateway, but that one."""
        return [
            self.refs[session]
            for session, own in self._accounts.items()
            if own == account and session != spared
        ]

    # What the world is told ------------------------------------------------------------------------

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
                self.inboxes[session].acked = NOT_TOLD
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

    # What was seen ---------------------------------------------------------------------------------

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

    # What is saved ---------------------------------------------------------------------------------

    def overdue(self) -> list[tuple[Ref, Saved]]:
        """For sessions that have got nothing with which they could have been told what is saved."""
        return self._saved_news(self.saved.overdue())

    def all_saved(self) -> list[tuple[Ref, Saved]]:
        """The same for all: the world is lost, and the next one may ask what they know."""
        return self._saved_news(self.saved.take_all())

    def _saved_news(self, positions: Mapping[SessionId, Position]) -> list[tuple[Ref, Saved]]:
        news = []
        for session, position in positions.items():
            ref = self.refs.get(session)
            if ref is not None:
                self.told.saved(session, position[1])
                news.append((ref, Saved(position)))
        return news
