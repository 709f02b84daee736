"""Key files."""

from pathlib import Path

import pytest

from config.keys import KeyFileError, ensure_key, read_key


def test_a_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "link.key"

    first, second = ensure_key(path), ensure_key(path)

    assert first == second
    assert len(first) >= 43
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["link.key"]


def test_two_servers_have_different_keys(tmp_path: Path) -> None:
    assert ensure_key(tmp_path / "a") != ensure_key(tmp_path / "b")


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.key"
    ensure_key(path)
    path.chmod(0o640)

    with pytest.raises(KeyFileError, match=r"others may read it \(mode 0640\)") as caught:
        ensure_key(path)

    assert str(path) in str(caught.value)


def test_an_empty_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.key"
    path.touch(mode=0o600)

    with pytest.raises(KeyFileError, match="is empty"):
        ensure_key(path)


def test_a_key_can_be_made_in_another_way(tmp_path: Path) -> None:
    assert ensure_key(tmp_path / "curve.key", lambda: "0" * 64) == "0" * 64


def test_a_key_that_only_an_operator_can_make_is_missed_with_words_for_that(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="make it with"):
        read_key(tmp_path / "curve.key", "is not there; make it with `python run.py keys`")
