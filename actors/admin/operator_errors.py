"""What goes wrong between an operator and a server, as the operator's commands say it.

OperatorError
+-- NotRunning      there is no run.json, or one of a server that is gone
+-- RunFileBroken   run.json is not one of ours
+-- HalfAway        this process does not answer
+-- TokenRefused    the server has another token
+-- Refusal         the server's own "no", with paths that may have been meant
"""

from collections.abc import Sequence
from pathlib import Path


class OperatorError(Exception):
    """Base of what goes wrong between an operator and a server."""


class NotRunning(OperatorError):
    """No server runs with this data directory."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.data_dir = data_dir

    def __str__(self) -> str:
        return (
            f"no server is running with {self.data_dir} (no run.json there); "
            "start one with `make run` (or `.venv/bin/python run.py`), "
            "or name another with --config or WYLD_DATA_DIR"
        )


class RunFileBroken(OperatorError):
    """`run.json` cannot be read, or says something else."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(path, why)
        self.path = path
        self.why = why

    def __str__(self) -> str:
        return f"{self.path} does not say where the server is: {self.why}; a server writes it when it starts"


class HalfAway(OperatorError):
    """One process does not answer."""

    def __init__(self, half: str, why: str) -> None:
        super().__init__(half, why)
        self.half = half
        self.why = why

    def __str__(self) -> str:
        return f"the {self.half} does not answer: {self.why}"


class TokenRefused(OperatorError):
    """The server wants another token."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source

    def __str__(self) -> str:
        return (
            f"the server does not accept the token of {self.source}; it has the one with which it was started"
        )


class Refusal(OperatorError):
    """The server's answer is no."""

    def __init__(self, status: int, text: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text
        self.suggestions = tuple(suggestions)

    def __str__(self) -> str:
        meant = f"; did you mean {' or '.join(self.suggestions)}?" if self.suggestions else ""
        return f"{self.text}{meant}"
