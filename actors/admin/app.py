"""The operators' interface over HTTP: JSON under /api/, /metrics, /healthz and /readyz.

Thin: what is asked is taken apart, `AdminDesk` answers, the answer is encoded. Everything but the two
health checks and the files of the page needs the bearer token, compared in constant time; a token in a
header, and no cookie, so no other site can use an operator's browser. No CORS, nothing is cached.
"""

import hmac
import logging
from typing import Final

import gevent
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from actors.admin.answering import json_answer, problem
from actors.admin.changes import add_changes
from actors.admin.desk import AdminDesk
from actors.admin.errors import AdminError
from actors.admin.neighbour import add_neighbour
from actors.admin.page import PAGE, operator_page
from actors.admin.questions import add_questions
from actors.admin.recognition import proof_of

logger = logging.getLogger(__name__)

OPEN_PATHS: Final = frozenset({"/healthz", "/readyz"})

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def create_admin_app(desk: AdminDesk) -> Flask:
    """The WSGI application for one process."""
    app = Flask(__name__, static_folder=None)
    token = desk.options.token.encode()
    _protect(app, token, desk.options.refusal_seconds)
    app.register_blueprint(operator_page())
    _health(app, desk, token)
    add_questions(app, desk)
    add_changes(app, desk)
    add_neighbour(app, desk)
    return app


def _protect(app: Flask, token: bytes, refusal_seconds: float) -> None:
    @app.before_request
    def check_token() -> Response | None:
        if request.path in OPEN_PATHS or request.blueprint == PAGE or _has_token(token):
            return None
        if "Authorization" in request.headers:
            gevent.sleep(refusal_seconds)
        logger.warning(
            "admin: %s %s of %s without a valid token", request.method, request.path, request.remote_addr
        )
        response = problem(401, "a bearer token is needed; it is in admin.key in the data directory")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.errorhandler(AdminError)
    def tell(error: AdminError) -> Response:
        return problem(error.status, str(error), error.suggestions)

    @app.errorhandler(ValueError)
    def tell_mistake(error: ValueError) -> Response:
        return problem(400, str(error))

    @app.errorhandler(HTTPException)
    def tell_http(error: HTTPException) -> Response:
        return problem(error.code or 500, error.description or error.name)


def _has_token(token: bytes) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token)


def _port() -> int:
    """On which this connection came."""
    return int(request.environ["SERVER_PORT"])


def _health(app: Flask, desk: AdminDesk, token: bytes) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        proof = proof_of(desk.options.token, request.args.get("challenge", ""), _port())
        found = {"status": "ok", "process": desk.half.name}
        return json_answer(found if proof is None else {**found, "proof": proof})

    @app.get("/readyz")
    def readyz() -> Response:
        checks = desk.readiness()
        # Findings may name hosts: names of checks are enough for whoever has no token.
        shown = checks if _has_token(token) else [{"name": c.name, "health": c.health} for c in checks]
        failing = [check.name for check in checks if check.is_failing]
        return json_answer(
            {"is_ready": not failing, "failing": failing, "checks": shown}, 503 if failing else 200
        )
