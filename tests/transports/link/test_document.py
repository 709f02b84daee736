"""docs/protocol.md says what the code says."""

import enum

import msgspec
import pytest

from transports.link import protocol
from transports.link.document import BEGIN, PAGE, current, reference


def test_the_page_is_current() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert current(page) == page, "run: python -m transports.link.document"


def test_every_public_record_and_choice_is_described() -> None:
    text = reference()

    missing = [
        name
        for name in protocol.__all__
        if isinstance(kind := getattr(protocol, name), type)
        and issubclass(kind, (msgspec.Struct, enum.Enum))
        and name not in ("Compact", "Open")
        and f"### {name}" not in text
        and f"**{name}**" not in text
    ]
    assert missing == []


def test_what_was_written_by_hand_stays() -> None:
    page = PAGE.read_text(encoding="utf-8")
    changed = page.replace("### Hello", "### Goodbye everybody")

    assert current(changed) == page


def test_a_page_without_its_marks_is_not_touched() -> None:
    with pytest.raises(ValueError, match="lost its marks"):
        current(f"only one mark: {BEGIN}")
