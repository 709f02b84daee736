"""Finding actors by path, and what may have been meant when there is none."""

import difflib
from collections.abc import Iterator
from itertools import islice

import msgspec

from actors.admin.errors import NoSuchActor
from supervisors.snapshot import state_of
from wyld_actors import ActorSystem, Cell
from wyld_actors.slices import cells_in_slices

# A zone has hundreds of names; comparing with ten thousand would hold the game up for half a second.
COMPARED_NAMES = 1_000
SUGGESTIONS = 3


def find_cell(system: ActorSystem, path: str) -> Cell:
    """The cell at `path`. Raises NoSuchActor."""
    ref = system.find(path) if path.strip("/") else None
    if ref is None:
        raise NoSuchActor(path, list(suggestions(system, path)))
    return ref.cell


def suggestions(system: ActorSystem, path: str) -> Iterator[str]:
    """Paths of actors whose name is like the first part of `path` that leads nowhere."""
    table = system.roots
    above = ""
    for part in path.strip("/").split("/"):
        if part not in table:
            names = list(islice(table, COMPARED_NAMES))
            near = difflib.get_close_matches(part, names, SUGGESTIONS, 0.6)
            # Names are often typed without their kind: "innkeeper" for "npc:innkeeper".
            near += [name for name in names if part and part in name and name not in near]
            yield from (f"{above}/{name}" for name in near[:SUGGESTIONS])
            return
        above = f"{above}/{part}"
        table = table[part].children or {}


class Found(msgspec.Struct, frozen=True):
    """An actor that was looked for by name."""

    path: str
    actor: str
    state: str


def named_like(system: ActorSystem, text: str, limit: int) -> list[Found]:
    """Actors with `text` in their names, in capitals or not, those nearer to the top first."""
    wanted = text.casefold()
    fitting = (cell for cell in cells_in_slices(system) if wanted in cell.name.casefold())
    return [Found(cell.path, cell.actor_class.__name__, state_of(cell)) for cell in islice(fitting, limit)]
