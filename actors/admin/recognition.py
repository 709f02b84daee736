"""Is that our server? Asked before it is given the token.

`run.json` of a server that was killed names ports which anybody may have taken since. So `/healthz`, which
needs no token, proves that it knows the token: `?challenge=` with a number that nobody has used before is
answered with an HMAC of it under the token. The port is in it as well: who has taken one cannot hand the
question on to the server on another. The token then goes over the same connection.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["NotRecognized", "OtherToken", "Silent", "Stranger", "proof_of", "recognize"]

_CHALLENGE: Final = re.compile("[0-9a-f]{32,64}")
CHALLENGE_BYTES: Final = 16
ANSWER_LIMIT_BYTES: Final = 65_536


class NotRecognized(Exception):
    """Base of the reasons not to send the token."""


class OtherToken(NotRecognized):
    """It is a server, with another token."""


class Stranger(NotRecognized):
    """It proves nothing."""


@dataclass
class Silent(NotRecognized):
    """It is as it may be when its loop stands still; what it says stands for its answer."""

    status: int
    content: bytes
    why: str

    def __str__(self) -> str:
        return self.why


def proof_of(token: str, challenge: str, port: int) -> str | None:
    """What only who knows the token can say; None for what is no challenge."""
    if not _CHALLENGE.fullmatch(challenge):
        return None
    text = f"wyld-actors admin {port} {challenge}"
    return hmac.new(token.encode(), text.encode(), hashlib.sha256).hexdigest()


def recognize(connection: http.client.HTTPConnection, token: str) -> None:
    """Have it prove that it knows the token. The connection can be used then, and is not made anew.

    Raises NotRecognized, OSError, HTTPException.
    """
    challenge = secrets.token_hex(CHALLENGE_BYTES)
    connection.request("GET", f"/healthz?challenge={challenge}")
    answer = connection.getresponse()
    content = answer.read(ANSWER_LIMIT_BYTES)
    found = _object(content)
    if answer.status == http.client.SERVICE_UNAVAILABLE and found.get("is_blocked"):
        raise Silent(answer.status, content, str(found.get("error", "")))
    given, wanted = found.get("proof"), proof_of(token, challenge, connection.port)
    if not isinstance(given, str) or wanted is None:
        raise Stranger(f"what listens on port {connection.port} does not prove that it is this server")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise OtherToken
    connection.auto_open = False


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
