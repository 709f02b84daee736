"""What gateways ask of the world: handed to the desk once, and answered as often as they ask.

News of clients that are gone or back are served here and at once.
"""

from __future__ import annotations

from actors.world.messages.playing import ClientBack, ClientLost
from actors.world_link.door import WorldDoor
from actors.world_link.gateways import Gateway
from actors.world_link.messages import ServeRequest
from transports.link import protocol as wire
from transports.link.interface import Peer
from transports.link.requests import Verdict, failure
from wyld_actors import Context, Message, on

__all__ = ["RequestArrived", "Serving"]

_OfClients = wire.SessionDisconnected | wire.SessionReconnected


class RequestArrived(Message, frozen=True):
    """To oneself: a request of a batch, by itself, so that what happens to another frame is not its end."""

    peer: Peer
    request: wire.Request


class Serving(WorldDoor):
    """The part of the world's link that gets requests answered."""

    @on(RequestArrived)
    def request_arrived(self, ctx: Context, arrived: RequestArrived) -> None:
        """A request: to be worked on, to be answered again, or to be ignored."""
        peer, request = arrived.peer, arrived.request
        gateway = self._gateways.get(peer)
        if gateway is None:
            return
        client, requests = gateway.client, self._link.requests
        verdict, answer = requests.arrived(client, request, ctx.now, since=self._link.endings.last)
        if verdict is Verdict.WORK and isinstance(request.body, _OfClients):
            answer = self._client_news(peer, request.id, request.session, request.body)
            requests.answered(client, answer)
            self._send(peer, answer)
        elif verdict is Verdict.WORK:
            self._hand_to_desk(peer, client, request)
        elif answer is not None:
            self._answer_again(peer, request, answer)

    def _hand_to_desk(self, peer: Peer, client: str, request: wire.Request) -> None:
        desk, requests = self._desk(), self._link.requests
        task = ServeRequest(client, request, requests.deadline(client, request.id))
        if desk is None or not desk.try_tell(task):
            refused = failure(request.id, wire.FailureCode.UNAVAILABLE)
            requests.answered(client, refused)
            self._send(peer, refused)

    def _client_news(
        self,
        peer: Peer,
        request: wire.RequestId,
        session: wire.SessionId,
        news: wire.SessionDisconnected | wire.SessionReconnected,
    ) -> wire.Reply | wire.Failure:
        """A client is gone or back. Served here, as it needs no waiting: a gateway that begins anew has such
        news of all its players at once, and nobody's login is to wait behind them."""
        streams = self._own(peer, session)
        if streams is None or streams.ref is None:
            return failure(request, wire.FailureCode.NO_SUCH_SESSION)
        if isinstance(news, wire.SessionDisconnected):
            streams.ref.try_tell(ClientLost())
            return wire.Reply(request, wire.DisconnectNoted(news.grace_seconds))
        streams.ref.try_tell(ClientBack())
        return wire.Reply(request, wire.SessionResumed(streams.character, streams.inbox.applied))

    def _answer_again(self, peer: Peer, request: wire.Request, answer: wire.Reply | wire.Failure) -> None:
        """The first answer may have been lost with its connection, and so the session has not begun here."""
        is_selection = isinstance(answer, wire.Reply) and isinstance(answer.body, wire.CharacterSelected)
        streams = self._streams.get(request.session)
        if not is_selection or (streams is not None and streams.peer == peer):
            self._send(peer, answer)
        elif streams is None or streams.ref is None or streams.is_ending:
            self._send(peer, failure(request.id, wire.FailureCode.UNAVAILABLE))
        else:
            self._begin_outputs(peer, request.session, answer)

    def _cancel(self, gateway: Gateway, cancel: wire.Cancel, request: wire.RequestId) -> None:
        """The answer is not wanted. A session that it has brought into play goes again."""
        self._link.requests.cancelled(gateway.client, cancel)
        streams = self._streams.selected_by(gateway.client, request)
        if streams is not None:
            self._end_session(streams)

    def _answer_overdue(self, now: float) -> None:
        """The desk has not answered in time: then the gateways hear that."""
        for client, answer in self._link.requests.overdue(now):
            asker = self._gateways.peer_of(client)
            if asker is not None:
                self._send(asker, answer)
