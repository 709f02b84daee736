"""The other process of the server, asked on behalf of an operator who is here: both halves on one page.

A browser lets a page read from its own server only. The alternative to asking the neighbour from here is to
allow each process to be read from the other's page (CORS), with a second port to be opened through ssh and
a list of origins that has to be right. Here nothing is configured: where the neighbour listens is in
`run.json`, which the launcher keeps true, and the operator's own token is handed on, so that the neighbour
decides for itself. Only /api/ can be reached, only a process of the same data directory, and no answer that
does not end.
"""

import http.client
from pathlib import Path
from typing import Final
from urllib.parse import quote

from flask import Flask, Response, request

from actors.admin.answering import body, problem
from actors.admin.changes import OPERATOR_LIMIT
from actors.admin.desk import AdminDesk
from actors.admin.errors import NeighbourAway
from actors.admin.operator_errors import NotRunning, RunFileBroken
from actors.admin.recognition import OtherToken, Silent, Stranger, recognize
from actors.admin.run_file import HALVES, addresses

# A question is answered at once or not at all; a restart waits for the next incarnation.
GET_SECONDS: Final = 4.0
POST_SECONDS: Final = 20.0
# A branch of a thousand rows is some 400 KB.
ANSWER_LIMIT_BYTES: Final = 8 << 20


def add_neighbour(app: Flask, desk: AdminDesk) -> None:
    """`/at/<process>/api/...` is `/api/...` of that process."""

    @app.route("/at/<half>/api/", methods=["GET"], defaults={"what": ""})
    @app.route("/at/<half>/api/<path:what>", methods=["GET", "POST"])
    def ask(half: str, what: str) -> Response:
        if half not in HALVES or half == desk.half.name:
            others = ", ".join(name for name in HALVES if name != desk.half.name)
            return problem(404, f"there is no neighbour {half}: expected {others}")
        if what.endswith("/stream"):
            return problem(400, f"streams are not handed on; ask the {half} itself")
        address = _address(desk.options.data_dir, half)
        return _ask(half, address, what, own=desk.half.name, token=desk.options.token)


def _address(data_dir: Path | None, half: str) -> tuple[str, int]:
    """Raises NeighbourAway when nothing says where it is."""
    try:
        known = {} if data_dir is None else addresses(data_dir)
    except NotRunning as error:
        raise NeighbourAway(half, "there is no run.json: this process runs without a launcher") from error
    except RunFileBroken as error:
        raise NeighbourAway(half, str(error)) from error
    if half not in known:
        raise NeighbourAway(half, "run.json does not say where it is")
    return known[half]


def _ask(half: str, address: tuple[str, int], what: str, *, own: str, token: str) -> Response:
    seconds = GET_SECONDS if request.method == "GET" else POST_SECONDS
    sent = body()
    connection = http.client.HTTPConnection(*address, timeout=seconds)
    url = f"/api/{quote(what)}?{request.query_string.decode('ascii', 'replace')}"
    try:
        recognize(connection, token)
        connection.request(request.method, url, sent or None, _headers(own))
        answer = connection.getresponse()
        content = answer.read(ANSWER_LIMIT_BYTES + 1)
    except OtherToken:
        # Not the browser's business: its token is right here.
        return problem(502, f"the {half} has another token; it has the one with which it was started")
    except Silent as silent:
        return Response(silent.content, silent.status, mimetype="application/json")
    except Stranger as error:
        raise NeighbourAway(half, str(error)) from error
    except (OSError, http.client.HTTPException) as error:
        raise NeighbourAway(half, f"{error} ({address[0]}:{address[1]})") from error
    finally:
        connection.close()
    if not _is_json(answer):
        why = f"{address[0]}:{address[1]} answers {answer.status}, and not as the {half} would"
        raise NeighbourAway(half, why)
    if len(content) > ANSWER_LIMIT_BYTES:
        limit = f"{ANSWER_LIMIT_BYTES >> 20} MiB"
        return problem(502, f"the answer has more than {limit}; ask for less, or ask the {half} itself")
    return Response(content, answer.status, mimetype="application/json")


def _is_json(answer: http.client.HTTPResponse) -> bool:
    return answer.getheader("Content-Type", "").partition(";")[0] == "application/json"


def _headers(own: str) -> dict[str, str]:
    """The token, and for the audit file who asks and from where."""
    origin = f" from {request.remote_addr} by the {own}"
    operator = request.headers.get("X-Operator", "")[: OPERATOR_LIMIT - len(origin)]
    return {
        "Authorization": request.headers.get("Authorization", ""),
        "Content-Type": request.headers.get("Content-Type", ""),
        "X-Operator": operator + origin,
    }
