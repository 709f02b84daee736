"""What a record takes from an error is bounded, and every file and database can hold it."""

from __future__ import annotations

import msgspec

from supervisors.recording import STACK_LIMIT, limited, stack_of, writable
from wyld_actors.reasons import ExitKind, ExitReason


def test_a_long_stack_keeps_its_beginning_and_its_end() -> None:
    lines = [f'  File "game.py", line {number}, in turn\n' for number in range(2000)]

    cut = limited("Traceback:\n" + "".join(lines) + "RecursionError")

    assert cut is not None
    assert len(cut) < STACK_LIMIT + 20
    assert cut.startswith("Traceback:")
    assert cut.endswith("RecursionError")
    assert "\n  ...\n" in cut


def test_no_stack_is_none() -> None:
    assert stack_of(None) is None
    assert stack_of(ExitReason(ExitKind.KILLED)) is None


def test_half_characters_and_nul_are_written_out() -> None:
    text = writable("a\ud800b\0c")

    assert text == "a\\ud800b\\0c"
    assert msgspec.json.decode(msgspec.json.encode(text)) == text
