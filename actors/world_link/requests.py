"""Requests of the gateways that the world works on: each once, and each answered by its deadline. Pure.

A request that is repeated while it is worked on is ignored, one that is answered gets the same answer again
(`ReplyCache`). Whatever became of who worked on it (a crash, a full mailbox): when its time is over it is
answered as overdue, and counts as under way no longer. So no accident uses up the room for requests for good.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from transports.link.protocol import (
    AccountId,
    Authenticated,
    Cancel,
    Failure,
    FailureCode,
    Reply,
    Request,
    RequestId,
)
from transports.link.requests import ReplyCache, Verdict, failure

__all__ = ["Requests"]

_Key = tuple[str, RequestId]


class _Work(NamedTuple):
    """One that is worked on. `since` is the number of the newest ending (`Endings`) when it came."""

    deadline: float
    since: int


class Requests:
    """What the gateways have asked. `client` is the life of a gateway, as in `ReplyCache`."""

    def __init__(self) -> None:
        self._replies = ReplyCache()
        self._under_way: dict[_Key, _Work] = {}

    def __len__(self) -> int:
        """How many are worked on."""
        return self._replies.working

    def arrived(
        self, client: str, request: Request, now: float, *, since: int = 0
    ) -> tuple[Verdict, Reply | Failure | None]:
        """What to do with it; see `ReplyCache.arrived`. `since` is kept with it until it is answered."""
        verdict, answer = self._replies.arrived(client, request)
        if verdict is Verdict.WORK:
            self._under_way[(client, request.id)] = _Work(now + request.deadline_ms / 1000, since)
        return verdict, answer

    def deadline(self, client: str, request: RequestId) -> float:
        """Until when somebody wants the answer of a request that is worked on."""
        return self._under_way[(client, request)].deadline

    def since(self, client: str, request: RequestId) -> int | None:
        """What was noted when it came; None if nobody wants its answer any more."""
        work = self._under_way.get((client, request))
        return None if work is None else work.since

    def answered(self, client: str, answer: Reply | Failure) -> bool:
        """Keep the answer. False if nobody wants it: it was cancelled, or overdue."""
        self._under_way.pop((client, answer.id), None)
        return self._replies.answered(client, answer)

    def take_back_logins(self, account: AccountId) -> None:
        """The account has another password: a login that has not been heard of by who asked is to be asked
        for again."""
        self._replies.take_back(partial(_is_login, account), FailureCode.BAD_CREDENTIALS)

    def cancelled(self, client: str, cancel: Cancel) -> None:
        """The answer is not wanted. What is done stays done."""
        self._under_way.pop((client, cancel.id), None)
        self._replies.cancelled(client, cancel)

    def overdue(self, now: float) -> list[tuple[str, Failure]]:
        """Whom to tell that their time is over. Each is told once."""
        over = [key for key, work in self._under_way.items() if work.deadline <= now]
        answers = [(client, failure(request, FailureCode.DEADLINE_PASSED)) for client, request in over]
        return [(client, answer) for client, answer in answers if self.answered(client, answer)]

    def forget(self, client: str) -> None:
        """This life of a gateway is over and repeats nothing."""
        self._replies.forget(client)
        for key in [key for key in self._under_way if key[0] == client]:
            del self._under_way[key]


def _is_login(account: AccountId, answer: Reply | Failure) -> bool:
    body = answer.body if isinstance(answer, Reply) else None
    return isinstance(body, Authenticated) and body.account.id == account
