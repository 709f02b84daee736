"""A pid file is read whatever is in it, and believed only when the process fits."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.storage.postmaster import parse, read_postmaster, read_stale

FILE = "4711\n/data\n1790000000\n5432\n/run/wyld\n\n  8826964     65536\nready   \n"


def test_a_file_is_read() -> None:
    postmaster = parse(FILE, Path("/data"))

    assert postmaster is not None
    assert (postmaster.pid, postmaster.socket_folder, postmaster.is_ready) == (4711, Path("/run/wyld"), True)


@pytest.mark.parametrize("length", [0, 1, 4])
def test_a_file_that_is_being_written_is_not_there_yet(length: int) -> None:
    postmaster = parse("\n".join(FILE.splitlines()[:length]), Path("/data"))

    assert postmaster is None or not postmaster.is_ready


@example("²")
@example("--5")
@example("9" * 5000)
@given(st.text())
def test_any_text_is_read_or_is_nothing(text: str) -> None:
    postmaster = parse(text, Path("/data"))

    assert postmaster is None or postmaster.pid >= 0


def test_a_process_that_is_gone_is_not_believed(tmp_path: Path) -> None:
    with subprocess.Popen(["/bin/true"]) as process:
        pass
    (tmp_path / "postmaster.pid").write_text(FILE.replace("4711", str(process.pid)))

    stale = read_stale(tmp_path)

    assert stale is not None
    assert not stale.may_be_a_server()
    assert read_postmaster(tmp_path) is None


def test_a_process_that_works_elsewhere_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text(FILE.replace("4711", str(os.getpid())))

    assert read_postmaster(tmp_path) is None


def test_a_process_that_works_in_the_folder_is_believed(tmp_path: Path) -> None:
    process = subprocess.Popen(["/bin/sleep", "60"], cwd=tmp_path)
    (tmp_path / "postmaster.pid").write_text(FILE.replace("4711", str(process.pid)))

    found = read_postmaster(tmp_path)
    process.kill()
    process.wait()

    assert found is not None
    assert found.pid == process.pid
    assert not found.is_alive()
