"""The whole suite runs as the server does: patched by gevent before anything else is imported."""

from gevent import monkey

monkey.patch_all()

import signal  # noqa: E402

from hypothesis import HealthCheck, settings  # noqa: E402

# A property is right or wrong, however busy the machine is: no clock on the wall judges it. The first use of
# `text()` in a fresh folder alone reads the tables of Unicode for seconds.
settings.register_profile("wyld", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("wyld")

# A shell has what it puts into the background ignore SIGINT, and so would all that the suite starts, of which
# some is ended by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
