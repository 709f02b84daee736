"""The answer to libzmq's question: only a key that is listed gets a name."""

from hypothesis import given
from hypothesis import strategies as st

from transports.link.zap import VERSION, judge

KEY = b"k" * 32
GATEWAYS = {KEY: "east"}


def question(mechanism: bytes = b"CURVE", key: bytes = KEY) -> list[bytes]:
    return [VERSION, b"7", b"wyld-link", b"10.0.0.9", b"", mechanism, key]


def test_a_listed_key_is_given_its_name() -> None:
    answer, words = judge(question(), GATEWAYS)

    assert answer == [VERSION, b"7", b"200", b"OK", b"east", b""]
    assert words is None


def test_another_key_is_refused_with_its_address_and_what_to_do() -> None:
    answer, words = judge(question(key=b"x" * 32), GATEWAYS)

    assert answer[2:5] == [b"400", b"unknown key", b""]
    assert words is not None
    assert "10.0.0.9" in words
    assert (b"x" * 32).hex() in words
    assert "link.curve.gateways" in words


def test_a_listed_key_proves_nothing_by_another_mechanism() -> None:
    answer, words = judge(question(mechanism=b"PLAIN"), GATEWAYS)

    assert answer[2] == b"400"
    assert words


@given(st.lists(st.binary(max_size=40), max_size=9))
def test_whatever_is_asked_there_is_an_answer_and_never_a_yes(request: list[bytes]) -> None:
    answer, words = judge(request, GATEWAYS)

    assert len(answer) == 6
    assert answer[2] in (b"400", b"500")
    assert words
