"""The real launcher, but for one thing: the gateway looks for the world's link at another address.

`python -m tests.chaos.launcher`. There a proxy stands that passes on what it gets, mostly.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from unittest import mock

import run
import run_launcher

# The environment variable that has the address at which the gateway looks.
VARIABLE = "CHAOS_LINK_ADDRESS"
_child_command = run_launcher.child_command


def child_command(common: Sequence[str], name: str, descriptor: int) -> Sequence[str]:
    command = _child_command(common, name, descriptor)
    if name == "gateway":
        return ["env", f"WYLD_LINK__ADDRESS={os.environ[VARIABLE]}", *command]
    return command


if __name__ == "__main__":
    with mock.patch.object(run_launcher, "child_command", child_command):
        run.main()
