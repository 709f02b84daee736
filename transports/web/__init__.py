"""The web pages: what a browser loads before it opens the websocket."""

from transports.web.app import create_app
from transports.web.options import PageOptions

__all__ = ["PageOptions", "create_app"]
