"""Requests of the gateways that the world works on: each once, and each answered by its deadline. Pure.

A request that is repeated while it is worked on is ignored, one that is answered gets the same answer again
(`ReplyCache`). Whatever became of who worked on it (a crash, a full mailbox): when its time is over it is
answered as overdue, and counts as under way no longer. So no accident uses up the room for requests for good.
"""

from __future__ import annotations

from transports.link.protocol import Cancel, Failure, FailureCode, Reply, Request, RequestId
from transports.link.requests import ReplyCache, Verdict, failure

__all__ = ["Requests"]

_Key = tuple[str, RequestId]


class Requests:
    """What the gateways have asked. `client` is the life of a gateway, as in `ReplyCache`."""

    def __init__(self) -> None:
        self._replies = ReplyCache()
        self._deadlines: dict[_Key, float] = {}

    def __len__(self) -> int:
        """How many are worked on."""
        return self._replies.working

    def arrived(self, client: str, request: Request, now: float) -> tuple[Verdict, Reply | Failure | None]:
        """What to do with it; see `ReplyCache.arrived`."""
        verdict, answer = self._replies.arrived(client, request)
        if verdict is Verdict.WORK:
            self._deadlines[(client, request.id)] = now + request.deadline_ms / 1000
        return verdict, answer

    def deadline(self, client: str, request: RequestId) -> float:
        """Until when somebody wants the answer of a request that is worked on."""
        return self._deadlines[(client, request)]

    def answered(self, client: str, answer: Reply | Failure) -> bool:
        """Keep the answer. False if nobody wants it: it was cancelled, or overdue."""
        self._deadlines.pop((client, answer.id), None)
        return self._replies.answered(client, answer)

    def cancelled(self, client: str, cancel: Cancel) -> None:
        """The answer is not wanted. What is done stays done."""
        self._deadlines.pop((client, cancel.id), None)
        self._replies.cancelled(client, cancel)

    def overdue(self, now: float) -> list[tuple[str, Failure]]:
        """Whom to tell that their time is over. Each is told once."""
        over = [key for key, deadline in self._deadlines.items() if deadline <= now]
        answers = [(client, failure(request, FailureCode.DEADLINE_PASSED)) for client, request in over]
        return [(client, answer) for client, answer in answers if self.answered(client, answer)]

    def forget(self, client: str) -> None:
        """This life of a gateway is over and repeats nothing."""
        self._replies.forget(client)
        for key in [key for key in self._deadlines if key[0] == client]:
            del self._deadlines[key]
