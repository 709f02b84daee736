"""A whole server in one process and in virtual time: the gateway's actors and the world's, both real.

    with House() as house:
        ann = house.signs_up("Ann")
        ann.types("get lantern")
        house.kills_world()
        house.starts_world()

In memory are the clients, the connection between gateway and world, and the database (`Vault`). A world that
is killed leaves nothing behind but what it had written there, as one that is killed as a process does.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from actors.storage import requests as store
from actors.storage.accounts import AccountRecord
from actors.storage.characters import CharacterRecord
from actors.storage.entities import EntityRecord
from actors.storage.errors import NameTaken, StoreUnavailable, WrongCredentials
from actors.storage.options import StoreOptions
from actors.storage.positions import Position
from actors.world.character import Character
from actors.world.surroundings import Surroundings
from actors.world_boot import beginning_of, characters_of
from actors.world_keeper import KeeperOptions, SaveNow
from actors.world_link_state import WorldLinkOptions, WorldLinkState
from actors.world_tree import WorldOptions, world_tree
from supervisors import ChildSpec, Tree, run_tree, worker
from tests.actors.gateway_kit import KEY, PASSWORD, Client, GatewayBench
from tests.actors.world.sample import atlas
from wyld_actors import Actor, ActorSystem, Context, Ref, on

__all__ = ["Disk", "House", "Vault"]

_LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
# Seconds. Longer than any test takes: what is saved is what a test has saved.
NEVER = 1e9


@dataclass
class Vault:
    """What a database holds."""

    accounts: dict[str, tuple[AccountRecord, str]] = field(default_factory=dict)
    characters: dict[int, list[CharacterRecord]] = field(default_factory=dict)
    entities: dict[str, EntityRecord] = field(default_factory=dict)
    positions: dict[int, Position] = field(default_factory=dict)
    epoch: int = 0
    is_away: bool = False

    def create_account(self, name: str, password: str) -> AccountRecord:
        if name in self.accounts:
            raise NameTaken(name)
        record = AccountRecord(len(self.accounts) + 1, name, _LONG_AGO)
        self.accounts[name] = (record, password)
        self.characters[record.id] = []
        return record

    def authenticate(self, name: str, password: str) -> AccountRecord:
        record, right = self.accounts.get(name, (None, ""))
        if record is None or right != password:
            raise WrongCredentials(name)
        return record

    def create_character(self, account: int, name: str, background: str) -> CharacterRecord:
        listed = [one for some in self.characters.values() for one in some]
        if any(one.name == name for one in listed):
            raise NameTaken(name)
        record = CharacterRecord(
            len(listed) + 1, account, name, background, f"character:{name.lower()}", _LONG_AGO
        )
        self.characters[account].append(record)
        return record

    def write(self, checkpoint: store.SaveCheckpoint) -> None:
        self.entities.update({record.id: record for record in checkpoint.entities})
        self.positions.update({position.session: position for position in checkpoint.positions})
        for session in checkpoint.forgotten:
            self.positions.pop(session, None)

    def places(self) -> list[EntityRecord]:
        """What a world begins with: no characters but those in play."""
        in_play = set(characters_of(list(self.positions.values())))
        return [
            record
            for record in self.entities.values()
            if record.kind != Character.kind or record.id in in_play
        ]


# Any: each function takes its own request, which a table of them cannot say.
_SERVED: dict[type[store.StoreRequest], Callable[[Vault, Any], Any]] = {
    store.Authenticate: lambda vault, asked: vault.authenticate(asked.name, asked.password),
    store.CreateAccount: lambda vault, asked: vault.create_account(asked.name, asked.password),
    store.CreateCharacter: lambda vault, asked: vault.create_character(
        asked.account_id, asked.name, asked.background
    ),
    store.ListCharacters: lambda vault, asked: vault.characters[asked.account_id],
    store.SelectCharacter: lambda vault, asked: next(
        one for one in vault.characters[asked.account_id] if one.name == asked.name
    ),
    store.FindEntities: lambda vault, asked: [
        vault.entities[entity] for entity in asked.ids if entity in vault.entities
    ],
    store.ClaimWorld: lambda vault, asked: None,
    store.SaveCheckpoint: Vault.write,
}


class Disk(Actor):
    """The store. One whose world is dead writes nothing more."""

    def __init__(self, vault: Vault, world: RunningHalf) -> None:
        super().__init__()
        self._vault = vault
        self._world = world

    def on_start(self) -> None:
        self.ctx.system.registry.register("store", self.ctx.ref)

    @on(*_SERVED)
    def serve(self, ctx: Context, request: store.StoreRequest) -> Any:
        if self._vault.is_away or self._world.is_dead:
            raise StoreUnavailable("it is away")
        return _SERVED[type(request)](self._vault, request)


class RunningHalf:
    """One life of the world."""

    def __init__(self, house: House) -> None:
        vault = house.vault
        vault.epoch += 1
        self.is_dead = False
        self.system = ActorSystem("world", clock=house.clock)
        plan = atlas()
        self.around = Surroundings(plan, self.system.registry)
        options = WorldOptions(
            "world", (), "memory", KEY, StoreOptions(""), keeper=house.keeper, link=house.link_options
        )
        positions = list(vault.positions.values())
        beginning = beginning_of(plan, vault.epoch, vault.places(), positions, options.behaviours)
        spec = world_tree(
            options,
            self.system,
            self.around,
            beginning,
            store=[worker("store", Disk, vault, self)],
            open_router=house.link.router,
        )
        self._specs: dict[str, ChildSpec] = {child.id: child for child in spec.args[1]}
        self.tree: Tree = run_tree(self.system, spec)

    @property
    def link(self) -> WorldLinkState:
        """The memory of the world's end of the link."""
        (state,) = (arg for arg in self._specs["link"].args if isinstance(arg, WorldLinkState))
        return state

    def ref(self, path: str) -> Ref:
        found = self.system.find(f"/world/{path}")
        assert found is not None, path
        return found

    def die(self) -> None:
        """As by SIGKILL: nothing is said, nothing is written."""
        self.is_dead = True
        self.link.close()
        self.system.stop()


