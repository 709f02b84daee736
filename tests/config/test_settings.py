"""Settings as option records."""

import dataclasses

import pytest
from pydantic import SecretStr

from config.settings import Section


class Inner(Section):
    depth: int


class Outer(Section):
    port: int
    key: SecretStr
    inner: Inner


@dataclasses.dataclass
class Options:
    port: int
    title: str = ""


OUTER = Outer(port=1, key=SecretStr("hunter2"), inner=Inner(depth=3))


def test_a_section_becomes_a_record_with_fields_of_the_same_names() -> None:
    assert OUTER.as_record(Options) == Options(1)
    assert OUTER.as_record(Options, title="there") == Options(1, "there")


def test_a_setting_may_be_left_out_or_given_anew() -> None:
    assert OUTER.as_record(Options, without={"port"}, port=2) == Options(2)


def test_a_setting_without_a_place_in_the_record_is_an_error() -> None:
    with pytest.raises(TypeError, match="depth"):
        OUTER.inner.as_record(Options, port=1)
