"""Who may open a websocket, and with which subprotocol and extension."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.http11 import Request

from tests.transports.websocket.frames import request
from transports.websocket.handshake import Accepted, Rejected, limits_of, open_session, peer_of
from transports.websocket.options import WebOptions

OPTIONS = WebOptions()


def answer(options: WebOptions = OPTIONS, **headers: str) -> bytes:
    opened = open_session(request(**headers), options, limits_of(options))
    assert isinstance(opened, Accepted), opened
    return opened.session.data_to_send()


def refusal(options: WebOptions = OPTIONS, **headers: str) -> tuple[int, str]:
    opened = open_session(request(**headers), options, limits_of(options))
    assert isinstance(opened, Rejected)
    return opened.response.status_code, opened.reason


def test_the_accept_header_is_that_of_the_specification() -> None:
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer()


@pytest.mark.parametrize(
    "origin",
    ["http://mud.example:8080", "https://mud.example:8080", "http://MUD.example:8080".lower(), ""],
)
def test_the_pages_own_origin_and_none_are_accepted(origin: str) -> None:
    answer(Origin=origin)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://mud.example", "http://mud.example:80801", "null"]
)
def test_another_origin_is_forbidden_and_the_reason_names_the_mend(origin: str) -> None:
    status, reason = refusal(Origin=origin)
    assert status == 403
    assert origin in reason
    assert "allowed_origins" in reason


def test_a_listed_origin_is_accepted() -> None:
    answer(WebOptions(allowed_origins=("https://Play.example/",)), Origin="https://play.example")


def test_a_star_accepts_every_origin() -> None:
    answer(WebOptions(allowed_origins=("*",)), Origin="https://evil.example")


def test_a_missing_origin_is_refused_where_one_is_required() -> None:
    assert refusal(WebOptions(require_origin=True))[0] == 403


def test_our_subprotocol_is_chosen_among_those_offered() -> None:
    assert b"Sec-WebSocket-Protocol: json.wyld-actors\r\n" in answer(
        Sec_WebSocket_Protocol="telnet.mudstandards.org, json.wyld-actors"
    )


def test_a_client_that_offers_no_subprotocol_is_served_without_its_name() -> None:
    assert b"Sec-WebSocket-Protocol" not in answer()


def test_a_client_that_offers_only_unknown_subprotocols_is_told_ours() -> None:
    status, reason = refusal(Sec_WebSocket_Protocol="soap")
    assert status == 400
    assert "json.wyld-actors" in reason


def test_compression_is_without_context_takeover() -> None:
    response = answer(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
    assert b"server_no_context_takeover" in response
    assert b"client_no_context_takeover" in response


def test_compression_can_be_switched_off() -> None:
    response = answer(WebOptions(compression=False), Sec_WebSocket_Extensions="permessage-deflate")
    assert b"Sec-WebSocket-Extensions" not in response


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upgrade": "h2c"}, 426),
        ({"Connection": "keep-alive"}, 426),
        ({"Sec_WebSocket_Key": ""}, 400),
        ({"Sec_WebSocket_Key": "c2hvcnQ="}, 400),
        ({"Sec_WebSocket_Version": "8"}, 400),
        ({"Sec_WebSocket_Extensions": '"'}, 400),
    ],
)
def test_a_bad_handshake_is_refused(headers: dict[str, str], status: int) -> None:
    assert refusal(OPTIONS, **headers)[0] == status


names = st.sampled_from(
    ["Host", "Upgrade", "Connection", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version",
     "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"]
)  # fmt: skip


values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip)


@given(st.lists(st.tuples(names, values), max_size=6), st.text(max_size=10))
def test_no_header_makes_the_handshake_raise(changes: list[tuple[str, str]], path: str) -> None:
    headers = Headers(list(request().headers.raw_items()) + changes)
    open_session(Request(path, headers), OPTIONS, limits_of(OPTIONS))


# Addresses


def peer(host: str, *forwarded: str, trusted: tuple[str, ...] = ()) -> str:
    headers = Headers([("X-Forwarded-For", value) for value in forwarded])
    return peer_of((host, 5000), headers, WebOptions(trusted_proxies=trusted))


def test_a_client_is_known_by_its_address() -> None:
    assert peer("203.0.113.7") == "203.0.113.7:5000"
    assert peer("2001:db8::1") == "[2001:db8::1]:5000"


def test_a_stranger_cannot_choose_its_address() -> None:
    assert peer("203.0.113.7", "198.51.100.1") == "203.0.113.7:5000"


def test_a_trusted_proxy_names_the_client_and_nobody_before_it_is_believed() -> None:
    assert peer("10.0.0.1", "1.1.1.1, 198.51.100.1", "10.0.0.2", trusted=("10.0.0.1", "10.0.0.2")) == (
        "198.51.100.1"
    )


def test_a_trusted_proxy_without_the_header_is_the_client() -> None:
    assert peer("10.0.0.1", trusted=("10.0.0.1",)) == "10.0.0.1:5000"
