"""What can be done over HTTP: each is a POST, and a line of the audit file, also when it was refused."""

import datetime
import hashlib
import logging
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec
from flask import Flask, Response, request

from actors.admin import chaos, control
from actors.admin.answering import body, json_answer, problem
from actors.admin.audit import AuditEntry, AuditFile
from actors.admin.desk import AdminDesk
from actors.admin.errors import AdminError, NotPossible

logger = logging.getLogger(__name__)

OPERATOR_LIMIT: Final = 64

Body = TypeVar("Body", bound=msgspec.Struct)


class OnActor(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a POST that concerns one actor."""

    path: str


class Trouble(OnActor, forbid_unknown_fields=True):
    """The body of POST /api/chaos/...: how long it lasts, and for `delay` by how much."""

    seconds: float = 5.0
    delay_seconds: float = 0.1


ACTIONS: Final = {
    "suspend": control.suspend,
    "resume": control.resume,
    "restart": control.restart,
    "kill": control.kill,
}


def fingerprint(token: str) -> str:
    """What stands for a token where it may be read."""
    return hashlib.sha256(token.encode()).hexdigest()[:12]


class _Auditor:
    """Writes down what was done, or not, and by whom."""

    def __init__(self, desk: AdminDesk) -> None:
        self._desk = desk
        self._file = None if desk.options.audit_file is None else AuditFile(desk.options.audit_file)
        self._token = fingerprint(desk.options.token)

    def do(self, action: str, target: str, arguments: dict[str, object], work: Callable[[], str]) -> Response:
        """Do it, unless it cannot be written down."""
        if self._file is not None:
            try:
                self._file.check()
            except OSError as error:
                return problem(503, f"not done, because the audit file cannot be written: {error}")
        status = 200
        suggestions: Sequence[str] = ()
        try:
            text = work()
        except AdminError as error:
            status, text, suggestions = error.status, str(error), error.suggestions
        finally:
            self._desk.has_changed()
        try:
            self._write(action, target, arguments, status, text)
        except OSError as error:
            # It was possible a moment ago, and now it is done.
            logger.error("admin: %s %s is not in the audit file: %s", action, target, error)
            text = f"{text}; but the audit file could not be written: {error}"
        return json_answer({"result": text}) if status == 200 else problem(status, text, suggestions)

    def _write(self, action: str, target: str, arguments: dict[str, object], status: int, text: str) -> None:
        operator = request.headers.get("X-Operator", "")[:OPERATOR_LIMIT]
        at = datetime.datetime.fromtimestamp(self._desk.wall_clock(), datetime.UTC)
        entry = AuditEntry(
            time=at.isoformat(timespec="milliseconds"),
            process=self._desk.half.name,
            token=self._token,
            operator="".join(letter for letter in operator if letter.isprintable()),
            peer=request.remote_addr or "",
            action=action,
            target=target,
            arguments=arguments,
            status=status,
            result=text,
        )
        logger.info("admin: %s %s by %s: %s", action, target, entry.operator or entry.peer, text)
        if self._file is not None:
            self._file.write(entry)


def add_changes(app: Flask, desk: AdminDesk) -> None:
    """Everything that changes something."""
    system, auditor = desk.system, _Auditor(desk)

    @app.post("/api/actor/<action>")
    def act(action: str) -> Response:
        if action not in ACTIONS:
            return problem(404, f"there is no action {action}: expected {', '.join(ACTIONS)}")
        path = _body(OnActor).path
        return auditor.do(action, path, {}, lambda: ACTIONS[action](system, path))

    @app.post("/api/letters/<int:number>/send")
    def send(number: int) -> Response:
        return auditor.do("letters send", str(number), {}, lambda: control.send_letter(system, number))

    @app.post("/api/chaos/<kind>")
    def trouble(kind: str) -> Response:
        asked = _body(Trouble)
        arguments: dict[str, object] = {}
        if kind in {"freeze", "delay"}:
            arguments["seconds"] = asked.seconds
        if kind == "delay":
            arguments["delay_seconds"] = asked.delay_seconds
        return auditor.do(f"chaos {kind}", asked.path, arguments, lambda: _trouble(desk, kind, asked))


def _trouble(desk: AdminDesk, kind: str, asked: Trouble) -> str:
    match kind:
        case "kill":
            return chaos.kill(desk.system, asked.path)
        case "crash":
            return chaos.crash(desk.system, asked.path)
        case "freeze":
            return chaos.freeze(desk.system, asked.path, asked.seconds)
        case "delay":
            return chaos.delay(desk.system, asked.path, asked.delay_seconds, asked.seconds)
    raise NotPossible(f"there is no chaos {kind}: expected kill, crash, freeze or delay")


def _body(kind: type[Body]) -> Body:
    if request.mimetype != "application/json":
        raise ValueError("the body must be JSON, with Content-Type: application/json")
    return msgspec.json.decode(body(), type=kind)
