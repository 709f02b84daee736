"""Settings as option records."""

import dataclasses

import pytest
from pydantic import SecretStr

from config.loading import load
from config.problems import ConfigurationError
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


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("data_dir", "", "the path of a folder, not empty"),
        ("data_dir", "  ", "the path of a folder, not empty"),
        ("admin.token", "with space", "a text of letters, digits and punctuation of ASCII without a space"),
        ("admin.token", "schl\u00fcssel", "a text of letters, digits and punctuation of ASCII"),
        ("gateway.web.trusted_proxies", "banana", "a list of IP addresses, one for each proxy"),
        ("gateway.web.trusted_proxies", "10.0.0.0/8", "neither names nor networks"),
        ("gateway.web.allowed_origins", "play.example.org", "a list of origins, each scheme://host"),
        ("gateway.web.allowed_origins", "https://play.example.org/game", "a list of origins"),
        ("database.dsn", "foo=bar", "a connection string such as postgresql://"),
        ("database.dsn", "host=db pasword=hunter2", "a connection string such as postgresql://"),
        ("database.dsn", "db.example.org", "a connection string such as postgresql://"),
    ],
)
def test_what_could_not_work_is_refused_with_what_would(key: str, value: str, what: str) -> None:
    variable = f"WYLD_{key.upper().replace('.', '__')}"

    with pytest.raises(ConfigurationError) as caught:
        load(environment={variable: value})

    (problem,) = caught.value.problems
    assert (problem.key, problem.where) == (key, f"variable {variable}")
    assert problem.what.startswith("must be ")
    assert what in problem.what
    assert "hunter2" not in str(problem)


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "https://play.example.org", "HTTP://Localhost:8080/", "http://[::1]:8080", "app://wyld"],
)
def test_an_origin_is_what_a_browser_sends(origin: str) -> None:
    settings = load(environment={"WYLD_GATEWAY__WEB__ALLOWED_ORIGINS": origin}).settings

    assert settings.gateway.web.allowed_origins == (origin,)


def test_an_address_of_a_proxy_is_written_as_a_socket_names_its_peer() -> None:
    settings = load(environment={"WYLD_GATEWAY__WEB__TRUSTED_PROXIES": "10.0.0.7,0:0:0:0:0:0:0:1"}).settings

    assert settings.gateway.web.trusted_proxies == ("10.0.0.7", "::1")


@pytest.mark.parametrize("dsn", ["", "postgresql://wyld:secret@db.example.org/wyld", "host=/run dbname=wyld"])
def test_a_connection_string_has_either_form_of_libpq(dsn: str) -> None:
    assert load(environment={"WYLD_DATABASE__DSN": dsn}).settings.database.dsn.get_secret_value() == dsn
