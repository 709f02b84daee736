"""A whole server in one process and in virtual time: the gateway's actors and the world's, both real; or the
world alone, with gateways that say what a test wants.

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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import gevent

from actors.checkpoint.keeper import KeeperOptions, SaveNow
from actors.storage import requests as store
from actors.storage.accounts import AccountRecord
from actors.storage.characters import CharacterRecord
from actors.storage.entities import EntityRecord
from actors.storage.errors import NameTaken, StorageRefused, StoreUnavailable, WrongCredentials
from actors.storage.options import StoreOptions
from actors.storage.positions import Position
from actors.world.behaviours import BEHAVIOURS
from actors.world.character import Character
from actors.world.gathering import Behaviours
from actors.world.saving import encode
from actors.world.surroundings import Surroundings
from actors.world_boot import beginning_of, characters_of
from actors.world_link.state import WorldLinkOptions, WorldLinkState
from actors.world_tree import WorldOptions, world_tree
from supervisors import ChildSpec, Tree, run_tree, worker
from tests.actors.gateway_kit import KEY, PASSWORD, Client, GatewayBench
from tests.actors.world.sample import atlas
from transports.link import protocol as wire
from transports.link.handshake import NONCE_BYTES, GatewayHandshake, routing_id
from transports.link.interface import DealerCallbacks
from transports.link.memory import MemoryDealer, MemoryLink
from wyld_actors import SHUTDOWN, Actor, ActorSystem, Context, ManualClock, Ref, Reply, on

__all__ = ["House", "RawGateway", "Vault", "WorldBench"]

_Frame = TypeVar("_Frame", bound=wire.Frame)

_LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
# Seconds. Longer than any test takes: what is saved is what a test has saved.
NEVER = 1e9
# Seconds. Longer than a supervisor waits before it starts a part again that crashed a few times.
LATER = 10.0


@dataclass
class Vault:
    """What a database holds."""

    accounts: dict[str, tuple[AccountRecord, str]] = field(default_factory=dict)
    characters: dict[int, list[CharacterRecord]] = field(default_factory=dict)
    entities: dict[str, EntityRecord] = field(default_factory=dict)
    positions: dict[int, Position] = field(default_factory=dict)
    epoch: int = 0
    # A database that cannot be reached; and one that writes, but lets who asks it wait until it `hurries`.
    is_away: bool = False
    is_slow: bool = False
    # The kinds of what was asked, in order.
    asked: list[str] = field(default_factory=list)
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def hurries(self, ground: Ground) -> None:
        """Answer all that waits, one after the other, and at once from then on."""
        while self.waiting:
            self.waiting.pop(0)()
            ground.settle()
        self.is_slow = False

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

    def change_password(self, name: str, password: str, new_password: str) -> AccountRecord:
        record = self.authenticate(name, password)
        self.accounts[name] = (record, new_password)
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

    def put(self, state: Character.State) -> None:
        """A character as a checkpoint had it."""
        self.entities[state.id] = EntityRecord(state.id, Character.kind, encode(state))

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
    store.ChangePassword: lambda vault, asked: vault.change_password(
        asked.name, asked.password, asked.new_password
    ),
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
    def serve(self, ctx: Context, request: store.StoreRequest) -> None:
        reply = ctx.defer_reply()
        self._vault.asked.append(type(request).__name__)
        if self._vault.is_slow and request.lane is not store.Lane.WRITES:
            self._vault.waiting.append(lambda: self._answer(request, reply))
        else:
            self._answer(request, reply)

    def _answer(self, request: store.StoreRequest, reply: Reply) -> None:
        if self._vault.is_away or self._world.is_dead:
            reply.fail(StoreUnavailable("it is away"))
            return
        try:
            reply.set(_SERVED[type(request)](self._vault, request))
        except StorageRefused as no:
            reply.fail(no)


class RunningHalf:
    """One life of the world."""

    def __init__(self, ground: Ground) -> None:
        vault = ground.vault
        vault.epoch += 1
        self.is_dead = False
        self.system = ActorSystem("world", clock=ground.clock)
        plan = atlas()
        self.around = Surroundings(plan, self.system.registry)
        options = WorldOptions(
            "world",
            (),
            "memory",
            KEY,
            StoreOptions(""),
            behaviours=ground.behaviours,
            keeper=ground.keeper,
            link=ground.link_options,
        )
        positions = list(vault.positions.values())
        beginning = beginning_of(plan, vault.epoch, vault.places(), positions, options.behaviours)
        spec = world_tree(
            options,
            self.system,
            self.around,
            beginning,
            store=[worker("store", Disk, vault, self)],
            open_router=ground.link.router,
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

    def has(self, path: str) -> bool:
        return self.system.find(f"/world/{path}") is not None

    def die(self) -> None:
        """As by SIGKILL: nothing is said, nothing is written."""
        self.is_dead = True
        self.link.close()
        self.system.stop()


class Ground:
    """Where worlds live, one after the other: a clock, a link and a vault that outlast them."""

    clock: ManualClock
    link: MemoryLink

    def __init__(
        self,
        *,
        checkpoint_seconds: float = NEVER,
        link: WorldLinkOptions | None = None,
        behaviours: Behaviours = BEHAVIOURS,
    ) -> None:
        self.behaviours = behaviours
        self.vault = Vault()
        self.keeper = KeeperOptions(interval_seconds=checkpoint_seconds)
        self.link_options = link or WorldLinkOptions()
        self.current: RunningHalf | None = None

    @property
    def half(self) -> RunningHalf:
        """The world that lives."""
        assert self.current is not None, "there is no world"
        return self.current

    def begins(self) -> RunningHalf:
        """A world begins with what the vault has, and the gateways find it."""
        self.current = RunningHalf(self)
        self.settle()
        assert self.half.tree.started.ready()
        self.advance(3.0)
        return self.half

    def dies(self) -> None:
        """The world is killed."""
        half, self.current = self.half, None
        half.die()
        self.settle()

    def restarts(self) -> RunningHalf:
        """The world is killed and begins again."""
        self.dies()
        return self.begins()

    def saves(self) -> None:
        """A checkpoint is written now."""
        answer = self.half.ref("keeper").ask(SaveNow(), block=False)
        self.settle()
        if not answer.is_done:
            # The keeper has crashed more than once and has to wait.
            self.advance(LATER)
        answer.get(timeout=1)

    def crashes(self, path: str) -> None:
        """One actor of the world is killed, and restarted by its supervisor."""
        self.half.ref(path).cell.kill()
        self.settle()

    def gives_up(self, path: str) -> None:
        """An actor of the world ends for good, as when its supervisor has lost patience."""
        self.half.ref(path).cell.stop(SHUTDOWN)
        self.settle()

    def systems(self) -> Sequence[ActorSystem]:
        return [self.current.system] if self.current is not None else []

    def settle(self) -> None:
        """Let all work until it is quiet."""
        turns = -1
        while turns != (turns := sum(system.dispatcher.turns for system in self.systems())):
            for system in self.systems():
                system.settle()

    def advance(self, seconds: float) -> None:
        self.settle()
        end = self.clock.now() + seconds
        while (due := self.clock.next_due()) is not None and due <= end:
            self.clock.advance_to(due)
            self.settle()
        self.clock.advance_to(end)
        self.settle()


class WorldBench(Ground):
    """A world alone; gateways are `RawGateway`s. Use as a context manager."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.clock = ManualClock()
        self.link = MemoryLink(gevent.get_hub().loop.run_callback)
        self.begins()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.current is not None:
            self.current.die()

    def gateway(self, name: str = "gateway", epoch: int = 1) -> RawGateway:
        """A gateway whose handshake is done, or refused."""
        return RawGateway(self, name, epoch).connects()

    def account(self, *characters: str) -> int:
        """An account with these characters; its number."""
        account = self.vault.create_account(f"of {characters}", PASSWORD)
        for name in characters:
            self.vault.create_character(account.id, name, "wanderer")
        return account.id