class House(GatewayBench):
    """Gateway and world. Use as a context manager."""

    def __init__(
        self,
        *,
        checkpoint_seconds: float = NEVER,
        link: WorldLinkOptions | None = None,
        **options: Any,
    ) -> None:
        self.half: RunningHalf | None = None
        self.vault = Vault()
        self.keeper = KeeperOptions(interval_seconds=checkpoint_seconds)
        self.link_options = link or WorldLinkOptions()
        super().__init__(**options)
        self.begins()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self.half is not None:
            self.half.die()

    # The world

    def begins(self) -> RunningHalf:
        """A world begins with what the vault has, and the gateway finds it."""
        self.half = half = RunningHalf(self)
        self.settle()
        assert half.tree.started.ready()
        self.advance(3.0)
        return half

    def dies(self) -> None:
        """The world is killed."""
        half, self.half = self.half, None
        assert half is not None
        half.die()
        self.settle()

    def restarts(self) -> RunningHalf:
        """The world is killed and begins again."""
        self.dies()
        return self.begins()

    def saves(self) -> None:
        """A checkpoint is written now."""
        assert self.half is not None
        answer = self.half.ref("keeper").ask(SaveNow(), block=False)
        self.settle()
        answer.get(timeout=1)

    # Players

    def signs_up(self, name: str, protocol: str = "telnet") -> Client:
        """Somebody makes an account and a character of this name, and enters the world."""
        client = self.client(protocol)
        client.types("new", name, PASSWORD, PASSWORD, name, "wanderer")
        assert client.saw("Exits:"), client.lines
        return client.forgets()

    # Time

    def _systems(self) -> Sequence[ActorSystem]:
        return (self.system,) if self.half is None else (self.system, self.half.system)

    def settle(self) -> None:
        turns = -1
        while turns != (turns := sum(system.dispatcher.turns for system in self._systems())):
            for system in self._systems():
                system.settle()

    def advance(self, seconds: float) -> None:
        self.settle()
        end = self.clock.now() + seconds
        while (due := self.clock.next_due()) is not None and due <= end:
            self.clock.advance_to(due)
            self.settle()
        self.clock.advance_to(end)
        self.settle()
