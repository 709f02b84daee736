"""What can be seen of a process, as text."""

from __future__ import annotations

from pathlib import Path

import gevent
from gevent.event import Event

from supervisors import one_for_one, supervisor
from supervisors.dump import KEPT, Greenlets, busy_greenlets, greenlet_lines, tree_lines, write_dump
from tests.supervisors.actors import Ping, Wait, player
from tests.supervisors.conftest import Theatre


def test_the_tree_tells_state_mail_and_what_is_being_handled_for_how_long(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a"), player(theatre.stage, "b")]))
    actor = theatre.system.find("/top/a")
    assert actor is not None
    actor.tell(Wait(theatre.stage.gate("wait")))
    actor.tell(Ping())
    theatre.system.advance(2.5)

    text = "".join(tree_lines(theatre.system))

    assert "Actors of system\n" in text
    assert "/top/b Player running, incarnation 1\n" in text
    assert (
        "/top/a Player running, incarnation 1, 1 waiting, the oldest for 2.50 s, handles Wait for 2.500 s"
        in text
    )


def test_a_handler_that_waits_is_named_by_its_path_with_its_stack(theatre: Theatre) -> None:
    theatre.run(supervisor("top", one_for_one, [player(theatre.stage, "a")]))
    actor = theatre.system.find("/top/a")
    assert actor is not None
    actor.tell(Wait(theatre.stage.gate("wait")))
    theatre.system.settle()

    text = "".join(greenlet_lines(busy_greenlets(theatre.system)))

    assert "Greenlets here: 1 (/top/a)" in text
    assert "message.gate.wait()" in text


def test_equal_stacks_are_written_once_with_their_number() -> None:
    greenlets, gate = Greenlets(), Event()
    waiting = [gevent.spawn(gate.wait) for _ in range(50)]
    gevent.sleep(0)

    text = "".join(greenlet_lines(found for found in greenlets if found in waiting))

    assert text.count("Greenlets here: ") == 1
    assert "Greenlets here: 50 (" in text
    gate.set()
    gevent.joinall(waiting)


def test_a_dump_is_a_file_of_its_own_for_its_owner_only_and_old_ones_go(tmp_path: Path) -> None:
    paths = [write_dump(tmp_path, "world", [], lambda: ["begin\n"]) for _ in range(KEPT + 2)]

    assert len(set(paths)) == KEPT + 2
    assert sorted(tmp_path.iterdir()) == sorted(paths[2:])
    assert paths[-1].read_text().startswith("begin\n\nThread ")
    assert paths[-1].stat().st_mode & 0o777 == 0o600
