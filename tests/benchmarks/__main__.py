"""`make bench`: measure everything and print it. `python -m tests.benchmarks runtime` measures one part."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.benchmarks.capacity import connection_rows, entity_rows
from tests.benchmarks.checkpoints import checkpoint_rows
from tests.benchmarks.fairness import fairness_rows
from tests.benchmarks.link import link_rows
from tests.benchmarks.memory import memory_rows
from tests.benchmarks.recovery import recovery_rows
from tests.benchmarks.resume import resume_rows
from tests.benchmarks.runtime import runtime_rows
from tests.benchmarks.server import server_rows
from tests.benchmarks.sessions import session_rows
from tests.benchmarks.supervision import supervision_rows
from tests.benchmarks.table import Row, show

PARTS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "runtime": ("Actor runtimes, one process each", runtime_rows),
    "supervision": (
        "Supervision: crashes, looking at everybody, and what one actor costs among many",
        supervision_rows,
    ),
    "server": ("The whole server: telnet, gateway, link, world and back", server_rows),
    "connections": ("Connections: ten thousand, and what one costs", connection_rows),
    "entities": ("Entities: a hundred thousand, and ten thousand that are never at rest", entity_rows),
    "memory": ("Memory of an idle player, by process and by part", memory_rows),
    "sessions": ("Sessions: values, actors, PostgreSQL", session_rows),
    "checkpoint": ("Checkpoints: 10,000 entities, 1,000 of them and 1,000 sessions changed", checkpoint_rows),
    "fairness": ("One noisy session among many: what the others feel of it", fairness_rows),
    "link": ("The link between two processes, against bare sockets", link_rows),
    "resume": ("Players who lose their connections and come back at once", resume_rows),
    "recovery": ("A killed world: from SIGKILL to the first answer", recovery_rows),
}


def main(wanted: list[str]) -> None:
    """Measure the wanted parts, or all."""
    unknown = set(wanted) - set(PARTS)
    if unknown:
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    for name in wanted or PARTS:
        title, measure = PARTS[name]
        show(title, measure())


main(sys.argv[1:])
