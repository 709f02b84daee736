"""Everything that can be seen of a running process, as text: the tree, every greenlet, every thread.

For SIGUSR1. Written in a greenlet of its own, in slices (`wyld_actors.slices`). Ten thousand greenlets stand
on a handful of different stacks: equal ones are written once, with their number and some of their names.

Greenlets are found by a callback at their birth. gevent's own way, all objects of the garbage collector,
stops the process for a second and does not see what `gc.freeze` has put aside.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from types import FrameType
from typing import Final

import gevent
from greenlet import getcurrent, greenlet

from supervisors.snapshot import CellSnapshot, snapshot
from wyld_actors import ActorSystem
from wyld_actors.slices import in_slices

# Old dumps that are kept of each process.
KEPT: Final = 10
NAMES_SHOWN: Final = 5
STACK_FRAMES: Final = 60

Position = tuple[object, int]


class Greenlets:
    """The greenlet that makes this, and every one that gevent spawns from then on, until it ends."""

    def __init__(self) -> None:
        self._alive: weakref.WeakSet[greenlet] = weakref.WeakSet()
        self._alive.add(getcurrent())
        gevent.Greenlet.add_spawn_callback(self._alive.add)

    def __iter__(self) -> Iterator[greenlet]:
        return iter(list(self._alive))


def write_dump(
    folder: Path, process: str, greenlets: Iterable[greenlet], lines: Callable[[], Iterable[str]]
) -> Path:
    """Write a dump into `folder`, with `lines` at its begin, and return its path. Gives way to others."""
    path = _new_path(folder, process)
    with path.open("w", encoding="utf-8") as file:
        for line in in_slices(chain(lines(), thread_lines(), greenlet_lines(greenlets))):
            file.write(line)
    return path


def tree_lines(system: ActorSystem) -> Iterator[str]:
    """The tree: path, state, incarnation, waiting mail, and what is being handled for how long."""
    yield f"Actors of {system.name}\n\n"
    for _, cell in snapshot(system):
        yield _line(cell)


def busy_greenlets(system: ActorSystem) -> list[greenlet]:
    """The workers that are in a handler: gevent does not know them."""
    return [cell.worker for cell in system.cells() if cell.worker is not None]


def thread_lines() -> Iterator[str]:
    """The stack of each thread as it is now."""
    for ident, frame in sys._current_frames().items():
        yield f"\nThread {ident}\n"
        yield from traceback.format_stack(frame, STACK_FRAMES)


def greenlet_lines(greenlets: Iterable[greenlet]) -> Iterator[str]:
    """The stack of each greenlet that waits, equal ones once."""
    stacks: dict[tuple[Position, ...], list[greenlet]] = {}
    for found in greenlets:
        # Neither begun nor ended greenlets have a stack; one in C code from its begin on has no frame.
        if found and not found.dead:
            stacks.setdefault(_positions(found.gr_frame), []).append(found)
            yield ""
    for alike in sorted(stacks.values(), key=len, reverse=True):
        names = ", ".join(_name(found) for found in islice(alike, NAMES_SHOWN))
        yield f"\nGreenlets here: {len(alike)} ({names}{', ...' if len(alike) > NAMES_SHOWN else ''})\n"
        frame = alike[0].gr_frame
        yield from traceback.format_stack(frame, STACK_FRAMES) if frame is not None else ["  in C code\n"]


def _line(cell: CellSnapshot) -> str:
    parts = [f"{cell.path} {cell.actor} {cell.state}, incarnation {cell.incarnation}"]
    if cell.mailbox_depth:
        parts.append(f"{cell.mailbox_depth} waiting, the oldest for {cell.oldest_seconds:.2f} s")
    if cell.busy_seconds is not None:
        parts.append(f"handles {cell.current_message or 'a hook'} for {cell.busy_seconds:.3f} s")
    return ", ".join(parts) + "\n"


def _name(found: greenlet) -> str:
    cell = getattr(found, "cell", None)
    if cell is not None:
        return str(cell.path)
    return str(getattr(found, "name", None) or f"{type(found).__name__} {id(found):#x}")


def _positions(frame: FrameType | None) -> tuple[Position, ...]:
    found: list[Position] = []
    while frame is not None and len(found) < STACK_FRAMES:
        found.append((frame.f_code, frame.f_lineno or 0))
        frame = frame.f_back
    return tuple(found)


def _new_path(folder: Path, process: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    dumps = sorted(folder.glob(f"{process}-dump-*.txt"))
    for old in dumps[: max(len(dumps) - KEPT + 1, 0)]:
        old.unlink(missing_ok=True)
    # Sorted by name they are sorted by time.
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    path = folder / f"{process}-dump-{time.strftime('%Y%m%d-%H%M%S', time.localtime(seconds))}-{rest:09}.txt"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path
