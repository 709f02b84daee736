"""What players see of an npc that crashed: one line of story, and no more of it while it crashes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from actors.world import Emoted, Npc, NpcContext, Said
from actors.world.testing import EntityHandle, InjectedCrash, Player, World
from wyld_actors import on

FALTERS = "Marta pauses, as if a thought had slipped away."


class Marta(Npc):
    """Stumbles over every word."""

    @on(Said)
    def stumble(self, ctx: NpcContext, said: Said) -> None:
        raise InjectedCrash(said.text)


class Stoic(Marta):
    """Stumbles, and shows nothing of it."""

    falters = ""


class Parrot(Npc):
    """Says what it sees."""

    @on(Emoted)
    def repeat(self, ctx: NpcContext, emoted: Emoted) -> None:
        ctx.say(emoted.text)


class Muddled(Npc):
    """Takes one thing for another, with the mistake that it was made with."""

    mistake: Callable[[NpcContext, Any], None]

    @on(Said)
    def err(self, ctx: NpcContext, said: Said) -> None:
        ctx.say("Let me see.")
        type(self).mistake(ctx, said.who)


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


def met(world: World, behaviour: type[Npc] = Marta, *company: type[Npc]) -> tuple[EntityHandle, Player]:
    """An npc that has been there for a while with its company, and a player before it."""
    inn = world.room("inn")
    npc = world.spawn(behaviour, inn)
    for other in company:
        world.spawn(other, inn)
    ann = world.player("Ann", inn)
    world.advance(seconds=60)
    ann.forgets()
    return npc, ann


def test_a_crash_is_seen_as_one_line_of_story(world: World) -> None:
    inn = world.room("inn")
    marta, ann = world.spawn(Marta, inn), world.player("Ann", inn)
    ann.forgets()

    ann.types("say Hello")

    assert ann.lines == ["You say, “Hello”", FALTERS]
    assert marta.incarnation == 2


def test_one_that_crashes_again_at_once_is_not_seen_to_falter_again(world: World) -> None:
    marta, ann = met(world)
    ann.types("say Hello")

    assert ann.types("say Is all well?") == ["You ask, “Is all well?”"]
    assert marta.incarnation == 3


def test_an_npc_that_has_just_been_restarted_and_crashes_is_not_seen_to_falter(world: World) -> None:
    marta, ann = met(world)
    world.crash(marta)
    ann.forgets()

    assert ann.types("say Hello") == ["You say, “Hello”"]


def test_one_that_was_well_for_a_while_is_seen_to_falter_again(world: World) -> None:
    _, ann = met(world)
    ann.types("say Hello")
    world.advance(seconds=60)

    assert FALTERS in ann.types("say Is all well?")


def test_a_behaviour_may_show_nothing_of_it(world: World) -> None:
    _, ann = met(world, Stoic)

    assert ann.types("say Hello") == ["You say, “Hello”"]


def test_no_npc_reacts_to_the_line(world: World) -> None:
    _, ann = met(world, Marta, Parrot)

    ann.types("say Hello")

    assert ann.heard(FALTERS)
    assert not ann.heard("Parrot says")


@pytest.mark.parametrize(
    ("mistake", "text"),
    [
        (lambda ctx, _: ctx.say(3), "ctx.say takes str, not 3"),
        (lambda ctx, who: ctx.emote(who.name.encode()), "ctx.emote takes str, not b'Ann'"),
        (lambda ctx, _: ctx.walk("north"), "ctx.walk takes Direction, not 'north'"),
        (lambda ctx, who: ctx.give("coin", who), "ctx.give takes Thing, not 'coin'"),
        (lambda ctx, who: ctx.pay(1, who.name), "ctx.pay takes Person, not 'Ann'"),
        (lambda ctx, who: ctx.pay("1", who), "ctx.pay takes int, not '1'"),
    ],
)
def test_a_mistake_of_an_npc_is_its_own_and_not_the_rooms(
    world: World, mistake: Callable[[NpcContext, Any], None], text: str
) -> None:
    inn = world.room("inn")
    muddled, ann = (
        world.spawn(type("Muddled", (Muddled,), {"mistake": mistake}), inn),
        world.player("Ann", inn),
    )
    ann.forgets()

    with world.expects_crash(TypeError):
        ann.types("say Hello")

    assert str(world.records.crashes[-1].error) == f"Muddled: {text}"
    assert (muddled.incarnation, inn.incarnation) == (2, 1)
    assert not ann.heard("Let me see.")
