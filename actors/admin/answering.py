"""JSON answers, and the numbers of a query."""

from typing import Final

import msgspec
from flask import Response, request

ROWS_LIMIT: Final = 1_000
ROWS_DEFAULT: Final = 50


def json_answer(content: object, status: int = 200) -> Response:
    """`content` as JSON."""
    return Response(msgspec.json.encode(content, enc_hook=str), status, mimetype="application/json")


def problem(status: int, text: str, suggestions: object = ()) -> Response:
    """What is wrong, and what may have been meant."""
    return json_answer({"error": text, "suggestions": suggestions}, status)


def body() -> bytes:
    """The body of the request. Raises ValueError."""
    try:
        return request.get_data()
    except OSError as error:
        # pywsgi's word for a client that stops halfway, lies about a length or sends too much in pieces.
        raise ValueError("the body did not come as it was announced, or is too long") from error


def number(name: str, default: int) -> int:
    """A number of the query. Raises ValueError."""
    text = request.args.get(name, str(default))
    if not text.isdecimal() or int(text) > ROWS_LIMIT:
        raise ValueError(f"{name}={text[:20]} must be a number from 0 to {ROWS_LIMIT}")
    return int(text)
