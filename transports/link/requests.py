"""Questions over a link that may lose any message: asked again until answered, worked on once. Pure.

The asking side (`RequestBook`) numbers its requests, sends them again after a jittered, growing delay, and
gives up at the deadline. The serving side (`ReplyCache`) knows what it has: a repeated request that is being
worked on is ignored, one that is answered gets the same answer again. So a retry never makes two accounts.

A deadline crosses as the time that is left, because the clocks of two machines are not the same.
"""

import enum
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from transports.link.errors import RequestFailed, RequestTimedOut
from transports.link.liveness import Backoff
from transports.link.protocol import (
    MENDS,
    Cancel,
    Failure,
    FailureCode,
    Reply,
    Request,
    RequestBody,
    RequestId,
    SessionId,
    kind_of,
)

# Seconds. A login waits for its turn to be hashed: longer than the runtime's default of 5 for an ask.
DEFAULT_TIMEOUT_SECONDS = 10.0

# Answers kept for repeated requests, for all gateways together: half a minute of logins at full speed, which
# is longer than anybody repeats one.
REPLY_LIMIT = 2_048

# Requests worked on at a time, for all gateways together. At 60 logins a second those behind would pass their
# deadline anyway: they are told at once.
WORK_LIMIT = 1_024

Asker = TypeVar("Asker")


@dataclass(slots=True)
class _Pending(Generic[Asker]):
    request: Request
    asker: Asker
    asked_at: float
    deadline: float
    again_at: float
    backoff: Backoff


class RequestBook(Generic[Asker]):
    """The asking side. `asker` is whatever the owner needs to give the answer to: a ref, a deferred reply."""

    def __init__(self, make_backoff: Callable[[], Backoff]) -> None:
        self._make_backoff = make_backoff
        self._last_id: RequestId = 0
        self._pending: dict[RequestId, _Pending[Asker]] = {}
        # Only those of sessions, to be found when one ends.
        self._of_session: dict[SessionId, set[RequestId]] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def ask(
        self,
        body: RequestBody,
        asker: Asker,
        *,
        now: float,
        session: SessionId = 0,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> Request:
        """Note the question; the frame to send."""
        self._last_id += 1
        request = Request(self._last_id, session, round(timeout_seconds * 1000), body)
        backoff = self._make_backoff()
        self._pending[request.id] = _Pending(
            request, asker, now, now + timeout_seconds, now + backoff.next_seconds(), backoff
        )
        if session:
            self._of_session.setdefault(session, set()).add(request.id)
        return request

    def answered(self, answer: Reply | Failure) -> "tuple[Asker, Reply | RequestFailed] | None":
        """Who asked, and what to give them; None if nobody waits any more (a late or doubled answer)."""
        pending = self._take(answer.id)
        if pending is None:
            return None
        if isinstance(answer, Failure):
            return pending.asker, RequestFailed(answer.code, answer.text)
        return pending.asker, answer

    def repeats(self, now: float) -> list[Request]:
        """The requests to send again now, with the time that is left to each."""
        due = [pending for pending in self._pending.values() if pending.again_at <= now < pending.deadline]
        for pending in due:
            pending.again_at = now + pending.backoff.next_seconds()
        return [_with_time_left(pending, now) for pending in due]

    def repeat_all(self, now: float) -> list[Request]:
        """All that wait, to send at once: the link is new, and nothing that was sent before counts."""
        return [_with_time_left(pending, now) for pending in self._pending.values() if now < pending.deadline]

    def expired(self, now: float) -> list[tuple[Asker, RequestTimedOut]]:
        """Who will get no answer, and the error to give them."""
        over = [pending for pending in self._pending.values() if pending.deadline <= now]
        for pending in over:
            self._take(pending.request.id)
        return [
            (
                pending.asker,
                RequestTimedOut(
                    kind_of(pending.request.body),
                    pending.deadline - pending.asked_at,
                    pending.backoff.attempts,
                ),
            )
            for pending in over
        ]

    def cancel(self, session: SessionId) -> list[tuple[Cancel, RequestBody]]:
        """The session has ended: what it had asked is not wanted any more. What to send for each question."""
        cancelled = sorted(self._of_session.pop(session, ()))
        bodies = [self._pending.pop(request).request.body for request in cancelled]
        return [(Cancel(request), body) for request, body in zip(cancelled, bodies, strict=True)]

    def _take(self, request: RequestId) -> "_Pending[Asker] | None":
        pending = self._pending.pop(request, None)
        if pending is not None and (session := pending.request.session):
            others = self._of_session[session]
            others.discard(request)
            if not others:
                del self._of_session[session]
        return pending


class Verdict(enum.Enum):
    """What to do with a request that came in."""

    WORK = "work"
    IGNORE = "ignore"
    ANSWER = "answer"


class ReplyCache:
    """The serving side. `client` names the asking life, so ids of another life are never mixed up with it."""

    def __init__(self, *, reply_limit: int = REPLY_LIMIT, work_limit: int = WORK_LIMIT) -> None:
        self._reply_limit = reply_limit
        self._work_limit = work_limit
        self._working: set[tuple[str, RequestId]] = set()
        self._answers: OrderedDict[tuple[str, RequestId], Reply | Failure] = OrderedDict()

    @property
    def working(self) -> int:
        """How many requests are being worked on."""
        return len(self._working)

    def arrived(self, client: str, request: Request) -> tuple[Verdict, Reply | Failure | None]:
        """WORK: new, work on it. IGNORE: being worked on. ANSWER: send this, there is nothing to do."""
        key = (client, request.id)
        if key in self._working:
            return Verdict.IGNORE, None
        answer = self._answers.get(key)
        if answer is None and len(self._working) >= self._work_limit:
            answer = failure(request.id, FailureCode.OVERLOADED)
        if answer is not None:
            return Verdict.ANSWER, answer
        self._working.add(key)
        return Verdict.WORK, None

    def answered(self, client: str, answer: Reply | Failure) -> bool:
        """Keep the answer for repeated requests. False if it is not to be sent: it was cancelled."""
        key = (client, answer.id)
        if key not in self._working:
            return False
        self._working.remove(key)
        self._answers[key] = answer
        if len(self._answers) > self._reply_limit:
            self._answers.popitem(last=False)
        return True

    def take_back(self, is_void: Callable[[Reply | Failure], bool], code: FailureCode) -> None:
        """Such answers hold no more: whoever has not got his and asks again is told `code`."""
        void = [key for key, answer in self._answers.items() if is_void(answer)]
        for key in void:
            self._answers[key] = failure(key[1], code)

    def cancelled(self, client: str, cancel: Cancel) -> None:
        """The answer is not wanted. What is done stays done."""
        self._working.discard((client, cancel.id))

    def forget(self, client: str) -> None:
        """A newer life of this gateway is here: the older one will not repeat anything."""
        self._working = {key for key in self._working if key[0] != client}
        for key in [key for key in self._answers if key[0] == client]:
            del self._answers[key]


def failure(request: RequestId, code: FailureCode, text: str = "") -> Failure:
    """A typed "no", with the words of its code unless there are better ones."""
    return Failure(request, code, text or MENDS[code])


def _with_time_left(pending: "_Pending[Asker]", now: float) -> Request:
    left_ms = max(1, round((pending.deadline - now) * 1000))
    return msgspec.structs.replace(pending.request, deadline_ms=left_ms)
