"""How a problem is said."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from config.loading import KNOWN
from config.problems import ConfigurationError, Origin, Problem, allowed, nearest, shown


def test_every_setting_can_say_what_it_takes() -> None:
    for key, field in KNOWN.items():
        assert "a value" not in allowed(field), key


def test_a_stranger_has_no_nearest_key() -> None:
    assert nearest("xyzzy", ["gateway.name", "world.name"]) == ""


def test_one_problem_is_not_called_problems() -> None:
    error = ConfigurationError([Problem(str(Origin("a.toml", 3)), "a.b", "1", "must be 2")])

    assert str(error) == "The configuration has a problem:\n  - a.toml, line 3: a.b = 1: must be 2"


@given(st.text() | st.integers() | st.booleans() | st.lists(st.text()))
def test_a_shown_value_is_the_toml_that_gives_it(value: object) -> None:
    text = shown(value, None)

    assert text.isprintable()
    assert tomllib.loads(f"a = {text}")["a"] == value
