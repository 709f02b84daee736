"""Tracebacks as text, at a price that a storm of crashes can be paid with.

The words are those of Python's `traceback` module. It reads the source and parses each line anew to mark the
place in it, 25 us a frame, which is more than all the rest of a restart. A place in the code always reads
the same, so here it is put into words once. A stack that is full is cut in its middle: every actor keeps the
text of its last error, and an endless recursion would be 100 KB of it.
"""

from __future__ import annotations

import traceback
from functools import lru_cache
from itertools import groupby, islice
from types import CodeType, TracebackType

__all__ = ["traceback_text"]

# Places in the code that are remembered, some 0.3 KiB each: more than there are bugs, and frames of a bug.
PLACES_REMEMBERED = 1024

# Frames that are shown of a full stack, of its beginning and its end: how a recursion went on says little.
FIRST_FRAMES, LAST_FRAMES = 20, 60

# As in `traceback.StackSummary.format`.
REPEATED_LINES = 3

# Code, its file, and the instruction and line in it. Code is equal to the same code in another file.
Place = tuple[CodeType, str, int, int]


def traceback_text(error: BaseException) -> str:
    """As `traceback.format_exception`. An error that was raised because of another one is left to that."""
    if error.__cause__ is not None or _context(error) is not None or isinstance(error, BaseExceptionGroup):
        return "".join(traceback.format_exception(error))
    # With its stack, for the suggestions of a NameError; but no frame of it is read.
    last_line = traceback.TracebackException(
        type(error), error, error.__traceback__, limit=0, lookup_lines=False, compact=True
    )
    heading = [] if error.__traceback__ is None else ["Traceback (most recent call last):\n"]
    return "".join([*heading, *_frames(_places(error.__traceback__)), *last_line.format_exception_only()])


def _context(error: BaseException) -> BaseException | None:
    return None if error.__suppress_context__ else error.__context__


def _places(stack: TracebackType | None) -> list[Place]:
    """From the outermost call to the innermost."""
    found = []
    while stack is not None:
        code = stack.tb_frame.f_code
        found.append((code, code.co_filename, stack.tb_lasti, stack.tb_lineno))
        stack = stack.tb_next
    return found


def _frames(places: list[Place]) -> list[str]:
    hidden = len(places) - FIRST_FRAMES - LAST_FRAMES
    if hidden <= 0:
        return _lines(places)
    return [
        *_lines(places[:FIRST_FRAMES]),
        f"  ... {hidden} frames are left out ...\n",
        *_lines(places[-LAST_FRAMES:]),
    ]


def _lines(places: list[Place]) -> list[str]:
    lines = []
    for place, repetition in groupby(places):
        times = sum(1 for _ in repetition)
        lines += [_words(*place)] * min(times, REPEATED_LINES)
        if (more := times - REPEATED_LINES) > 0:
            lines.append(f"  [Previous line repeated {more} more time{'s' if more > 1 else ''}]\n")
    return lines


@lru_cache(PLACES_REMEMBERED)
def _words(code: CodeType, file: str, instruction: int, line: int) -> str:
    # Two bytes an instruction, as `traceback` counts them.
    _, end_line, column, end_column = next(islice(code.co_positions(), max(instruction, 0) // 2, None))
    frame = traceback.FrameSummary(
        file, line, code.co_name, end_lineno=end_line, colno=column, end_colno=end_column
    )
    return "".join(traceback.StackSummary.from_list([frame]).format())
