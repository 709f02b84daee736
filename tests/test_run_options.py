"""What the configuration says is what the parts are given."""

from pathlib import Path

import run_options
from actors.gateway.attempts import AttemptLimits
from config.loading import load
from config.settings import Settings


def settings(**environment: str) -> Settings:
    return load(environment=environment).settings


def test_the_default_settings_make_every_record() -> None:
    given = settings()

    assert run_options.store_options(given, "dsn").pool_size == given.database.pool_size
    assert run_options.web_options(given.gateway.web).connection_limit == given.gateway.web.max_connections
    assert run_options.page_options(given.gateway.web).websocket_path == "/ws"
    assert [options.certfile for options in run_options.telnet_options(given.gateway)] == [""]


def test_a_setting_arrives_in_its_record() -> None:
    given = settings(
        WYLD_GATEWAY__TELNET__PORT="4001",
        WYLD_GATEWAY__WEB__ALLOWED_ORIGINS="https://play.example.org",
        WYLD_GATEWAY__WEB__PAGE__TITLE="There",
        WYLD_DATABASE__POOL_SIZE="7",
    )

    assert run_options.telnet_options(given.gateway)[0].port == 4001
    assert run_options.web_options(given.gateway.web).allowed_origins == ("https://play.example.org",)
    assert run_options.page_options(given.gateway.web).title == "There"
    assert run_options.store_options(given, "dsn").pool_size == 7


def test_how_often_wrong_tokens_may_be_shown_is_set_by_address_and_by_session() -> None:
    given = settings(
        WYLD_GATEWAY__SESSIONS__ATTEMPTS__BY_ADDRESS="3",
        WYLD_GATEWAY__SESSIONS__ATTEMPTS__BY_SESSION="5",
        WYLD_GATEWAY__SESSIONS__ATTEMPTS__WINDOW_SECONDS="60",
    )

    assert attempts_of(given) == AttemptLimits(3, 5, 60.0)
    assert attempts_of(settings()) == AttemptLimits()


def attempts_of(given: Settings) -> AttemptLimits:
    return run_options.session_options(given.gateway.sessions, given.link.commands).attempts


def test_the_encrypted_listener_has_the_limits_of_the_plain_one_and_an_address_of_its_own() -> None:
    given = settings(
        WYLD_GATEWAY__TELNETS__ENABLED="true",
        WYLD_GATEWAY__TELNETS__CERTFILE="chain.pem",
        WYLD_GATEWAY__TELNET__LINE_LIMIT_BYTES="512",
    )

    plain, encrypted = run_options.telnet_options(given.gateway)

    assert (plain.port, plain.certfile) == (4000, "")
    assert (encrypted.port, encrypted.certfile, encrypted.line_limit_bytes) == (4443, "chain.pem", 512)


def test_the_world_is_read_from_the_folder_set_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml", "notes.txt"):
        (tmp_path / name).write_text(f"# {name}")

    assert run_options.world_files(settings(WYLD_WORLD__FILES=str(tmp_path))) == [
        (str(tmp_path / "a.toml"), "# a.toml"),
        (str(tmp_path / "b.toml"), "# b.toml"),
    ]


def test_how_many_lines_a_session_may_keep_is_as_the_settings_say() -> None:
    given = settings(WYLD_LINK__COMMANDS__WAITING_LINES="3", WYLD_LINK__COMMANDS__HELD_BYTES="4096")

    lines = run_options.session_options(given.gateway.sessions, given.link.commands).lines

    assert (lines.waiting_lines, lines.held_bytes) == (3, 4096)
    assert lines.waiting_bytes == given.link.commands.waiting_bytes
