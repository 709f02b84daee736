"""docs/runtime.md shows code that runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "runtime.md"
_CODE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_every_example_runs_from_top_to_bottom(monkeypatch: pytest.MonkeyPatch) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    page = ModuleType("runtime_page")
    # msgspec looks a class's annotations up in its module.
    monkeypatch.setitem(sys.modules, page.__name__, page)

    examples = list(_CODE.finditer(text))

    assert len(examples) == 8
    for example in examples:
        # An error is shown with the document's own line.
        above = "\n" * text.count("\n", 0, example.start(1))
        exec(compile(above + example[1], str(DOCUMENT), "exec"), page.__dict__)
