"""The whole suite runs as the server does: patched by gevent before anything else is imported."""

from gevent import monkey

monkey.patch_all()

from hypothesis import HealthCheck, settings  # noqa: E402

# A property is right or wrong, however busy the machine is: no clock on the wall judges it. The first use of
# `text()` in a fresh folder alone reads the tables of Unicode for seconds.
settings.register_profile("wyld", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("wyld")
