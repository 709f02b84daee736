"""What the server answers to a browser before any socket is open."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from transports.markup import PALETTE
from transports.web import PageOptions, create_app
from transports.web.app import content_security_policy

STATIC = Path(__file__).parents[3] / "transports" / "web" / "static"


@pytest.fixture
def client() -> FlaskClient:
    return create_app(PageOptions(title='The <"Harbour">', heartbeat_seconds=7)).test_client()


def test_the_page_carries_its_settings_escaped(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "The &lt;&#34;Harbour&#34;&gt;" in page
    assert 'data-heartbeat-seconds="7"' in page
    assert 'data-socket="/ws"' in page


def test_every_file_the_page_names_is_served(client: FlaskClient) -> None:
    page = client.get("/").text
    names = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    assert len(names) >= 3
    for name in names:
        response = client.get(name)
        assert response.status_code == 200
        response.close()


def test_the_page_has_no_script_or_style_within_itself(client: FlaskClient) -> None:
    page = client.get("/").text
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\son\w+=|style=", page)


def test_the_scripts_write_text_only() -> None:
    for script in STATIC.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script.read_text()
        )


def test_every_style_of_the_game_has_a_look() -> None:
    styles = (STATIC / "theme.css").read_text()
    assert [name for name in PALETTE if f".s-{name} " not in styles] == []


def themes() -> dict[str, dict[str, str]]:
    """The colours of the dark theme, which is the first block of the file, and of the light one over it."""
    sheet = (STATIC / "theme.css").read_text()
    dark, light = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{([^}]*--ground[^}]*)\}", sheet)
    )
    return {"dark": dark, "light": {**dark, **light}}


def luminance(colour: str) -> float:
    """WCAG 2.2: relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


INKS = ["ink", "bright", "quiet", "typed", "gold", "green", "amber", "red", "link"]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("ink", [*INKS, *(name for name in PALETTE if name != "strong")])
def test_every_text_can_be_read_on_its_ground(theme: str, ink: str) -> None:
    colours = themes()[theme]
    grounds = ["ground", "panel"] if ink in ("quiet", "prompt", "ink") else ["ground"]
    assert [ground for ground in grounds if contrast(colours[ink], colours[ground]) < 4.5] == []


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("ink", "ground"), [("notice-ink", "notice"), ("ink", "raised"), ("ink", "hover")])
def test_what_stands_on_a_ground_of_its_own_can_be_read(theme: str, ink: str, ground: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/static/style.css"])
def test_every_answer_is_protected(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.headers["Content-Security-Policy"] == content_security_policy("localhost")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    response.close()


def test_the_policy_lets_nothing_run_but_files_of_this_server() -> None:
    directives = dict(part.split(" ", 1) for part in content_security_policy("").split("; "))
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_the_policy_names_the_sockets_of_this_host_only() -> None:
    assert "connect-src 'self' ws://mud.example:8080 wss://mud.example:8080;" in content_security_policy(
        "mud.example:8080"
    )
    assert "ws://[::1]:80 " in content_security_policy("[::1]:80")


@pytest.mark.parametrize("host", ["", "x; script-src *", "a b", "evil.example'", "*"])
def test_a_strange_host_adds_nothing_to_the_policy(host: str) -> None:
    assert "connect-src 'self';" in content_security_policy(host)


def test_the_health_check_answers(client: FlaskClient) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")


def test_a_page_that_is_not_there_is_a_page(client: FlaskClient) -> None:
    response = client.get("/../etc/passwd")
    assert response.status_code == 404
    assert "There is no way in that direction." in response.text


def test_an_unchanged_file_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/static/style.css")
    again = client.get("/static/style.css", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    first.close()
    again.close()
