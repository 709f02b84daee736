"""What docs/supervision.md tells is what happens: a bug is met, explained, put aside and sent again."""

from __future__ import annotations

import re

import pytest

from tests.play.kit import PROJECT
from tests.story import BLOCK, SUPERVISION, alike, perform, reader, tutorial_server

TEXT = SUPERVISION.read_text(encoding="utf-8")


def test_the_behaviour_shown_is_the_one_in_its_file() -> None:
    shown = re.search(r"`(docs/tutorial/\S+\.py)`:\n\n```python\n(.*?)```", TEXT, re.DOTALL)

    assert shown is not None
    assert shown[2] == (PROJECT / shown[1]).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_story_of_the_innkeeper_with_a_bug_happens_as_it_is_told() -> None:
    with tutorial_server() as server:
        ann = reader(server)
        for block in BLOCK.finditer(TEXT):
            assert alike(perform(server, ann, block["kind"], block["text"])) == alike(block["text"])
