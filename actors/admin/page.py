"""The operators' page: a document, its style and its scripts, which hold no secret and need no token.

What is to be seen the page asks for under /api/ with the token that the operator gives it; how it keeps that
token is in `docs/operators.md`. Its policy lets the browser run and load only the files here, and with
`require-trusted-types-for` makes every way from text to markup an error: names, errors and messages of
actors and players can be nothing but text. Source: CSP Level 3, Trusted Types.
"""

from typing import Final

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as AnyResponse

PAGE: Final = "page"
PAGE_PATH: Final = "/operator"

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def operator_page() -> Blueprint:
    """The page and its files."""
    page = Blueprint(PAGE, __name__, static_folder="static", static_url_path=f"{PAGE_PATH}/static")

    @page.get("/")
    def root() -> AnyResponse:
        return redirect(PAGE_PATH)

    @page.get(PAGE_PATH)
    def operator() -> Response:
        return page.send_static_file("operator.html")

    @page.after_request
    def protect(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    return page
