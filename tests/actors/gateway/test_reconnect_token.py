"""Tokens and codes: written and read without loss, garbage is a typed error, secrets stay unseen."""

import secrets
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.gateway.errors import TokenError, TokenFromElsewhere, TokenMalformed, TokenTooLong
from actors.gateway.reconnect_token import (
    CODE_LETTERS,
    SECRET_BYTES,
    SECRET_LETTERS,
    TOKEN_LETTERS,
    Code,
    Token,
    decode,
    decode_code,
    digest,
    encode,
    encode_code,
    make,
    make_code,
    read,
    read_secret,
)
from actors.gateway.session_record import SessionId, session_id

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
URL_SAFE = string.ascii_letters + string.digits + "-_"

tokens = st.builds(
    Token, st.integers(0, 2**63 - 1).map(SessionId), st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES)
)
codes = st.builds(Code, st.text(CROCKFORD, min_size=CODE_LETTERS, max_size=CODE_LETTERS))


@given(tokens)
def test_a_token_is_read_as_it_was_written(token: Token) -> None:
    text = encode(token)

    assert decode(text) == read(f" {text}\r\n") == token
    assert len(text) == TOKEN_LETTERS
    assert set(text) <= set(URL_SAFE), "it fits into a URL, a JSON string, a variable"


@given(codes)
def test_a_code_is_read_as_it_was_written_in_any_case_and_without_its_hyphen(code: Code) -> None:
    text = encode_code(code)

    assert decode_code(text) == read(text.lower()) == read(text.replace("-", " ")) == code


def test_letters_that_look_like_others_are_understood() -> None:
    assert read("oOiI-lL00") == Code("00111100")


def test_every_token_and_code_is_new_and_as_random_as_promised() -> None:
    made = [make(session_id(3, 7), secrets.token_bytes) for _ in range(100)]

    assert len({token.secret for token in made}) == 100
    assert {len(token.secret) * 8 for token in made} == {256}
    assert len({make_code(secrets.token_bytes).letters for _ in range(100)}) == 100


@given(st.binary(min_size=5, max_size=5))
def test_every_bit_counts_in_a_code(drawn: bytes) -> None:
    letters = make_code(lambda _: drawn).letters

    value = 0
    for letter in letters:
        value = value * 32 + CROCKFORD.index(letter)
    assert value.to_bytes(5, "big") == drawn


@given(st.text(max_size=300) | st.text(URL_SAFE + "=", max_size=80))
@example("")
@example("=" * 55)
@example("AQ")
def test_whatever_comes_in_is_read_or_refused_by_a_typed_error(text: str) -> None:
    try:
        found = read(text)
    except TokenError:
        return
    again = encode(found) if isinstance(found, Token) else encode_code(found)
    assert read(again) == found


@given(tokens, st.data())
def test_a_token_with_something_changed_is_another_one_or_none(token: Token, data: st.DataObject) -> None:
    text = encode(token)
    place = data.draw(st.integers(0, len(text) - 1))
    other = text[:place] + data.draw(st.sampled_from(URL_SAFE)) + text[place + 1 :]

    try:
        read_as = decode(other)
    except TokenError:
        return
    assert (read_as == token) is (other == text), "one token has one spelling"


@given(tokens, tokens)
def test_who_has_a_token_knows_the_next_one_by_its_secret(token: Token, other: Token) -> None:
    secret = encode(other)[-SECRET_LETTERS:]

    assert read_secret(secret) == other.secret
    assert decode(encode(token)[:-SECRET_LETTERS] + secret) == Token(token.session, other.secret)


@given(st.text(max_size=60) | st.text(URL_SAFE + "=", min_size=42, max_size=44))
@example("")
def test_a_secret_is_read_or_refused_by_a_typed_error(text: str) -> None:
    try:
        secret = read_secret(text)
    except TokenError:
        return
    assert encode(Token(SessionId(1), secret)).endswith(text)


@given(tokens, st.integers(0, TOKEN_LETTERS - 1))
def test_a_token_cut_short_is_refused(token: Token, letters: int) -> None:
    text = encode(token)[:letters]

    with pytest.raises(TokenError) as raised:
        decode(text)

    assert len(text) < 8 or text not in str(raised.value), "what may be a secret is in no message"


def test_a_token_of_another_version_is_told_from_garbage() -> None:
    with pytest.raises(TokenFromElsewhere) as raised:
        decode("Ag" + "A" * 53)

    assert raised.value.version == 2


def test_a_session_number_that_no_database_can_hold_is_refused() -> None:
    token = Token(SessionId(2**63), bytes(SECRET_BYTES))

    with pytest.raises(TokenMalformed):
        decode(encode(token))


def test_what_is_far_too_long_is_not_even_decoded() -> None:
    with pytest.raises(TokenTooLong) as raised:
        read("A" * 1_000_000)

    assert str(raised.value) == "a token has 55 letters, this has 1000000"


@pytest.mark.parametrize("text", ["ßßßß", "ıııııııı", "１２３４５６７８"])
def test_letters_of_other_scripts_are_no_code(text: str) -> None:
    with pytest.raises(TokenMalformed):
        read(text)


@given(tokens, codes)
def test_a_digest_is_sha_256_and_a_code_never_stands_for_a_token(token: Token, code: Code) -> None:
    assert token.digest == digest(token.secret)
    assert len(token.digest) == len(code.digest) == 32
    assert code.digest != digest(code.letters.encode())


@given(tokens, codes)
def test_no_secret_is_in_a_repr(token: Token, code: Code) -> None:
    shown = repr(token) + str(token) + f"{token}{code!r}{code}"

    assert repr(token.secret) not in shown
    assert token.secret.hex() not in shown
    assert encode(token) not in shown
    assert code.letters not in repr(code)
