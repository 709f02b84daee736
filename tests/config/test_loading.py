"""The layers put together, and every way to get a setting wrong."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from config.loading import DEFAULT_FILE, KNOWN, PROJECT, Configuration, effective, load
from config.problems import ConfigurationError


def problems_of(
    tmp_path: Path, text: str | None = None, environment: Mapping[str, str] | None = None
) -> list[str]:
    file = None
    if text is not None:
        file = tmp_path / "my.toml"
        file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(file, environment=environment or {})
    return [str(problem).replace(str(tmp_path), "DIR") for problem in caught.value.problems]


def origin(configuration: Configuration, key: str) -> str:
    return str(configuration.origins[tuple(key.split("."))])


def test_the_defaults_alone_are_a_whole_configuration() -> None:
    configuration = load(environment={})

    assert configuration.settings.gateway.telnet.port == 4000
    assert configuration.settings.gateway.web.port == 8080
    assert configuration.settings.data_dir == PROJECT / "var"


def test_the_default_file_names_every_key() -> None:
    configuration = load(environment={})

    assert {origin.source for origin in configuration.origins.values()} == {str(DEFAULT_FILE)}
    assert set(configuration.origins) == set(KNOWN)


def test_a_file_overrides_the_defaults_and_the_environment_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("[gateway.telnet]\nport = 4100\nline_limit_bytes = 512\n")

    configuration = load(file, environment={"WYLD_GATEWAY__TELNET__PORT": "4001"})

    assert configuration.settings.gateway.telnet.port == 4001
    assert configuration.settings.gateway.telnet.line_limit_bytes == 512
    assert origin(configuration, "gateway.telnet.port") == "variable WYLD_GATEWAY__TELNET__PORT"
    assert origin(configuration, "gateway.telnet.line_limit_bytes") == f"{file}, line 3"
    assert origin(configuration, "gateway.telnet.host").startswith(str(DEFAULT_FILE))


def test_text_from_the_environment_becomes_the_type_of_its_setting() -> None:
    configuration = load(
        environment={
            "WYLD_GATEWAY__WEB__COMPRESSION": "False",
            "WYLD_GATEWAY__WEB__ALLOWED_ORIGINS": "https://a.example, https://b.example",
            "WYLD_WORLD__CHECKPOINT_INTERVAL_SECONDS": "0.25",
            "WYLD_WORLD__FILES": "4001",
        }
    )

    assert configuration.settings.gateway.web.compression is False
    assert configuration.settings.gateway.web.allowed_origins == ("https://a.example", "https://b.example")
    assert configuration.settings.world.checkpoint_interval_seconds == 0.25
    assert configuration.settings.world.files == "4001"


def test_a_list_in_the_environment_may_be_written_as_in_the_file() -> None:
    configuration = load(environment={"WYLD_GATEWAY__WEB__ALLOWED_ORIGINS": '["https://a.example"]'})

    assert configuration.settings.gateway.web.allowed_origins == ("https://a.example",)


def test_variables_of_others_do_not_matter() -> None:
    assert load(environment={"PATH": "/bin", "MY_WYLD_PORT": "1"})


def test_a_relative_data_dir_is_taken_from_the_folder_of_the_command(tmp_path: Path) -> None:
    configuration = load(environment={"WYLD_DATA_DIR": "there"}, folder=tmp_path)

    assert configuration.settings.data_dir == tmp_path / "there"


def test_an_absolute_data_dir_stays(tmp_path: Path) -> None:
    configuration = load(environment={"WYLD_DATA_DIR": str(tmp_path)}, folder=Path("/elsewhere"))

    assert configuration.settings.data_dir == tmp_path


def test_an_unknown_key_is_named_with_file_line_and_the_nearest_known_key(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "\n[gateway.telnet]\nprot = 4001\n")

    assert found == [
        "DIR/my.toml, line 3: gateway.telnet.prot: no such setting; did you mean gateway.telnet.port?"
    ]


def test_an_unknown_variable_is_an_error_that_names_the_nearest_known_one(tmp_path: Path) -> None:
    found = problems_of(tmp_path, environment={"WYLD_GATEWY__TELNET__PORT": "4001"})

    assert found == [
        "variable WYLD_GATEWY__TELNET__PORT: gatewy.telnet.port: no such setting; "
        "did you mean WYLD_GATEWAY__TELNET__PORT?"
    ]


def test_a_value_out_of_range_is_shown_with_the_range(tmp_path: Path) -> None:
    found = problems_of(tmp_path, environment={"WYLD_GATEWAY__TELNET__PORT": "99999"})

    assert found == [
        "variable WYLD_GATEWAY__TELNET__PORT: gateway.telnet.port = 99999: "
        "must be a whole number from 0 to 65535"
    ]


def test_a_value_that_is_no_choice_is_shown_with_the_choices(tmp_path: Path) -> None:
    found = problems_of(tmp_path, 'log.level = "loud"')

    assert found == ['DIR/my.toml, line 1: log.level = "loud": must be one of debug, info, warning, error']


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("gateway.web.port = true", "gateway.web.port = true: must be a whole number from 0 to 65535"),
        ('gateway.web.port = "80"', 'gateway.web.port = "80": must be a whole number from 0 to 65535'),
        ("gateway.web.compression = 1", "gateway.web.compression = 1: must be true or false"),
        (
            "gateway.web.allowed_origins = [1, 2]",
            "gateway.web.allowed_origins = [1, 2]: must be a list of origins, each scheme://host or "
            "scheme://host:port, or * for any",
        ),
        (
            "world.checkpoint_interval_seconds = nan",
            "world.checkpoint_interval_seconds = nan: must be a number above 0 to 86400",
        ),
        (
            "world.checkpoint_interval_seconds = 0",
            "world.checkpoint_interval_seconds = 0: must be a number above 0 to 86400",
        ),
        (
            'gateway.web.page.title = ""',
            'gateway.web.page.title = "": must be a text that is not empty and at most 80 characters long',
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_once(tmp_path: Path, text: str, what: str) -> None:
    assert problems_of(tmp_path, text) == [f"DIR/my.toml, line 1: {what}"]


def test_a_section_cannot_be_given_a_value(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "gateway = 3", {"WYLD_LOG": "x"})

    assert found == [
        "DIR/my.toml, line 1: gateway: is a section, not a value; set a key in it, such as gateway.name",
        "variable WYLD_LOG: log: is a section, not a value; set a key in it, such as log.level",
    ]


def test_a_value_cannot_be_a_section(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "[data_dir]\nfolder = 1")

    assert found == [
        "DIR/my.toml, line 2: data_dir.folder: goes below a key that holds a value, not a section"
    ]


def test_a_rule_between_keys_names_every_place_that_set_one_of_them(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        "[link.liveness]\ndown_after_seconds = 1.0",
        {"WYLD_LINK__LIVENESS__SUSPECT_AFTER_SECONDS": "2"},
    )

    assert found == [
        "variable WYLD_LINK__LIVENESS__SUSPECT_AFTER_SECONDS, DIR/my.toml, line 2: link.liveness: "
        "interval_seconds < suspect_after_seconds < down_after_seconds must hold, not 0.5 < 2.0 < 1.0"
    ]


def test_encrypted_telnet_without_a_certificate_is_refused(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "gateway.telnets.enabled = true")

    assert len(found) == 1
    assert "needs certfile" in found[0]


def test_restart_delays_must_grow(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "launcher.backoff.max_seconds = 0.1")

    assert found == [
        "DIR/my.toml, line 1: launcher.backoff: max_seconds = 0.1 must not be below min_seconds = 0.5"
    ]


def test_a_client_is_pinged_before_it_is_given_up(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "gateway.web.client_timeout_seconds = 30")

    assert found == [
        "DIR/my.toml, line 1: gateway.web: client_timeout_seconds = 30.0 must be above "
        "ping_interval_seconds = 30.0, or idle players are cut off"
    ]


def test_all_problems_of_all_layers_are_told_at_once(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        'gateway.telnet.port = -1\nlog.levle = "info"\nworld.name = "The World"',
        {"WYLD_DATABASE__POOL_SIZE": "many", "WYLD_NOTHING": ""},
    )

    assert len(found) == 5


def test_a_missing_file_does_not_hide_the_other_problems(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"

    with pytest.raises(ConfigurationError) as caught:
        load(missing, environment={"WYLD_NOTHING": ""})

    text = str(caught.value)
    assert text.startswith("The configuration has 2 problems:\n")
    assert f"file {missing}: cannot be read: No such file or directory" in text
    assert "variable WYLD_NOTHING" in text


def test_a_secret_is_shown_neither_in_an_error_nor_in_the_listing(tmp_path: Path) -> None:
    dsn = "postgresql://wyld:hunter2@db/wyld"
    file = tmp_path / "my.toml"
    file.write_text(f'database.dsn = "{dsn}"\nadmin.token = 5\nlink.key = "hunter2"\nlink.kye = "hunter2"')

    with pytest.raises(ConfigurationError) as caught:
        load(file, environment={"WYLD_DATABASE__PASSWORD": "hunter2"})
    listing = list(effective(load(environment={"WYLD_DATABASE__DSN": dsn, "WYLD_LINK__KEY": "hunter2"})))

    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in str(listing)
    assert ("link.key", "(hidden)", "variable WYLD_LINK__KEY") in listing
    assert "admin.token = (hidden): must be a text" in str(caught.value)


def test_the_listing_shows_every_setting_with_its_origin() -> None:
    listing = {key: (value, origin) for key, value, origin in effective(load(environment={}))}

    assert len(listing) == len(KNOWN)
    assert listing["gateway.telnet.port"][0] == "4000"
    assert listing["log.level"][0] == '"info"'
    assert listing["gateway.web.allowed_origins"][0] == "[]"
    assert listing["link.key"][0] == '""'


def test_the_answers_of_the_watchdog_get_harder_and_each_can_be_off() -> None:
    with pytest.raises(ConfigurationError, match=r"must hold \(0 is off\), not 0.25 < 5.0 < 2.0 < 30.0"):
        load(environment={"WYLD_WATCHDOG__INTERRUPT_AFTER_SECONDS": "5"})

    settings = load(environment={"WYLD_WATCHDOG__INTERRUPT_AFTER_SECONDS": "0"}).settings

    assert settings.watchdog.interrupt_after_seconds == 0