class RawGateway:
    """A gateway that says what a test wants it to say. `frames` is all it was sent by the world."""

    def __init__(self, bench: WorldBench, name: str, epoch: int) -> None:
        self.frames: list[wire.Frame] = []
        self._bench = bench
        self._name, self._epoch = name, epoch
        self._attempt = 0
        self._requests: dict[int, wire.Request] = {}
        self._dealer: MemoryDealer | None = None

    def dials(self) -> Self:
        """A connection stands, and nobody has said anything."""
        self._attempt += 1
        self.frames.clear()
        identity = routing_id(self._name, self._epoch, self._attempt)
        self.handshake = GatewayHandshake(self._name, self._epoch, KEY, nonce=identity.ljust(NONCE_BYTES))
        callbacks = DealerCallbacks(self._take, _ignore, _ignore, _ignore)
        self._dealer = self._bench.link.dealer(identity, callbacks)
        return self

    def connects(self, claims: Mapping[int, int] | None = None) -> Self:
        """Dial, and shake hands; `claims` are its sessions in the world, with the last output of each."""
        self._claims = dict(claims or {})
        return self.dials().sends(self.handshake.hello())

    def disconnects(self) -> Self:
        """The connection is gone. The world notices when it sends something, at the latest a heartbeat."""
        assert self._dealer is not None
        self._dealer.close()
        self._bench.advance(2.0)
        return self

    def sends(self, *frames: wire.Frame) -> Self:
        """One batch; and let the world work until it is quiet."""
        self.says(*frames)
        self._bench.settle()
        return self

    def says(self, *frames: wire.Frame) -> None:
        """Queue frames for one batch."""
        assert self._dealer is not None
        for frame in frames:
            self._dealer.send(frame)

    def asks(self, body: wire.RequestBody, session: int = 0, seconds: float = 15.0) -> int:
        """Send a request; its number."""
        number = len(self._requests) + 1
        self._requests[number] = wire.Request(number, session, round(seconds * 1000), body)
        self.repeats(number)
        return number

    def repeats(self, request: int) -> None:
        """Send a request again."""
        self.sends(self._requests[request])

    def selects(
        self, account: int, character: int, session: int, applied: int = 0, seconds: float = 15.0
    ) -> int:
        """Bring a character into play; the number of the request."""
        return self.asks(wire.SelectCharacter(account, character, applied), session, seconds)

    # What came

    @property
    def is_welcome(self) -> bool:
        return any(isinstance(frame, wire.Welcome) for frame in self.frames)

    @property
    def positions(self) -> Mapping[int, tuple[int, int]]:
        """Of its sessions, as the Welcome had them."""
        return self.welcome.positions

    @property
    def welcome(self) -> wire.Welcome:
        """The one of this connection."""
        (welcome,) = self.of(wire.Welcome)
        return welcome

    def answers(self, request: int) -> list[wire.ReplyBody | wire.FailureCode]:
        """All answers to one request."""
        found: list[wire.ReplyBody | wire.FailureCode] = []
        for frame in self.frames:
            if isinstance(frame, wire.Reply) and frame.id == request:
                found.append(frame.body)
            elif isinstance(frame, wire.Failure) and frame.id == request:
                found.append(wire.FailureCode(frame.code))
        return found

    def shown(self, session: int) -> list[wire.OutputBody]:
        """The bodies of all outputs to one session, in the order in which they came."""
        found: list[wire.OutputBody] = []
        for frame in self.frames:
            is_multicast = isinstance(frame, wire.Multicast) and session in frame.sessions
            if is_multicast or (isinstance(frame, wire.Output) and frame.session == session):
                assert isinstance(frame, wire.Multicast | wire.Output)
                found.append(frame.body)
        return found

    def of(self, kind: type[_Frame]) -> list[_Frame]:
        return [frame for frame in self.frames if isinstance(frame, kind)]

    def _take(self, frames: list[wire.Frame]) -> None:
        for frame in frames:
            self.frames.append(frame)
            if isinstance(frame, wire.Challenge):
                self.says(self.handshake.challenged(frame, self._claims))


def _ignore(*_: object) -> None:
    pass


class House(Ground, GatewayBench):
    """Gateway and world. Use as a context manager."""

    def __init__(
        self,
        *,
        checkpoint_seconds: float = NEVER,
        link: WorldLinkOptions | None = None,
        behaviours: Behaviours = BEHAVIOURS,
        **options: Any,
    ) -> None:
        Ground.__init__(self, checkpoint_seconds=checkpoint_seconds, link=link, behaviours=behaviours)
        GatewayBench.__init__(self, **options)
        self.begins()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self.current is not None:
            self.current.die()

    def systems(self) -> Sequence[ActorSystem]:
        return [self.system, *super().systems()]

    def signs_up(self, name: str, protocol: str = "telnet") -> Client:
        """Somebody makes an account and a character of this name, and enters the world."""
        client = self.client(protocol)
        client.types("new", name, PASSWORD, PASSWORD, name, "wanderer")
        assert client.saw("Exits:"), client.lines
        self.keeps_sessions()
        return client.forgets()
