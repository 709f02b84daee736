"""A page goes on with an earlier session: what its session hears of that, and what the page is told."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.transports.websocket.conftest import DEADLINE_SECONDS, Game, Site
from transports.adapter import DataReceived, LineReceived, ProtocolViolated
from transports.websocket import JSON_RENDERING, JsonAdapter, encode

Serve = Callable[..., Site]
PAGE, TOKEN = "a-page-of-its-own", "VG9rZW4tb2YtYS1zZXNzaW9u"
NEXT = "bmV4dC1zZWNyZXQtb2YtYS1wYWdlLTMyLWJ5dGVzLSE"


def say(client: ClientConnection, /, **fields: object) -> None:
    client.send(json.dumps(fields))


def receive(client: ClientConnection) -> Any:
    return json.loads(client.recv(timeout=DEADLINE_SECONDS))


@pytest.fixture
def page(serve: Serve) -> ClientConnection:
    """A page with a token, which it has shown."""
    client = serve().connect()
    say(client, t="hello", id=PAGE, resume=TOKEN, seen=31)
    return client


@pytest.fixture
def adapter(page: ClientConnection, game: Game) -> JsonAdapter:
    """The page's, after its session has heard of the token."""
    assert game.event() == DataReceived("session.resume", {"token": TOKEN, "seen": 31})
    adapter = game.adapter()
    assert isinstance(adapter, JsonAdapter)
    return adapter


def test_a_page_that_resumes_is_told_by_its_session_what_was_taken(
    page: ClientConnection, adapter: JsonAdapter, game: Game
) -> None:
    adapter.send_data("session.resumed", {"seen": 31, "missed": 2})
    adapter.send_data("session.taken", 51)

    assert receive(page) == [{"t": "resumed", "seen": 31, "missed": 2}, {"t": "taken", "n": 51}]
    say(page, t="line", n=51, text="again")
    say(page, t="line", n=52, text="new")
    assert game.event() == LineReceived("new", 52)


def test_a_session_may_know_of_less_than_the_listener_had_taken(
    page: ClientConnection, adapter: JsonAdapter, game: Game
) -> None:
    say(page, t="line", n=60, text="lost on its way")
    assert game.event() == LineReceived("lost on its way", 60)

    adapter.send_data("session.taken", 51)
    say(page, t="line", n=60, text="lost on its way")

    assert game.event() == LineReceived("lost on its way", 60)


def test_a_page_that_cannot_resume_is_told_why_and_goes_on_by_its_own_name(
    page: ClientConnection, adapter: JsonAdapter
) -> None:
    adapter.send_data("session.resume-failed", {"reason": "expired", "message": "It is too late."})

    assert receive(page) == [
        {"t": "resume-failed", "reason": "expired", "message": "It is too late."},
        {"t": "taken", "n": 0},
    ]


def test_a_token_is_shown_once_for_each_connection(
    page: ClientConnection, adapter: JsonAdapter, game: Game
) -> None:
    say(page, t="hello", id=PAGE, columns=80, rows=24, resume=TOKEN)
    say(page, t="line", text="look")

    assert game.event() == LineReceived("look")


def test_the_next_token_that_the_page_has_made_goes_with_the_one_it_shows(serve: Serve, game: Game) -> None:
    client = serve().connect()

    say(client, t="hello", id=PAGE, resume=TOKEN, next=NEXT, seen=3)

    assert game.event() == DataReceived("session.resume", {"token": TOKEN, "seen": 3, "next": NEXT})


def test_a_next_token_that_is_none_is_refused_before_anything_is_used_up(serve: Serve, game: Game) -> None:
    client = serve().connect()

    say(client, t="hello", id=PAGE, resume=TOKEN, next=NEXT[:-1])
    [refused] = receive(client)
    say(client, t="line", text="look")

    assert (refused["t"], refused["code"]) == ("error", "bad-message")
    assert isinstance(game.event(), ProtocolViolated)
    assert game.event() == LineReceived("look")


def test_a_page_whose_token_failed_may_show_another_at_once(
    page: ClientConnection, adapter: JsonAdapter, game: Game
) -> None:
    adapter.send_data("session.resume-failed", {"reason": "already_used", "message": "", "again": False})
    receive(page)

    say(page, t="hello", id=PAGE, resume="YW5vdGhlcg", seen=31)

    assert game.event() == DataReceived("session.resume", {"token": "YW5vdGhlcg", "seen": 31})


def test_the_number_of_the_last_output_stands_at_the_end_of_its_message(
    page: ClientConnection, adapter: JsonAdapter
) -> None:
    for number in (32, 33):
        adapter.send([encode(f"output {number}\n", JSON_RENDERING)])
        adapter.send_data("session.seq", number)

    text, other, last = receive(page)
    assert (text["t"], other["t"]) == ("text", "text")
    assert last == {"t": "seq", "n": 33}


def test_what_a_page_has_seen_is_told_to_its_session(page: ClientConnection, game: Game) -> None:
    game.event()

    say(page, t="seen", n=33)

    assert game.event() == DataReceived("session.seen", 33)


def test_a_page_is_told_its_token_and_which_lines_are_saved(
    page: ClientConnection, adapter: JsonAdapter
) -> None:
    adapter.send_data("session.token", {"token": "bmV3", "seconds": 900})
    adapter.send_data("session.done", 50)

    assert receive(page) == [{"t": "token", "token": "bmV3", "seconds": 900}, {"t": "done", "n": 50}]


def test_a_page_is_asked_to_come_again_by_itself(page: ClientConnection, adapter: JsonAdapter) -> None:
    adapter.send_data("session.again", "lines are missing")

    assert receive(page) == [{"t": "bye", "reason": "lines are missing", "again": True}]
    with pytest.raises(ConnectionClosed):
        receive(page)


def test_a_page_that_shows_a_token_and_no_name_is_not_told_of_its_lines(serve: Serve, game: Game) -> None:
    client = serve().connect()
    say(client, t="hello", resume=TOKEN)
    game.event()

    adapter = game.adapter()
    adapter.send_data("session.taken", 51)
    adapter.send_data("session.done", 51)

    assert receive(client) == [{"t": "done", "n": 51}]


def test_no_token_is_written_to_the_log(serve: Serve, game: Game, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = serve().connect()

    say(client, t="hello", id=PAGE, resume=TOKEN)
    say(client, t="hello", id=PAGE, resume={"token": TOKEN})
    say(client, t="hello", id=PAGE, resume=TOKEN, next=NEXT)
    say(client, t="hello", id=PAGE, resume=TOKEN, next=NEXT + "=")
    game.event()
    game.adapter().send_data("session.token", {"token": TOKEN, "seconds": {TOKEN}})
    receive(client)

    assert TOKEN not in caplog.text
    assert NEXT not in caplog.text
