"""The page without a browser: what it keeps, sends again and gives up."""

from __future__ import annotations

import pytest

from tests.chaos.page import Object, Page

TOKEN = {"t": "token", "token": "abc", "seconds": 900}
PLAYS = {"t": "data", "package": "session", "value": {"playing": True}}
ASKS = {"t": "data", "package": "session", "value": {"playing": False}}
PROMPT = {"t": "prompt", "spans": [["prompt", "> "]]}
QUESTION = {"t": "text", "spans": [["", "Your account's name?\n"]]}


class Wire:
    """A page and all that it sends and shows."""

    def __init__(self) -> None:
        self.sent: list[Object] = []
        self.shown: list[str] = []
        self.page = Page(self.shown.append)

    def opens(self, *things: Object) -> None:
        """A connection stands, and the server says this."""
        self.sent.clear()
        self.page.opens(self.sent.append)
        self.says(*things)

    def plays(self) -> None:
        """A connection on which the game has begun, and a token has come."""
        self.opens({"t": "taken", "n": 0}, ASKS, PLAYS, TOKEN, PROMPT)
        self.sent.clear()

    def says(self, *things: Object) -> None:
        for thing in things:
            self.page.receives(thing)

    @property
    def lines(self) -> list[int]:
        return [thing["n"] for thing in self.sent if thing["t"] == "line"]


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_it_begins_without_a_token_and_has_to_log_in(wire: Wire) -> None:
    wire.opens({"t": "taken", "n": 0}, ASKS, QUESTION, PROMPT)

    assert "resume" not in wire.sent[0]
    assert wire.page.asks
    assert wire.shown[0] == "Your account's name?\n"


def test_a_line_waits_until_the_game_has_begun(wire: Wire) -> None:
    wire.opens({"t": "taken", "n": 0}, ASKS)
    wire.page.types(7, "look")
    assert wire.lines == []

    wire.says(PLAYS, PROMPT)

    assert wire.lines == [7]


def test_it_comes_back_with_its_token_and_what_it_has_seen(wire: Wire) -> None:
    wire.plays()
    wire.says({"t": "seq", "n": 31})
    wire.page.is_lost()

    wire.opens()

    assert (wire.sent[0]["resume"], wire.sent[0]["seen"]) == ("abc", 31)


def test_it_comes_back_by_the_token_it_has_made_when_it_heard_no_answer(wire: Wire) -> None:
    wire.plays()
    wire.page.types(1, "look")
    wire.page.is_lost()
    wire.opens()
    secret = wire.sent[0]["next"]
    wire.page.is_lost()

    wire.opens(ASKS, QUESTION, {"t": "resume-failed", "reason": "already_used", "message": ""})
    wire.says({"t": "taken", "n": 0}, ASKS, QUESTION)

    hellos = [(one["resume"], one["next"]) for one in wire.sent if one["t"] == "hello"]
    assert hellos[0] == ("abc", secret)
    assert hellos[1][0] == "abc" + secret
    assert hellos[1][1] != secret
    assert wire.lines == []
    wire.says({"t": "resumed", "seen": 0, "missed": 0}, PLAYS, {"t": "taken", "n": 0}, PROMPT)
    assert wire.lines == [1]
    assert wire.page.refusals == []


def test_a_token_that_somebody_else_has_used_leads_to_the_login(wire: Wire) -> None:
    wire.plays()
    wire.page.is_lost()

    wire.opens(ASKS, QUESTION, {"t": "resume-failed", "reason": "already_used", "message": ""})

    assert wire.page.refusals == ["already_used"]
    assert wire.page.asks


def test_what_the_login_says_is_not_shown_to_who_comes_back(wire: Wire) -> None:
    wire.plays()
    wire.page.is_lost()

    wire.opens(ASKS, QUESTION, {"t": "resumed", "seen": 0, "missed": 0})

    assert QUESTION["spans"][0][1] not in wire.shown
    assert not wire.page.asks


def test_lines_that_were_not_taken_are_sent_again_in_order_and_before_the_new_ones(wire: Wire) -> None:
    wire.plays()
    for number in (1, 2, 3):
        wire.page.types(number, "look")
    wire.page.is_lost()
    wire.page.types(4, "look")

    wire.opens({"t": "resumed", "seen": 0, "missed": 0}, PLAYS, {"t": "taken", "n": 1}, PROMPT)

    assert wire.lines == [2, 3, 4]


def test_lines_that_are_done_are_not_sent_again_although_the_server_has_lost_them(wire: Wire) -> None:
    wire.plays()
    for number in (1, 2):
        wire.page.types(number, "look")
    wire.says({"t": "done", "n": 1})
    wire.page.is_lost()

    wire.opens({"t": "resumed", "seen": 0, "missed": 0}, PLAYS, {"t": "taken", "n": 0}, PROMPT)

    assert wire.lines == [2]


def test_a_session_that_is_not_found_again_takes_its_sent_lines_with_it(wire: Wire) -> None:
    wire.plays()
    wire.page.types(1, "look")
    wire.page.is_lost()
    wire.page.types(2, "look")

    wire.opens(ASKS, QUESTION, {"t": "resume-failed", "reason": "expired", "message": "Too late."})

    assert wire.page.abandoned == {1}
    assert wire.page.refusals == ["expired"]
    assert wire.page.asks
    assert QUESTION["spans"][0][1] in wire.shown
    wire.says({"t": "taken", "n": 0}, PLAYS, PROMPT)
    assert wire.lines == [2]


def test_a_server_that_cannot_look_just_now_is_asked_again_with_the_same_token(wire: Wire) -> None:
    wire.plays()
    wire.page.is_lost()
    wire.opens(ASKS, {"t": "resume-failed", "reason": "unavailable", "message": "Later."})
    wire.page.is_lost()

    wire.opens()

    assert wire.sent[0]["resume"] == "abc"


def test_it_says_what_it_has_seen_once_for_a_burst(wire: Wire) -> None:
    wire.plays()
    wire.says({"t": "seq", "n": 1}, {"t": "seq", "n": 2})

    wire.page.says_what_it_has_seen()
    wire.page.says_what_it_has_seen()

    assert wire.sent == [{"t": "seen", "n": 2}]


def test_an_answer_to_the_login_has_no_number_and_is_not_kept(wire: Wire) -> None:
    wire.opens({"t": "taken", "n": 0}, ASKS)

    wire.page.answers("Ann")
    wire.page.is_lost()
    wire.opens({"t": "taken", "n": 0}, PLAYS, PROMPT)

    assert wire.lines == []
