"""The page's files: open to everybody, and with a policy under which text stays text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from actors.admin import page
from tests.actors.admin.conftest import TOKEN, House

STATIC = Path(page.__file__).parent / "static"
FILES = sorted(path.name for path in STATIC.iterdir())


def fetch(house: House, url: str) -> TestResponse:
    """Without a token, and with the file closed at once."""
    return house.client.get(url, buffered=True)


def test_the_page_needs_no_token_and_holds_none(house: House) -> None:
    response = fetch(house, "/operator")

    assert response.status_code == 200
    assert response.mimetype == "text/html"
    assert TOKEN not in response.text


def test_the_root_leads_to_the_page(house: House) -> None:
    response = fetch(house, "/")

    assert (response.status_code, response.headers["Location"]) == (302, "/operator")


@pytest.mark.parametrize("name", FILES)
def test_its_files_are_served(house: House, name: str) -> None:
    assert fetch(house, f"/operator/static/{name}").status_code == 200


@pytest.mark.parametrize(
    "url", ["/operator/", "/operator/api", "/operator/../api/", "/static/x", "/at/world/api/"]
)
def test_nothing_else_is_open(house: House, url: str) -> None:
    assert fetch(house, url).status_code == 401


def test_no_file_beside_them_is_served(house: House) -> None:
    assert fetch(house, "/operator/static/../page.py").status_code in {401, 404}
    assert fetch(house, "/operator/static/%2e%2e/page.py").status_code in {401, 404}


@pytest.mark.parametrize("url", ["/operator", "/operator/static/operator.js"])
def test_the_policy_allows_what_is_here_and_no_way_from_text_to_markup(house: House, url: str) -> None:
    policy = fetch(house, url).headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    assert rules["default-src"] == rules["form-action"] == rules["frame-ancestors"] == "'none'"
    assert {rules[name] for name in rules if name.endswith("-src") and name != "default-src"} == {"'self'"}
    assert rules["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("name", FILES)
def test_no_file_needs_what_the_policy_forbids(name: str) -> None:
    text = (STATIC / name).read_text(encoding="utf-8")

    assert not re.search(
        r"<style|\bstyle=|\bon[a-z]+=|innerHTML|outerHTML|insertAdjacentHTML|document\.write", text
    )
    assert not re.search(r"\beval\(|new Function|document\.cookie|localStorage", text)
    assert not re.search(r"(?:src|href|import|from|url\()\s*[=(]?\s*[\"']?(?:https?:)?//", text)
    assert not re.search(r"<script(?! type=\"module\" src=)", text)


def test_each_file_is_used(house: House) -> None:
    texts = {name: (STATIC / name).read_text(encoding="utf-8") for name in FILES}

    for name in set(FILES) - {"operator.html"}:
        assert any(name in text for other, text in texts.items() if other != name), name
