"""Signs of life of a process, as its launcher hears them, and what follows when they are missing.

The watchdog of a half gives a sign every second, and says in it when its loop does not turn. No sign at all
means that not even the watchdog's thread runs: C code that holds the interpreter's lock, or a process that is
stopped. A process that has never given one (it has no watchdog) is not judged.

Trouble is told first, and ends the process when it goes on: it is started again like one that crashed.
Nothing here sends a signal; `process_group` does.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

# Between two signs, and between two looks of the launcher.
SIGN_SECONDS: Final = 1.0
# Missing signs that are told. Players feel it long before; a machine under load may owe a sign or two.
TROUBLE_SECONDS: Final = 5.0
# A launcher that was away itself (Ctrl-Z, a debugger) has heard nothing, and that proves nothing.
AWAY_SECONDS: Final = 5.0


class Vitality(enum.Enum):
    """How a process is."""

    WELL = "well"
    IN_TROUBLE = "in trouble"
    HOPELESS = "hopeless"


@dataclass(slots=True)
class VitalSigns:
    """What is known of one incarnation. `restart_after_seconds` 0: it is never hopeless."""

    restart_after_seconds: float
    trouble: str = ""
    """In words, "" while it is well."""
    _heard_at: float | None = None
    _blocked_seconds: float = 0.0
    _by: str = ""
    _judged_at: float | None = None

    def heard(self, now: float, blocked_seconds: float = 0.0, by: str = "") -> None:
        """A sign has come; its loop has stood still for `blocked_seconds`, because of `by`."""
        self._heard_at = now
        self._blocked_seconds = blocked_seconds
        self._by = by

    def judge(self, now: float, *, is_stopped: bool) -> Vitality:
        """To be called every `SIGN_SECONDS`. `is_stopped`: by a signal, or by a debugger."""
        judged, self._judged_at = self._judged_at, now
        if self._heard_at is None:
            return Vitality.WELL
        if judged is not None and now - judged >= AWAY_SECONDS:
            self._heard_at = now
        silent = max(now - self._heard_at, 0.0)
        seconds = silent + self._blocked_seconds
        limit = self.restart_after_seconds or float("inf")
        if seconds < min(TROUBLE_SECONDS, limit):
            self.trouble = ""
            return Vitality.WELL
        if is_stopped:
            self.trouble = f"is stopped, by SIGSTOP or a debugger; SIGCONT ({silent:.0f} s without a sign)"
            return Vitality.IN_TROUBLE
        if silent >= TROUBLE_SECONDS or not self._by:
            why = "code in C holds the interpreter, see its -stacks.txt beside the log"
            self.trouble = f"gives no sign of life for {silent:.0f} s: {why}"
        else:
            self.trouble = f"stands still for {seconds:.0f} s: {self._by}"
        return Vitality.HOPELESS if seconds >= limit else Vitality.IN_TROUBLE
