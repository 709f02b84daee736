"""The WSGI application of the player's page: one page, its files, a health check, and nothing that changes.

Everything is same-origin and static but for the page's own settings. The Content-Security-Policy lets the
browser run and load only files of this server, so that even a hole in the page's escaping runs no script; the
page itself writes text with `textContent` only. Source: CSP Level 3; OWASP's list of secure headers.
"""

import re

from flask import Flask, Response, render_template, request

from transports.web.options import PageOptions

__all__ = ["create_app"]

# What may stand in a policy: a host name or address with an optional port.
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def create_app(options: PageOptions | None = None) -> Flask:
    """The application to give to `WebListener(app=...)`."""
    options = options or PageOptions()
    app = Flask(__name__, static_folder="static", static_url_path="/static", template_folder="templates")

    @app.get("/")
    def play() -> str:
        return render_template("play.html", options=options)

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.errorhandler(404)
    def not_found(_: Exception) -> tuple[str, int]:
        return render_template("404.html", options=options), 404

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(_HEADERS)
        response.headers["Content-Security-Policy"] = content_security_policy(request.headers.get("Host", ""))
        # Files carry an ETag: asking is cheap, and an updated server is never met with an old page.
        response.headers["Cache-Control"] = "no-cache"
        return response

    return app


def content_security_policy(host: str) -> str:
    """The policy for a page asked for under this Host header."""
    # Older browsers do not count ws: and wss: of the same host as 'self'.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        f"connect-src 'self'{sockets}; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
