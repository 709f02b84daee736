"""The server of a run and what stands around it: a world made for counting, and proxies before every port."""

from __future__ import annotations

import contextlib
import random
import socket
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from actors.storage.cooperative import CooperativeDatabase
from actors.storage.embedded import EmbeddedPostgres
from actors.storage.entities import EntityRecord, load_entities
from actors.world.atlas import parse
from actors.world.backgrounds import STARTING_COINS
from actors.world.character import Character
from actors.world.entity import Entity
from actors.world.gathering import gather
from actors.world.messages.subjects import Thing
from actors.world.npc import Npc
from actors.world.restoring import restore
from actors.world.room import Room
from actors.world.saving import class_of, decode
from tests.chaos.judgement import Holding, World
from tests.chaos.launcher import VARIABLE
from tests.chaos.ledger import FLOOR
from tests.chaos.moves import bag_of
from tests.chaos.tally import Tally, numbers
from tests.chaos.tcp_proxy import Proxy
from tests.play.kit import PROJECT, Server

# Fewer than players want, so that it matters who is first.
GEMS = 12
BAGS = 8
ARENA = f"""
[zone]
id = "arena"
name = "The Arena"
start = "hall"

[rooms.hall]
name = "The Counting House"
description = "Nothing here is ever lost."
exits.north = "yard"

[rooms.yard]
name = "The Yard"
description = "Nobody comes here."
exits.south = "hall"

[items.gem]
name = "gem"
description = "It is like all the others."
room = "hall"
count = {GEMS}

[items.bag]
name = "bag"
description = "It is like all the others."
room = "hall"
container = 5
count = {BAGS}

[npcs.tally]
name = "The tally clerk"
keywords = ["clerk"]
description = "They write everything down."
behaviour = "Tally"
room = "hall"
"""
# Short, so that a run of a minute sees every state of the link; and a launcher that never loses patience.
SETTINGS = {
    "LINK__LIVENESS__INTERVAL_SECONDS": "0.2",
    "LINK__LIVENESS__SUSPECT_AFTER_SECONDS": "0.6",
    "LINK__LIVENESS__DOWN_AFTER_SECONDS": "2",
    "LAUNCHER__MAX_RESTARTS": "100000",
    "LAUNCHER__BACKOFF__MIN_SECONDS": "0.1",
    "LAUNCHER__BACKOFF__MAX_SECONDS": "0.5",
    "LOG__FILE_LIMIT_BYTES": "100000000",
    "WORLD__BEHAVIOURS": '["tests.chaos.tally"]',
}


# Below what systems give to clients (Linux: from 32768 on).
QUIET_PORTS = range(20_000, 32_000)


class Stage(Server):
    """A server whose gateway reaches the world through `link_proxy`."""

    arguments = ("-m", "tests.chaos.launcher")

    def __init__(self, folder: Path) -> None:
        """`folder` is empty."""
        world = folder / "world"
        world.mkdir()
        (world / "arena.toml").write_text(ARENA, encoding="utf-8")
        port = free_port()
        self.link_proxy = Proxy(lambda: port)
        self.gateways_killed = 0
        super().__init__(folder, LINK__ADDRESS=f"tcp://127.0.0.1:{port}", **SETTINGS)
        self.environment |= {
            VARIABLE: f"tcp://127.0.0.1:{self.link_proxy.port}",
            "PYTHONPATH": str(PROJECT),
        }

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self.link_proxy.close()

    def read(self) -> World:
        """What is in the database. The server does not run."""
        embedded = EmbeddedPostgres(self.data_dir)
        database = CooperativeDatabase(embedded.ensure_running())
        try:
            with database.connection_context():
                return world_of(load_entities(database))
        finally:
            embedded.stop()


def free_port() -> int:
    """A port that nobody listens on, and that no client is given for its own end while the world is dead."""
    for port in random.SystemRandom().sample(QUIET_PORTS, 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no free port was found")


def world_of(entities: Iterable[EntityRecord] = ()) -> World:
    """What is held and was heard when these entities were saved; without any, before anybody came."""
    behaviours = gather(["tests.chaos.tally"])
    states = dict(
        restore(parse([("arena.toml", ARENA)], behaviours=behaviours), behaviours=behaviours).records
    )
    for entity in entities:
        entity_class = class_of(entity.kind, entity.prototype or "", behaviours)
        assert entity_class is not None, f"an entity of an unknown kind: {entity.kind}"
        # As it was written: `restore` would mend a thing that two hold.
        states[entity.id] = decode(entity.state, entity_class, entity.id)
    return _sum(states.values())


def beginning(players: Iterable[str]) -> World:
    """What is held when these players have come, and each has picked up a bag."""
    empty = world_of()
    holdings = Counter(empty.holdings)
    for player in players:
        holdings.update({("coin", player): STARTING_COINS, ("bag", player): 1, ("bag", FLOOR): -1})
    return World({}, holdings, empty.things)


def _sum(states: Iterable[Entity.State]) -> World:
    holdings: Counter[Holding] = Counter()
    heard: dict[str, list[int]] = {}
    ids: list[str] = []
    for state in states:
        if isinstance(state, Tally.State):
            heard = {name: numbers(runs) for name, runs in state.heard.items()}
        if isinstance(state, Room.State | Character.State | Npc.State):
            holder = _holder(state)
            holdings["coin", holder] += state.coins
            for thing in state.things:
                ids += [thing.id, *(inner.id for inner in thing.contents)]
                holdings[_kind(thing), holder] += 1
                holdings.update((_kind(inner), bag_of(holder)) for inner in thing.contents)
    return World(heard, holdings, ids)


def _kind(thing: Thing) -> str:
    return thing.prototype.removeprefix("arena/")


def _holder(state: Room.State | Character.State | Npc.State) -> str:
    """Under which name the ledger knows who has this state."""
    match state:
        case Room.State():
            return FLOOR
        case Character.State():
            return state.name
        case _:
            return state.id
