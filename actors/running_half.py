"""A half of the server that is up, as its process holds it: where it is reached, its end, its stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from supervisors.running import Tree
from wyld_actors import ActorSystem, ExitReason

__all__ = ["RunningHalf"]


class RunningHalf:
    """A running actor system and its tree.

    `addresses` says where each listener really is, by name; a port that was 0 is known here. `before_stop` is
    called at each `stop`, before the tree hears of it.
    """

    def __init__(
        self,
        system: ActorSystem,
        tree: Tree,
        addresses: Mapping[str, tuple[str, int]],
        before_stop: Callable[[], object] = lambda: None,
    ) -> None:
        self._before_stop = before_stop
        self.system = system
        self.tree = tree
        self.addresses = addresses

    def wait(self) -> ExitReason:
        """Return when the tree has ended, by `stop` or by giving up."""
        return self.tree.wait()

    def stop(self, deadline_seconds: float) -> None:
        """Begin an ordered stop and return. Called again, it shortens the deadline."""
        self._before_stop()
        self.tree.shutdown(deadline_seconds)
