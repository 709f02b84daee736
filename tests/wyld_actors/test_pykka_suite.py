"""Pykka's own test suite, with `wyld_actors.Actor` as its runtime.

The suite is in Pykka's source distribution, of the very version that is installed; `make test` fetches
it once. The only change to it is a line more in its table of runtimes.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = Path(sys.prefix) / "share" / "pykka-source"

RUNTIME = """
from gevent import monkey
monkey.patch_all()
import wyld_actors

class WyldActor(wyld_actors.Actor):
    crash_on_ask = False
    contain_base_exceptions = False

"""

ENTRY = """RUNTIMES = {
    "wyld": pytest.param(
        Runtime(
            name="wyld",
            actor_class=WyldActor,
            event_class=threading.Event,
            future_class=wyld_actors.Future,
            sleep_func=time.sleep,
        ),
        id="wyld",
    )
}
"""


def unpack_suite(folder: Path) -> Path:
    """Pykka's `tests` package in `folder`, with our runtime in place of its own."""
    archive = SOURCES / f"pykka-{version('pykka')}.tar.gz"
    assert archive.is_file(), f"Pykka's sources are not at {archive}; fetch them with: make test"
    with tarfile.open(archive) as source:
        source.extractall(folder, filter="data")
    suite = folder / "suite"
    shutil.copytree(folder / f"pykka-{version('pykka')}" / "tests", suite / "tests")
    conftest = suite / "tests" / "conftest.py"
    head, _, rest = conftest.read_text().partition("RUNTIMES = {")
    future, _, imports = head.partition("\n")
    assert future.startswith("from __future__")
    _, _, fixtures = rest.partition("\n}\n")
    conftest.write_text(future + RUNTIME + imports + ENTRY + fixtures)
    return suite


@pytest.mark.slow
def test_every_test_of_pykka_passes_with_our_actor(tmp_path: Path) -> None:
    suite = unpack_suite(tmp_path)
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-c", "/dev/null", "tests"],
        cwd=suite,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert "[wyld] PASSED" in run.stdout
    assert "SKIPPED" not in run.stdout
