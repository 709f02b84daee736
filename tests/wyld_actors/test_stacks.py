"""Tracebacks as text: what Python says, once for each place."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from wyld_actors.stacks import FIRST_FRAMES, LAST_FRAMES, traceback_text


def simple() -> None:
    raise ValueError("a bug")


def deeper() -> None:
    simple()


def over_lines() -> None:
    list(
        map(int, ["1", "x"])
    )  # fmt: skip


def recursive(depth: int = 40) -> None:
    if depth == 0:
        raise LookupError("at the bottom")
    recursive(depth - 1)


def with_a_note() -> None:
    error = ValueError("a bug")
    error.add_note("seen before")
    raise error


def misspelt() -> None:
    simpel()  # type: ignore[name-defined]  # noqa: F821 - that is the bug


def no_python() -> None:
    compile("a b", "some/file.py", "exec")


def unspeakable() -> None:
    class Unspeakable(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    raise Unspeakable


def caused() -> None:
    try:
        simple()
    except ValueError as error:
        raise LookupError("because of it") from error


def on_the_way() -> None:
    try:
        simple()
    except ValueError:
        raise LookupError("while handling it")  # noqa: B904 - that is the case


def alone() -> None:
    try:
        simple()
    except ValueError:
        raise LookupError("nothing of it") from None


def several() -> None:
    raise ExceptionGroup("two bugs", [ValueError("one"), KeyError("another")])


def left(error: BaseException) -> Callable[[], None]:
    def leave() -> None:
        raise error

    return leave


def caught(function: Callable[[], None]) -> BaseException:
    try:
        function()
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    "function",
    [
        simple, deeper, over_lines, recursive, with_a_note, misspelt, no_python, unspeakable, caused,
        on_the_way, alone, several, left(SystemExit(3)), left(GeneratorExit()), left(KeyError()),
    ],
    ids=lambda function: function.__qualname__,
)  # fmt: skip
def test_the_text_is_that_of_python(function: Callable[[], None]) -> None:
    for _ in range(2):
        error = caught(function)
        assert traceback_text(error) == "".join(traceback.format_exception(error))


def test_an_error_that_was_not_raised_has_no_stack() -> None:
    assert traceback_text(ValueError("a bug")) == "ValueError: a bug\n"


def test_each_place_is_put_into_words_once(monkeypatch: pytest.MonkeyPatch) -> None:
    traceback_text(caught(deeper))
    monkeypatch.setattr(traceback, "FrameSummary", None)

    assert "in simple" in traceback_text(caught(deeper))


def test_the_same_code_in_another_file_is_another_place() -> None:
    source = "def bug():\n    raise ValueError('a bug')\n"
    texts = []
    for file in ("first.py", "second.py"):
        names: dict[str, Callable[[], None]] = {}
        exec(compile(source, file, "exec"), names)
        texts.append(traceback_text(caught(names["bug"])))

    assert 'File "first.py", line 2' in texts[0]
    assert 'File "second.py", line 2' in texts[1]


def test_a_full_stack_is_cut_in_its_middle() -> None:
    def ping(depth: int) -> None:
        if depth == 0:
            raise LookupError("at the bottom")
        pong(depth - 1)

    def pong(depth: int) -> None:
        ping(depth - 1)

    text = traceback_text(caught(lambda: ping(200)))

    assert text.count("  File ") == FIRST_FRAMES + LAST_FRAMES
    assert f"  ... {203 - FIRST_FRAMES - LAST_FRAMES} frames are left out ...\n" in text
    assert text.endswith("LookupError: at the bottom\n")
