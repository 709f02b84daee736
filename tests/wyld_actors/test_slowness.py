"""Handlers that keep everybody waiting are told, seldom."""

from __future__ import annotations

import logging
import re
import time

import gevent
import pytest

from tests.wyld_actors.actors import Count, Do, Doer
from wyld_actors import ActorSystem
from wyld_actors.slowness import QUIET_SECONDS, SlowHandlers


@pytest.fixture
def slow(system: ActorSystem) -> SlowHandlers:
    return system.slow_handlers


def spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_a_handler_that_computes_for_long_is_told_with_its_path_and_message(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    ref = system.spawn(Doer, name="worker")

    ref.ask(Do(lambda actor, ctx: spin(0.06)))

    assert len(said(caplog)) == 1
    assert re.search(r"/worker kept everybody waiting for \d+ ms with Do", said(caplog)[0])
    assert caplog.records[0].__dict__["path"] == "/worker"


def test_a_handler_in_time_is_not_told(system: ActorSystem, caplog: pytest.LogCaptureFixture) -> None:
    ref = system.spawn(Doer, name="worker")

    for _ in range(10):
        ref.ask(Do(lambda actor, ctx: spin(0.01)))

    assert said(caplog) == []


def test_a_handler_that_waits_is_not_slow(system: ActorSystem, caplog: pytest.LogCaptureFixture) -> None:
    ref = system.spawn(Doer, name="worker")

    ref.ask(Do(lambda actor, ctx: gevent.sleep(0.07)))

    assert said(caplog) == []


def test_a_slow_start_is_told_as_a_hook(system: ActorSystem, caplog: pytest.LogCaptureFixture) -> None:
    class Beginner(Doer):
        State = Count

        def on_start(self) -> None:
            spin(0.06)

    system.spawn(Beginner, name="worker")
    system.settle()

    assert "with a hook" in said(caplog)[0]


def test_a_slow_timer_is_told_by_its_message(system: ActorSystem, caplog: pytest.LogCaptureFixture) -> None:
    ref = system.spawn(Doer, name="worker")
    ref.ask(Do(lambda actor, ctx: ctx.after(1.0, Do(lambda *_: spin(0.06)))))

    system.advance(1.0)

    assert "ms with Do" in said(caplog)[0]


def test_the_limit_can_be_moved_and_switched_off(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    ref = system.spawn(Doer, name="worker")
    system.call_slow_from(0.02)
    ref.ask(Do(lambda actor, ctx: spin(0.03)))
    system.call_slow_from(0)
    ref.ask(Do(lambda actor, ctx: spin(0.06)))

    assert len(said(caplog)) == 1


def test_the_same_story_is_told_once_a_minute_with_what_was_left_unsaid(
    system: ActorSystem, slow: SlowHandlers, caplog: pytest.LogCaptureFixture
) -> None:
    cell = system.spawn(Doer, name="worker").cell

    for second in range(5):
        slow.note(cell, Do, 0.1 * (second + 1), 1000.0 + second)
    slow.note(cell, Do, 0.2, 1000.0 + QUIET_SECONDS)

    first, second_line = said(caplog)
    assert "more" not in first
    assert second_line.endswith("4 more since, the longest 500 ms")
    assert slow.by_class.total() == 6


def test_another_message_or_another_kind_of_actor_is_another_story(
    system: ActorSystem, slow: SlowHandlers, caplog: pytest.LogCaptureFixture
) -> None:
    cell = system.spawn(Doer, name="worker").cell

    slow.note(cell, Do, 0.1, 1000.0)
    slow.note(cell, None, 0.1, 1000.0)

    assert len(said(caplog)) == 2


def test_nobody_is_slow_who_was_held_up_with_the_whole_process(
    system: ActorSystem, slow: SlowHandlers, caplog: pytest.LogCaptureFixture
) -> None:
    cell = system.spawn(Doer, name="worker").cell
    slow.answers_for = lambda moment: 0.01

    slow.note(cell, Do, 10.0, 1000.0)

    assert said(caplog) == []
    assert not slow.by_class
