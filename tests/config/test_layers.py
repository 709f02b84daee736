"""Reading one layer."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.layers import read_environment, read_file, variable_name
from config.loading import DELIMITER, KNOWN, PREFIX
from config.problems import ConfigurationError, Key


def lines_of(tmp_path: Path, text: str) -> dict[str, int | None]:
    file = tmp_path / "a.toml"
    file.write_text(text, encoding="utf-8")
    return {".".join(key): entry.origin.line for key, entry in read_file(file).items()}


def test_each_key_has_the_line_it_stands_on(tmp_path: Path) -> None:
    text = '\na = 1\n# [b]\n[b]\n  c = 2\n[ d . "e" ]\nf.g = 3\n'

    assert lines_of(tmp_path, text) == {"a": 2, "b.c": 5, "d.e.f.g": 7}


def test_a_key_inside_an_inline_table_has_the_line_of_the_table(tmp_path: Path) -> None:
    assert lines_of(tmp_path, "[a]\nb = { c = 1, d = 2 }\n") == {"a.b.c": 2, "a.b.d": 2}


def test_broken_toml_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("a = 1\nb = \n")

    with pytest.raises(ConfigurationError) as caught:
        read_file(file)

    assert str(file) in str(caught.value)
    assert "line 2" in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigurationError, match="not valid TOML"):
        read_file(file)


@pytest.mark.parametrize("key", KNOWN)
def test_every_setting_has_a_variable_that_is_read_back_as_its_key(key: Key) -> None:
    variable = variable_name(key, PREFIX, DELIMITER)

    layer = read_environment({variable: "x"}, PREFIX, DELIMITER, KNOWN)

    assert list(layer) == [key]


@given(st.text())
def test_any_text_in_a_variable_is_read_without_an_error(text: str) -> None:
    environment = {variable_name(key, PREFIX, DELIMITER): text for key in KNOWN}

    assert set(read_environment(environment, PREFIX, DELIMITER, KNOWN)) == set(KNOWN)


def test_the_default_file_has_the_line_of_every_key() -> None:
    default = Path(__file__).parents[2] / "config" / "default.toml"
    lines = default.read_text(encoding="utf-8").splitlines()

    layer = read_file(default)

    assert tomllib.loads(default.read_text(encoding="utf-8"))
    for key, entry in layer.items():
        assert entry.origin.line is not None
        assert lines[entry.origin.line - 1].startswith(f"{key[-1]} = ")
