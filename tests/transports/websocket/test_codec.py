"""The JSON subprotocol: what a message means, and that none can do harm."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transports.markup import styled
from transports.websocket import JSON_RENDERING, codec, encode
from transports.websocket.codec import Data, Hello, Line, Ping, Refusal, RefusalCode, Seen, decode

LIMIT = 100
ROOT = Path(__file__).parents[3]


def refused(message: str) -> Refusal:
    refusal = decode(message, LIMIT)
    assert isinstance(refusal, Refusal)
    assert refusal.message.endswith(".")
    return refusal


# From the client


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        ('{"t":"line","n":7,"text":"look"}', Line("look", 7)),
        ('{"text":"look","t":"line"}', Line("look")),
        ('{"t":"line","text":"","future":1}', Line("")),
        ('{"t":"ping","at":12.5}', Ping(12.5)),
        ('{"t":"ping"}', Ping(0)),
        ('{"t":"hello","columns":120,"rows":40}', Hello(120, 40)),
        ('{"t":"hello","client":"page","version":"1"}', Hello(80, 24, "page", "1")),
        ('{"t":"hello","id":"0123456789abcdef"}', Hello(id="0123456789abcdef")),
        (
            '{"t":"hello","id":"0123456789abcdef","resume":"VG9rZW4","seen":31}',
            Hello(id="0123456789abcdef", resume="VG9rZW4", seen=31),
        ),
        (
            '{"t":"hello","resume":"VG9rZW4","next":"' + "a-_8" * 10 + 'Ab8"}',
            Hello(resume="VG9rZW4", next="a-_8" * 10 + "Ab8"),
        ),
        ('{"t":"seen","n":31}', Seen(31)),
        ('{"t":"data","package":"Core.Ping","value":[1,{"a":null}]}', Data("Core.Ping", [1, {"a": None}])),
    ],
)
def test_each_kind_of_message_is_understood(message: str, meaning: codec.ClientMessage) -> None:
    assert decode(message, LIMIT) == meaning


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", RefusalCode.BAD_JSON),
        ("look", RefusalCode.BAD_JSON),
        ('{"t":"line"', RefusalCode.BAD_JSON),
        ("[" * 100_000, RefusalCode.BAD_MESSAGE),
        ('{"t":"data","package":"x","value":' + "[" * 100_000, RefusalCode.BAD_JSON),
        ("[]", RefusalCode.BAD_MESSAGE),
        ("null", RefusalCode.BAD_MESSAGE),
        ("{}", RefusalCode.BAD_MESSAGE),
        ('{"t":"dance"}', RefusalCode.BAD_MESSAGE),
        ('{"t":"line"}', RefusalCode.BAD_MESSAGE),
        ('{"t":"seen"}', RefusalCode.BAD_MESSAGE),
        ('{"t":"seen","n":-1}', RefusalCode.BAD_MESSAGE),
        ('{"t":"hello","resume":""}', RefusalCode.BAD_MESSAGE),
        ('{"t":"hello","resume":"' + "x" * 257 + '"}', RefusalCode.BAD_MESSAGE),
        ('{"t":"hello","resume":"VG9rZW4","next":3}', RefusalCode.BAD_MESSAGE),
        ('{"t":"hello","resume":"VG9rZW4","next":""}', RefusalCode.BAD_MESSAGE),
        ('{"t":"data","package":"Session.Resume","value":{"token":"x"}}', RefusalCode.BAD_MESSAGE),
        ('{"t":"line","text":5}', RefusalCode.BAD_MESSAGE),
        ('{"t":"line","text":"x","n":-1}', RefusalCode.BAD_MESSAGE),
        ('{"t":"line","text":"x","n":9007199254740993}', RefusalCode.BAD_MESSAGE),
        ('{"t":"hello","columns":0}', RefusalCode.BAD_MESSAGE),
        ('{"t":"hello","columns":501}', RefusalCode.BAD_MESSAGE),
        ('{"t":"hello","id":"0123456789abcde"}', RefusalCode.BAD_MESSAGE),
        ('{"t":"ping","at":"now"}', RefusalCode.BAD_MESSAGE),
        ('{"t":"data"}', RefusalCode.BAD_MESSAGE),
    ],
)
def test_a_message_that_cannot_be_understood_is_refused_with_a_reason(message: str, code: str) -> None:
    assert refused(message).code == code


@given(st.text("aA8-_=+/ äé", min_size=41, max_size=45))
@example("A" * 42)
@example("A" * 42 + "B")
@example("A" * 42 + "é")
@example("A" * 43 + "\n")
def test_a_next_secret_is_32_bytes_in_their_one_spelling_or_refused_in_words(text: str) -> None:
    try:
        is_one = len(text) == 43 and urlsafe_b64encode(urlsafe_b64decode(text + "="))[:43] == text.encode()
    except ValueError:
        is_one = False

    message = decode(json.dumps({"t": "hello", "resume": "VG9rZW4", "next": text}), LIMIT)

    if is_one:
        assert message == Hello(resume="VG9rZW4", next=text)
    else:
        assert isinstance(message, Refusal)
        assert "43 letters" in message.message
        assert text not in message.message


def test_no_secret_of_a_hello_is_shown() -> None:
    assert "s3cret" not in repr(Hello(id="s3cret" * 3, resume="s3cret", next="s3cret"))


def test_a_line_over_the_limit_is_refused_under_its_number() -> None:
    refusal = refused('{"t":"line","n":3,"text":"' + "ä" * 51 + '"}')
    assert refusal == Refusal(
        RefusalCode.LINE_TOO_LONG, "This line was not taken: it is longer than 100 bytes.", 3
    )


def test_a_line_at_the_limit_is_taken() -> None:
    assert decode('{"t":"line","text":"' + "ä" * 50 + '"}', LIMIT) == Line("ä" * 50)


def test_control_characters_in_a_line_become_spaces() -> None:
    message = json.dumps({"t": "line", "text": "say \x02room\x03 \x1b[31mred\r\nquit\x9b\u2028x"})
    assert decode(message, LIMIT) == Line("say  room   [31mred  quit  x")


@given(st.text(max_size=200))
def test_any_text_is_understood_or_refused(message: str) -> None:
    decode(message, LIMIT)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["t", "n", "text", "at", "columns", "package", "value"]), json_values))
def test_any_object_is_understood_or_refused(fields: dict[str, Any]) -> None:
    for kind in ("line", "ping", "hello", "data", "other"):
        decode(json.dumps({**fields, "t": kind}), LIMIT)


@given(st.text(max_size=60))
def test_no_line_that_is_taken_has_a_control_character(content: str) -> None:
    message = decode(json.dumps({"t": "line", "text": content}), 1000)
    if isinstance(message, Line):
        assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in message.text)


FENCED = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "web-protocol.md").read_text(), re.DOTALL)


def test_the_examples_of_the_document_are_understood() -> None:
    from_client, from_server = FENCED
    assert [type(decode(line, LIMIT)) for line in from_client.splitlines()] == [Hello, Line]
    assert [fields["t"] for fields in json.loads(from_server)] == ["text", "prompt", "ack"]


# To the client


def read(fragment: bytes) -> Any:
    return json.loads(fragment)


def test_marked_up_text_becomes_spans_with_the_names_of_its_styles() -> None:
    text = f"The {styled('npc', 'old ' + styled('strong', 'innkeeper'))} nods.\n"
    assert read(encode(text, JSON_RENDERING)) == {
        "t": "text",
        "spans": [["", "The "], ["npc", "old "], ["npc strong", "innkeeper"], ["", " nods.\n"]],
    }


def test_plain_text_is_one_span() -> None:
    assert read(encode('Say "cheese" \\o/', JSON_RENDERING)) == {
        "t": "text",
        "spans": [["", 'Say "cheese" \\o/']],
    }


@given(st.text())
def test_any_text_can_be_encoded_and_keeps_its_words(text: str) -> None:
    spans = read(encode(text, JSON_RENDERING))["spans"]
    assert all(len(span) == 2 for span in spans)


@given(st.text(alphabet=st.characters(exclude_characters="\x02\x03\x04", exclude_categories=["Cs"])))
def test_text_without_marks_arrives_as_it_is(text: str) -> None:
    assert "".join(piece for _, piece in read(encode(text, JSON_RENDERING))["spans"]) == text


def test_half_a_surrogate_pair_is_replaced_and_the_rest_arrives() -> None:
    assert read(encode("a\ud800b", JSON_RENDERING))["spans"] == [["", "a?b"]]


def test_an_encoded_text_becomes_a_prompt() -> None:
    prompt = codec.prompt(encode(styled("prompt", "20hp> "), JSON_RENDERING))
    assert read(prompt) == {"t": "prompt", "spans": [["prompt", "20hp> "]]}


def test_every_object_of_the_server_is_json_of_its_kind() -> None:
    fragments = [
        codec.echo(False),
        codec.echo(True),
        codec.acknowledgement(7),
        codec.taken(7),
        codec.pong(1.5),
        codec.data("Char.Vitals", {"hp": 20}),
        codec.status({"world": "away"}),
        codec.error(Refusal("bad-json", "No.", 4)),
        codec.bye('the "end"', again=True),
    ]
    assert read(codec.join(fragments)) == [
        {"t": "echo", "on": False},
        {"t": "echo", "on": True},
        {"t": "ack", "n": 7},
        {"t": "taken", "n": 7},
        {"t": "pong", "at": 1.5},
        {"t": "data", "package": "Char.Vitals", "value": {"hp": 20}},
        {"t": "status", "world": "away"},
        {"t": "error", "code": "bad-json", "message": "No.", "n": 4},
        {"t": "bye", "reason": 'the "end"', "again": True},
    ]
