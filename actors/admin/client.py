"""The other end of the operators' interface: finds both processes of a server and asks them.

`run.json` in the data directory says where they listen, `admin.key` holds the token. The first part of an
actor's path says which process it lives in. One that is away is a problem of that half; the other still
answers.
"""

import getpass
import http.client
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from actors.admin.operator_errors import HalfAway, OperatorError, Refusal, RunFileBroken, TokenRefused
from actors.admin.recognition import OtherToken, Silent, Stranger, recognize
from actors.admin.run_file import HALVES, addresses, read_run_file

# The process above both. It has no port: each half reads its restart log.
LAUNCHER: Final = "launcher"
# Between two looks for news in it.
LOOK_SECONDS: Final = 1.0
# A restart may wait for the next incarnation that long.
ANSWER_SECONDS: Final = 20.0
# Of a process whose launcher says that it stands still.
TROUBLED_SECONDS: Final = 2.0
# A stream says something every 15 s.
STREAM_SECONDS: Final = 40.0
_UNAUTHORIZED: Final = 401
# What can stand in a header.
_A_TOKEN: Final = re.compile("[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server lives. `token` is one of the settings, "" for that of the key file."""

    data_dir: Path
    token: str = field(default="", repr=False)


@dataclass(slots=True)
class Answers:
    """What each half answered, and why some have not."""

    found: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, OperatorError] = field(default_factory=dict)


def first_of(path: str) -> str:
    """The first name of a path, "" for the path of everything."""
    return path.strip("/").partition("/")[0]


def half_of(path: str) -> str:
    """The process that an actor's path belongs to. Raises Refusal for one that belongs to neither."""
    first = first_of(path)
    if first not in HALVES:
        raise Refusal(404, f"there is no actor at {path}: paths begin with /world or /gateway")
    return first


class Operator:
    """Asks a running server. Raises NotRunning, TokenRefused when it is made."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._addresses = addresses(place.data_dir)
        self._source = "admin.token" if place.token else str(place.data_dir / "admin.key")
        self._token = place.token or _read_token(place.data_dir / "admin.key")
        if not _A_TOKEN.fullmatch(self._token):
            raise OperatorError(f"there is no token in {self._source}: expected one line without spaces")

    def get(self, half: str, what: str, **query: object) -> Any:
        """Raises HalfAway, TokenRefused, Refusal."""
        return self._ask(half, "GET", what, query, None)

    def post(self, half: str, what: str, **body: object) -> str:
        """Change something; what came of it. Raises as `get`."""
        return str(self._ask(half, "POST", what, {}, body)["result"])

    def both(self, what: str, **query: object) -> Answers:
        """Ask both halves. Raises the first problem when neither answers."""
        answers = Answers()
        for half in HALVES:
            try:
                answers.found[half] = self.get(half, what, **query)
            except HalfAway as problem:
                answers.problems[half] = problem
        if not answers.found:
            raise answers.problems[HALVES[0]]
        return answers

    def launcher_restarts(self, **query: object) -> list[dict[str, Any]]:
        """The launcher's restart log, from the half that answers. Raises as `both`."""
        problems = []
        for half in HALVES:
            try:
                records: list[dict[str, Any]] = self.get(half, "/api/launcher/restarts", **query)
            except HalfAway as problem:
                problems.append(problem)
            else:
                return records
        raise problems[0]

    def follow_launcher(self, since: float) -> Iterator[dict[str, Any]]:
        """Its records from that time on, as they come; until nobody answers."""
        told: set[str] = set()
        while True:
            records = self.launcher_restarts(since=since)
            yield from (record for record in records if record["id"] not in told)
            told = {record["id"] for record in records}
            time.sleep(LOOK_SECONDS)

    def follow(self, half: str, backlog: int) -> Iterator[dict[str, Any]]:
        """The last `backlog` records of the restart log, and every new one until the process ends."""
        with self._answer(half, "GET", "/api/restarts/stream", {"backlog": backlog}, None) as answer:
            kind = ""
            while line := answer.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "data" and kind == "restart":
                    yield json.loads(value)

    def _ask(self, half: str, method: str, what: str, query: dict[str, object], body: object) -> Any:
        with self._answer(half, method, what, query, body) as answer:
            content = answer.read()
        try:
            return json.loads(content)
        except ValueError as error:
            raise HalfAway(half, f"what listens on its port answers {content[:20]!r}") from error

    @contextmanager
    def _answer(
        self, half: str, method: str, what: str, query: dict[str, object], body: object
    ) -> Iterator[http.client.HTTPResponse]:
        if half not in self._addresses:
            raise HalfAway(half, "run.json does not say where it is")
        host, port = self._addresses[half]
        given = {name: value for name, value in query.items() if value is not None}
        url = f"{what}?{urlencode(given)}" if given else what
        trouble = self._trouble(half)
        seconds = STREAM_SECONDS if what.endswith("/stream") else ANSWER_SECONDS
        seconds = TROUBLED_SECONDS if trouble else seconds
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
        try:
            recognize(connection, self._token)
            connection.request(method, url, None if body is None else json.dumps(body), self._headers())
            answer = connection.getresponse()
            if answer.status == _UNAUTHORIZED:
                raise TokenRefused(self._source)
            if answer.status >= http.client.BAD_REQUEST:
                raise _refusal(answer)
            yield answer
        except OtherToken as error:
            raise TokenRefused(self._source) from error
        except (Stranger, Silent) as error:
            raise HalfAway(half, str(error)) from error
        except (OSError, http.client.HTTPException) as error:
            trouble = trouble or self._trouble(half)
            why = f"{error} ({host}:{port})" + (f"; the launcher says: {trouble}" if trouble else "")
            raise HalfAway(half, why) from error
        finally:
            connection.close()

    def _trouble(self, half: str) -> str:
        """What the launcher says about it by now."""
        try:
            return read_run_file(self._place.data_dir).troubles.get(half, "")
        except RunFileBroken:
            return ""

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "X-Operator": _user(),
        }


def _refusal(answer: http.client.HTTPResponse) -> OperatorError:
    try:
        content = json.loads(answer.read())
        return Refusal(answer.status, content["error"], content["suggestions"])
    except (ValueError, LookupError, TypeError):
        return Refusal(answer.status, f"the server answered {answer.status} {answer.reason}")


def _read_token(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        raise OperatorError(f"the token cannot be read from {path}: {error.strerror}") from error


def _user() -> str:
    try:
        return getpass.getuser().encode("ascii", "replace").decode()
    except (OSError, KeyError):
        return ""
