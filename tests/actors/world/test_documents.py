"""The documents show files that run: what they print is what is there."""

from __future__ import annotations

import re
from pathlib import Path

from actors.world.atlas import parse
from actors.world.behaviours import BEHAVIOURS

ROOT = Path(__file__).parents[3]
_NAMED_FILE = re.compile(r"`(?P<path>[\w/]+\.py)`:\n\n```python\n(?P<text>.*?)```", re.DOTALL)


def test_the_behaviour_and_its_test_are_printed_as_they_are() -> None:
    document = (ROOT / "docs/behaviours.md").read_text()

    printed = {match["path"]: match["text"] for match in _NAMED_FILE.finditer(document)}

    assert len(printed) == 2
    for path, text in printed.items():
        assert text == (ROOT / path).read_text()


def test_the_example_of_a_world_file_can_be_read() -> None:
    document = (ROOT / "docs/world-files.md").read_text()
    example = re.findall(r"```toml\n(.*?)```", document, re.DOTALL)[0]
    rest = """
[rooms.inn]
name = "The Gilded Stag"
description = "A low room."
exits.south = { room = "quay", door = "oak door", closed = true }
[rooms.cellar]
name = "A Cellar"
description = "Barrels."
"""
    town = """
[zone]
id = "town"
name = "The Town"
[rooms.market]
name = "The Market"
description = "Stalls."
exits.west = "harbour/quay"
"""

    atlas = parse([("harbour.toml", example + rest), ("town.toml", town)], behaviours=BEHAVIOURS)

    assert atlas.start == "harbour/quay"
