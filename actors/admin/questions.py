"""What can be asked over HTTP; nothing here changes anything."""

from collections.abc import Iterator
from typing import Final, TypedDict

import msgspec
from flask import Flask, Response, request
from gevent.queue import Empty

from actors.admin.answering import ROWS_DEFAULT, json_answer, number, problem
from actors.admin.desk import AdminDesk
from actors.admin.restarts import since_when
from actors.admin.views import ORDERS

# Keeps proxies and clients from taking a quiet log for a dead one.
STREAM_PULSE_SECONDS: Final = 15.0


def add_questions(app: Flask, desk: AdminDesk) -> None:
    """Everything that only looks."""

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(desk.metrics(), mimetype="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/api/")
    def overview() -> Response:
        return json_answer(desk.overview())

    @app.get("/api/look")
    def look() -> Response:
        return json_answer(
            desk.look(
                request.args.getlist("open"), number("limit", ROWS_DEFAULT), request.args.get("after", "")
            )
        )

    @app.get("/api/find")
    def find() -> Response:
        return json_answer(desk.find(request.args.get("name", ""), number("limit", ROWS_DEFAULT)))

    @app.get("/api/tree")
    def tree() -> Response:
        depth = request.args.get("depth")
        pieces = desk.tree(request.args.get("path", ""), None if depth is None else number("depth", 0))
        return Response(pieces, mimetype="application/json")

    @app.get("/api/top")
    def top() -> Response:
        by = request.args.get("by", "depth")
        if by not in ORDERS:
            raise ValueError(f"by={by} is not known: expected {', '.join(ORDERS)}")
        return json_answer(desk.top(by, number("limit", 20)))

    @app.get("/api/actor")
    def actor() -> Response:
        return json_answer(desk.actor(request.args.get("path", "")))

    @app.get("/api/restarts")
    def restarts() -> Response:
        return json_answer(desk.restarts(**_wanted(desk)))

    @app.get("/api/launcher/restarts")
    def launcher_restarts() -> Response:
        return json_answer(desk.launcher.find(**_wanted(desk)))

    @app.get("/api/restarts/stream")
    def follow() -> Response:
        if desk.history.followers >= desk.options.max_streams:
            return problem(503, "too many follow the restart log already")
        return Response(_stream(desk, number("backlog", 0)), mimetype="text/event-stream")

    @app.get("/api/letters")
    def letters() -> Response:
        return json_answer(desk.letters(number("limit", ROWS_DEFAULT)))

    @app.get("/api/sessions")
    def sessions() -> Response:
        return json_answer(desk.half.sessions(number("limit", ROWS_DEFAULT), request.args.get("state", "")))

    @app.get("/api/link")
    def link() -> Response:
        return json_answer(desk.half.link())

    @app.get("/api/doctor")
    def doctor() -> Response:
        return json_answer(desk.examine())


class _Wanted(TypedDict):
    since: float
    path: str
    limit: int


def _wanted(desk: AdminDesk) -> _Wanted:
    """Which records of a restart log the query wants. Raises ValueError."""
    since = request.args.get("since")
    return _Wanted(
        since=0.0 if since is None else since_when(since, desk.wall_clock()),
        path=request.args.get("path", ""),
        limit=number("limit", ROWS_DEFAULT),
    )


def _stream(desk: AdminDesk, backlog: int) -> Iterator[bytes]:
    """Server-sent events: a `restart` for each record, a comment now and then."""
    follower = desk.history.follow(backlog)
    try:
        yield b": the restart log\n\n"
        while True:
            try:
                record = follower.next(STREAM_PULSE_SECONDS)
            except Empty:
                yield b": still here\n\n"
                continue
            if record is None:
                return
            if follower.missed:
                yield b'event: missed\ndata: {"records": %d}\n\n' % follower.missed
                follower.missed = 0
            yield b"event: restart\ndata: " + msgspec.json.encode(record.as_fields(), enc_hook=str) + b"\n\n"
    finally:
        follower.close()
