"""Folders that cannot be used and files that cannot be read are told with how to mend it."""

from pathlib import Path

import pytest

from config.folders import make_folders, read_texts
from config.loading import load
from config.problems import ConfigurationError


def test_the_log_is_closed_to_others_and_the_data_folder_can_be_passed_through(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "data"

    log = make_folders(load(environment={"WYLD_DATA_DIR": str(data)}))

    assert log == data / "log"
    assert log.stat().st_mode & 0o007 == 0
    assert data.stat().st_mode & 0o001


def test_rights_that_an_operator_has_given_stay(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.mkdir()
    log.chmod(0o777)

    make_folders(load(environment={"WYLD_DATA_DIR": str(tmp_path)}))

    assert log.stat().st_mode & 0o777 == 0o777


@pytest.mark.parametrize("key", ["data_dir", "log.directory"])
def test_a_folder_that_cannot_be_made_is_told_with_its_setting(tmp_path: Path, key: str) -> None:
    (tmp_path / "file").touch()
    variable = f"WYLD_{key.upper().replace('.', '__')}"
    environment = {"WYLD_DATA_DIR": str(tmp_path)} | {variable: str(tmp_path / "file" / "in")}

    with pytest.raises(ConfigurationError) as caught:
        make_folders(load(environment=environment))

    assert [str(problem) for problem in caught.value.problems] == [
        f'variable {variable}: {key} = "{tmp_path}/file/in": the folder {tmp_path}/file/in cannot be used: '
        "a file is in its way; choose another"
    ]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has a /proc")
def test_nobody_is_told_to_give_a_right_where_no_right_would_help() -> None:
    with pytest.raises(ConfigurationError, match=r"no folder can be made there; choose another$"):
        make_folders(load(environment={"WYLD_DATA_DIR": "/proc/wyld"}))


def test_the_log_can_be_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    environment = {"WYLD_DATA_DIR": str(tmp_path / "data"), "WYLD_LOG__DIRECTORY": "~/log"}

    assert make_folders(load(environment=environment)) == tmp_path / "log"


def test_texts_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml", "notes.txt"):
        (tmp_path / name).write_text(f"# {name}")

    assert read_texts("world.files", tmp_path, "*.toml") == [
        (str(tmp_path / "a.toml"), "# a.toml"),
        (str(tmp_path / "b.toml"), "# b.toml"),
    ]


@pytest.mark.parametrize(("folder", "what"), [("nowhere", "is no folder"), (".", "has no file *.toml")])
def test_a_folder_without_a_file_is_told(tmp_path: Path, folder: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_texts("world.files", tmp_path / folder, "*.toml")

    assert str(caught.value.problems[0]) == f"{tmp_path / folder}: world.files: {what}; name one that has"


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "town.toml").write_bytes(b"[zone]\nname = 'T\xfcr'\n")

    with pytest.raises(ConfigurationError) as caught:
        read_texts("world.files", tmp_path, "*.toml")

    assert str(caught.value.problems[0]) == (
        f"{tmp_path}/town.toml: line 2 is not UTF-8 text: save the file as UTF-8"
    )
