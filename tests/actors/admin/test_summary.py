"""What may be shown of states and messages."""

import json
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.admin.summary import HIDDEN, ITEMS_LIMIT, TEXT_LIMIT, summary
from actors.gateway.dialogue import Dialogue
from actors.gateway.session_states import SessionState
from transports.adapter import LineReceived
from transports.link.protocol import Authenticate


class Deep(msgspec.Struct):
    inner: Any = None


@dataclass
class Plain:
    link_key: str
    monkey: str


def test_no_password_is_shown_wherever_it_hides() -> None:
    secret = "correct horse"
    dialogue = Dialogue(name="ann", password=secret, early=(secret,), request=Authenticate("ann", secret, ""))

    shown = summary([dialogue, LineReceived(secret), {"password": secret}, Plain(secret, "george")])

    assert secret not in json.dumps(shown)
    assert "george" in json.dumps(shown)
    assert shown[1]["text"] == HIDDEN


def test_what_is_long_is_cut_and_says_so() -> None:
    assert summary("x" * 1000) == "x" * TEXT_LIMIT + "... (1000 characters)"
    assert summary(list(range(100)))[-1] == f"... and {100 - ITEMS_LIMIT} more"
    assert summary({n: n for n in range(100)})["..."] == f"and {100 - ITEMS_LIMIT} more"
    assert summary(b"abc") == "(3 bytes)"


def test_what_is_deep_or_unknown_is_named() -> None:
    deep: Any = None
    for _ in range(50):
        deep = Deep(deep)

    assert "(Deep)" in json.dumps(summary(deep))
    assert summary(object()) == "(object)"
    assert summary(SessionState.PLAYING) == "playing"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.builds(Deep, inner),
    max_leaves=40,
)


@given(values)
@pytest.mark.slow
def test_a_summary_of_anything_is_json(value: object) -> None:
    json.dumps(summary(value))
