"""World files for a benchmark: the shipped world, and a heath of any size beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.running import PROJECT

__all__ = ["larger_world"]


@contextmanager
def larger_world(rooms: int, *, stones: int = 0, people: int = 0) -> Iterator[Path]:
    """A folder of world files. Each of so many rooms has so many stones, and people who bustle about."""
    with tempfile.TemporaryDirectory(prefix="wyld-bench-world-") as folder:
        for file in (PROJECT / "config" / "world").glob("*.toml"):
            (Path(folder) / file.name).write_text(file.read_text())
        heath = ['[zone]\nid = "heath"\nname = "The Heath"\n']
        heath += [_room(number, rooms, stones, people) for number in range(rooms)]
        (Path(folder) / "heath.toml").write_text("\n".join(heath))
        yield Path(folder)


def _room(number: int, rooms: int, stones: int, people: int) -> str:
    ways = {"north": number + 1, "south": number - 1}
    exits = "".join(f'exits.{way} = "h{to}"\n' for way, to in ways.items() if 0 <= to < rooms)
    text = f'[rooms.h{number}]\nname = "Heath {number}"\ndescription = "Heather and stones."\n{exits}'
    if stones:
        text += (
            f'[items.s{number}]\nname = "grey stone"\ndescription = "A stone."\n'
            f'room = "h{number}"\ncount = {stones}\n'
        )
    for person in range(people):
        text += (
            f'[npcs.p{number}-{person}]\nname = "a heather cutter"\ndescription = "At work."\n'
            f'behaviour = "Bustler"\nroom = "h{number}"\n'
        )
    return text
