"""What the README shows is what is there."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_the_behaviour_shown_is_the_one_in_its_file() -> None:
    shown = re.search(r"`(actors/\S+\.py)`:\n\n```python\n(.*?)```", README, re.DOTALL)

    assert shown is not None
    source = (PROJECT / shown[1]).read_text(encoding="utf-8")
    _docstring, _, code = source.partition('"""\n\n')
    assert shown[2] == code


@pytest.mark.parametrize("name", re.findall(r"`make (\w+)`|^make (\w+)", README, re.MULTILINE))
def test_every_make_target_shown_exists(name: tuple[str, str]) -> None:
    targets = re.findall(r"^(\w+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert "".join(name) in targets


@pytest.mark.parametrize(
    "path", re.findall(r"\]\((?!https?:)([^)]+)\)|`((?:tests|docs|config|actors)/[\w/.]+)`", README)
)
def test_every_file_named_exists(path: tuple[str, str]) -> None:
    assert (PROJECT / "".join(path)).exists()


@pytest.mark.parametrize("name", ["page.png", "page-phone.png"])
def test_a_picture_of_the_page_is_quickly_loaded(name: str) -> None:
    """`python -m tests.page_pictures` makes them."""
    assert (PROJECT / "docs" / "images" / name).stat().st_size < 150 * 1024
