"""A line is taken once for each client, whichever of its connections it comes by."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.transports.websocket.conftest import DEADLINE_SECONDS, Game, Site
from transports.adapter import CapabilitiesChanged, Disconnected, LineReceived
from transports.websocket.receipts import Receipts

Serve = Callable[..., Site]
PAGE, OTHER = "a-page-of-its-own", "quite-another-page"


class Holding:
    """A connection that only notes how it ends."""

    def __init__(self) -> None:
        self.ends: list[str] = []

    def abort(self, reason: str) -> None:
        self.ends.append(reason)


# The receipts by themselves


def test_a_client_nobody_knows_has_had_nothing_taken() -> None:
    assert Receipts().claim(PAGE, Holding()).taken == 0


def test_a_number_is_new_once() -> None:
    receipt = Receipts().claim(PAGE, Holding())

    assert [receipt.take(number) for number in (1, 2, 2, 1, 5, 4)] == [True, True, False, False, True, False]


def test_a_new_connection_takes_over_and_ends_the_one_before() -> None:
    receipts, first, second = Receipts(), Holding(), Holding()
    receipts.claim(PAGE, first).take(7)

    taken_over = receipts.claim(PAGE, second)

    assert (taken_over.taken, taken_over.holder) == (7, second)
    assert first.ends == ["its page has connected again"]
    assert second.ends == []


def test_a_connection_that_has_ended_is_not_ended_again() -> None:
    receipts, first = Receipts(), Holding()
    receipts.claim(PAGE, first).release(first)

    receipts.claim(PAGE, Holding())

    assert first.ends == []


def test_the_end_of_an_old_connection_does_not_take_the_receipt_from_the_new_one() -> None:
    receipts, first, second = Receipts(), Holding(), Holding()
    receipts.claim(PAGE, first)
    receipt = receipts.claim(PAGE, second)

    receipt.release(first)

    assert receipt.holder is second


@given(st.lists(st.text("abcd", min_size=1, max_size=1)))
def test_the_receipts_used_last_are_the_ones_that_are_kept(clients: list[str]) -> None:
    receipts = Receipts(limit=2)
    for client in clients:
        receipts.claim(client, Holding()).take(1)

    latest = list(dict.fromkeys(reversed(clients)))[:2]

    assert len(receipts) == len(latest)
    assert all(receipts.claim(client, Holding()).taken == 1 for client in latest)


# On real connections


def say(client: ClientConnection, /, **fields: object) -> None:
    client.send(json.dumps(fields))


def until(client: ClientConnection, kind: str) -> dict[str, Any]:
    """The next object of this kind."""
    while True:
        for item in json.loads(client.recv(timeout=DEADLINE_SECONDS)):
            if item["t"] == kind:
                found: dict[str, Any] = item
                return found


def next_line(game: Game) -> LineReceived:
    while not isinstance(event := game.event(), LineReceived):
        assert isinstance(event, CapabilitiesChanged | Disconnected)
    return event


def test_a_client_with_a_secret_name_is_told_what_was_taken_before(serve: Serve, game: Game) -> None:
    site = serve()
    first = site.connect()
    say(first, t="hello", id=PAGE)
    assert until(first, "taken")["n"] == 0
    say(first, t="line", n=3, text="look")
    until(first, "ack")

    second, stranger = site.connect(), site.connect()
    say(second, t="hello", id=PAGE)
    say(stranger, t="hello", id=OTHER)

    assert until(second, "taken")["n"] == 3
    assert until(stranger, "taken")["n"] == 0


def test_a_line_sent_again_is_acknowledged_and_not_taken_again(serve: Serve, game: Game) -> None:
    site = serve()
    first = site.connect()
    say(first, t="hello", id=PAGE)
    say(first, t="line", n=1, text="give coin to bob")
    until(first, "ack")
    second = site.connect()
    say(second, t="hello", id=PAGE)

    say(second, t="line", n=1, text="give coin to bob")
    assert until(second, "ack")["n"] == 1
    say(second, t="line", n=2, text="look")

    assert next_line(game) == LineReceived("give coin to bob", 1)
    assert next_line(game) == LineReceived("look", 2)


def test_the_connection_before_is_ended(serve: Serve, game: Game) -> None:
    site = serve()
    first = site.connect()
    say(first, t="hello", id=PAGE)
    until(first, "taken")

    say(site.connect(), t="hello", id=PAGE)

    with pytest.raises(ConnectionClosed):
        first.recv(timeout=DEADLINE_SECONDS)
    assert game.event() == Disconnected("its page has connected again")


def test_numbers_without_a_name_are_nobodys_but_the_clients(serve: Serve, game: Game) -> None:
    client = serve().connect()

    for _ in range(2):
        say(client, t="line", n=1, text="north")
        assert until(client, "ack")["n"] == 1

    assert [next_line(game), next_line(game)] == [LineReceived("north")] * 2


def test_a_client_keeps_its_first_name(serve: Serve, game: Game) -> None:
    client = serve().connect()
    say(client, t="hello", id=PAGE)
    until(client, "taken")

    say(client, t="hello", columns=100, id=OTHER)
    say(client, t="line", n=1, text="look")

    assert until(client, "ack")["n"] == 1
    assert next_line(game) == LineReceived("look", 1)


def test_a_name_that_could_be_guessed_is_refused(serve: Serve, game: Game) -> None:
    client = serve().connect()

    say(client, t="hello", id="ann")

    assert until(client, "error")["code"] == "bad-message"
