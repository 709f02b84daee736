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
    styles = (STATIC / "style.css").read_text()
    assert [name for name in PALETTE if f".s-{name} " not in styles] == []


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/static/style.css"])
def test_every_answer_is_protected(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    response.close()


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
