"""Where the actors of a world are: paths that more than one part has to know."""

from __future__ import annotations

__all__ = ["CHARACTERS", "ROOT", "SESSIONS"]

ROOT = "/world"
CHARACTERS = f"{ROOT}/characters"
SESSIONS = f"{ROOT}/sessions"
