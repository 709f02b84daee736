"""What it costs when an operator looks at everybody, and what it costs the game.

A process of its own (`python -m tests.benchmarks.looking SIZE`), which prints milliseconds as JSON. Each
question goes through the operators' application, without a socket.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - patched before anything else is imported
import logging  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from http import HTTPStatus  # noqa: E402

from actors.admin.app import create_admin_app  # noqa: E402
from actors.admin.desk import AdminDesk  # noqa: E402
from actors.admin.options import AdminOptions  # noqa: E402
from actors.admin.world_half import WorldHalf  # noqa: E402
from run_half import calm_collector  # noqa: E402
from supervisors import (  # noqa: E402
    Budget,
    RestartLog,
    Services,
    SpawnChild,
    dynamic,
    one_for_one,
    run_tree,
    supervisor,
)
from tests.benchmarks.crashes import Crash, Victim  # noqa: E402
from tests.benchmarks.pulse import Pulse, Question  # noqa: E402
from wyld_actors import ActorSystem  # noqa: E402
from wyld_actors.timings import SAMPLED_TURNS  # noqa: E402

TOKEN = "only-for-this-process"
TIMES = 5
# One in so many has crashed, and shows its last error.
UNLUCKY = 50

QUESTIONS = {
    "/api/tree": "tree dump",
    "/api/top?by=time": "top",
    "/api/doctor": "doctor",
    "/metrics": "metrics",
    "/api/": "overview",
}


def populate(system: ActorSystem, log: RestartLog, size: int) -> None:
    """Actors that have worked in several turns, so that there is something to say of each."""
    pool = dynamic("pool", Victim, budget=Budget(max_failures=1_000_000))
    run_tree(system, supervisor("world", one_for_one, [pool]), services=Services(log=log))
    system.settle()
    ref = system.find("/world/pool")
    assert ref is not None
    for _ in range(size):
        ref.tell(SpawnChild())
        if not ref.cell.depth % 1000:
            system.settle()
    system.settle()
    refs = [cell.actor_ref for cell in (ref.cell.children or {}).values()]
    for _ in range(SAMPLED_TURNS):
        for one in refs:
            one.tell(Question())
        system.settle()
    for one in refs[::UNLUCKY]:
        one.tell(Crash())
    system.settle()


def look(size: int) -> dict[str, float]:
    """How long each answer takes, and how long another actor's takes meanwhile, at most."""
    system, log = ActorSystem(), RestartLog()
    populate(system, log, size)
    desk = AdminDesk(AdminOptions(TOKEN), system, WorldHalf(system), log)
    client = create_admin_app(desk).test_client()
    pulse = Pulse(system)
    calm_collector()
    figures = {}
    for url, name in QUESTIONS.items():
        durations, held, answers = [], [], []
        for _ in range(TIMES):
            # Nobody has just asked the same: the answer is made, not handed out once more.
            desk.has_changed()
            with pulse:
                begun = time.monotonic()
                answer = client.get(url, headers={"Authorization": f"Bearer {TOKEN}"})
                # Piece by piece, as a socket takes it.
                size_bytes = sum(map(len, answer.iter_encoded()))
                durations.append(time.monotonic() - begun)
            assert answer.status_code == HTTPStatus.OK
            assert size_bytes
            held.append(pulse.held_seconds)
            answers.append(pulse.answer_seconds)
        figures[f"ms for {name}, {size:,} actors"] = 1000 * statistics.median(durations)
        figures[f"ms that the loop was held meanwhile: {name}, {size:,}"] = 1000 * max(held)
        figures[f"ms that another's answer took meanwhile: {name}, {size:,}"] = 1000 * max(answers)
    return figures


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps(look(int(sys.argv[1]))))  # noqa: T201 - read by supervision.py
