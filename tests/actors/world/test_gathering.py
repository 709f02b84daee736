"""Behaviours from modules of one's own."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.world.behaviours import BEHAVIOURS
from actors.world.errors import UnusableModuleError
from actors.world.gathering import gather

Write = Callable[[str, str], str]

PORTER = """
    from actors.world import Npc
    class Porter(Npc):
        pass
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a module where Python finds it; what was imported from there is forgotten again."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write(name: str, source: str) -> str:
        path = tmp_path / Path(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return name.removesuffix(".__init__")

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def problem_of(*modules: str) -> str:
    with pytest.raises(UnusableModuleError) as caught:
        gather(modules)
    return str(caught.value)


def test_without_modules_there_are_the_ones_of_the_project() -> None:
    assert gather([]) == BEHAVIOURS


def test_the_behaviours_of_a_module_come_to_those_of_the_project(write: Write) -> None:
    found = gather([write("my_porters", PORTER)])

    assert found["Porter"].__module__ == "my_porters"
    assert found["Innkeeper"] is BEHAVIOURS["Innkeeper"]
    assert len(found) == len(BEHAVIOURS) + 1


def test_a_package_may_take_them_from_its_own_modules(write: Write) -> None:
    write("my_town.porters", PORTER)
    package = write("my_town.__init__", "from my_town.porters import Porter")

    assert "Porter" in gather([package, package])


def test_what_a_module_imports_from_elsewhere_is_not_its_own(write: Write) -> None:
    module = write("my_imports", "from actors.world.behaviours.innkeeper import Innkeeper")

    assert "it has no behaviours" in problem_of(module)


def test_a_module_that_is_not_there_is_named_with_where_it_has_to_be() -> None:
    told = problem_of("no_such_game.npcs")

    assert "'no_such_game.npcs'" in told
    assert "its folder has to be in PYTHONPATH" in told


def test_a_module_that_misses_another_one_is_to_be_mended_itself(write: Write) -> None:
    told = problem_of(write("my_missing", "import no_such_library"))

    assert "no_such_library" in told
    assert told.endswith("mend the module")


def test_a_module_that_raises_is_named_with_what_it_raised(write: Write) -> None:
    assert "ZeroDivisionError: division by zero" in problem_of(write("my_bug", "1 / 0"))


def test_a_module_that_ends_the_process_is_named_as_well(write: Write) -> None:
    assert "SystemExit: 0" in problem_of(write("my_script", "raise SystemExit(0)"))


def test_a_state_that_cannot_be_saved_is_refused_before_it_is_lost(write: Write) -> None:
    source = """
        from actors.world import Npc, Person
        class Porter(Npc):
            class State(Npc.State, frozen=True):
                hirer: Person | None = None
    """

    told = problem_of(write("my_hirelings", source))

    assert "Porter.State.hirer cannot be saved: it holds a Ref" in told
    assert "of a Person its id and name" in told


def test_a_module_is_named_in_the_log_before_it_can_hang(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        gather([write("my_porters", PORTER)])

    assert "behaviours are imported from my_porters" in caplog.text


def test_two_classes_of_one_name_are_refused(write: Write) -> None:
    other = write("my_inn", "from actors.world import Npc\nclass Innkeeper(Npc):\n    pass\n")

    told = problem_of(other)

    assert "Innkeeper is the name of a class in actors.world.behaviours.innkeeper as well" in told
