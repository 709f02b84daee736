"""Three sessions, and what stands for their refs in tests that tell nobody anything."""

from typing import cast

from wyld_actors import Ref

A, B, C = 1, 2, 3


class Mark:
    """Stands for a session's ref."""

    def __init__(self, name: str) -> None:
        self.name = name


REFS = {session: cast(Ref, Mark(name)) for session, name in ((A, "a"), (B, "b"), (C, "c"))}


def name_of(ref: Ref) -> str:
    return cast(Mark, ref).name
