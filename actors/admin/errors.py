"""What an operator may be told instead of an answer.

AdminError
+-- NoSuchActor      nobody is at this path; with paths that may have been meant
+-- NoSuchLetter     no dead letter has this number (any more)
+-- NotPossible      the rules say no, and why
+-- NotAnswered      who was to be asked does not answer
+-- NeighbourAway    the other process does not answer, or not as one of ours
"""

from collections.abc import Sequence


class AdminError(Exception):
    """Base of what the interface answers with an error of its own. `status` is HTTP's."""

    status = 400
    suggestions: Sequence[str] = ()


class NoSuchActor(AdminError):
    """Nobody is at `path`."""

    status = 404

    def __init__(self, path: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(path, suggestions)
        self.path = path
        self.suggestions = tuple(suggestions)

    def __str__(self) -> str:
        return f"there is no actor at {self.path}"


class NoSuchLetter(AdminError):
    """No dead letter has this number: it never had, was sent, or is older than those that are kept."""

    status = 404

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"there is no dead letter {self.number}; `letters` lists those that are kept"


class NotPossible(AdminError):
    """A rule is against it."""

    status = 409


class NotAnswered(AdminError):
    """Somebody who was asked has not answered in time."""

    status = 504


class NeighbourAway(AdminError):
    """The other process of the server, `half`, does not answer, or not as one of ours; `why` says which."""

    status = 502

    def __init__(self, half: str, why: str) -> None:
        super().__init__(half, why)
        self.half = half
        self.why = why

    def __str__(self) -> str:
        return f"the {self.half} does not answer: {self.why}"
