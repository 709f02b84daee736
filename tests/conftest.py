"""The whole suite runs as the server does: patched by gevent before anything else is imported."""

from gevent import monkey

monkey.patch_all()
