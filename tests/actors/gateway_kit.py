"""A whole gateway in one process and in virtual time: clients that are objects, a world that is a script.

Real are the actors, their supervisors, the link's codec, streams and handshake. In memory are the sockets
of the clients (`Client`) and the connection between gateway and world (`MemoryLink`).
"""

import dataclasses
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

import gevent

from actors.gateway.affected import affected_by
from actors.gateway.book_writing import GATHER_SECONDS
from actors.gateway.dialogue import LoginRequest
from actors.gateway.listeners import Reception
from actors.gateway.login_steps import LoginOptions
from actors.gateway.messages.book import DescribeSession
from actors.gateway.pace import Pace
from actors.gateway.session import Session
from actors.gateway.session_options import SessionOptions
from actors.gateway.session_record import SessionRecord
from actors.gateway.world_line import LinkOptions
from actors.gateway_tree import ROOT, GatewayOptions, gateway_tree
from supervisors import RestartLog, Services, Tree, run_tree
from tests.actors.login_scripts import WorldTable
from tests.actors.memory_vault import MemoryVault
from transports.adapter import (
    Adapter,
    Capabilities,
    CapabilitiesChanged,
    DataReceived,
    Disconnected,
    Event,
    LineReceived,
    Rendering,
    Sink,
)
from transports.link.handshake import Doorkeeper, welcome
from transports.link.interface import Peer, RouterCallbacks
from transports.link.memory import MemoryLink, MemoryRouter
from transports.link.protocol import (
    MENDS,
    Acks,
    Cancel,
    ChangePassword,
    CharacterReleased,
    CharacterSelected,
    Claim,
    CloseSession,
    Command,
    Confirm,
    DisconnectNoted,
    EndSessions,
    Failure,
    FailureCode,
    Frame,
    Heartbeat,
    Hello,
    Outcome,
    OutputBody,
    Performed,
    Positions,
    Prompt,
    QueueStatistics,
    Reply,
    ReportQueues,
    Request,
    Resend,
    SelectCharacter,
    SessionClosed,
    SessionDisconnected,
    SessionReconnected,
    SessionResumed,
    SessionsEnded,
    TextOutput,
)
from transports.link.requests import ReplyCache, Verdict
from transports.link.streams import Arrival, CommandInbox, OutputTail, multicast
from wyld_actors import ActorSystem, ManualClock

KEY = b"k" * 32
PASSWORD = "correct horse"
TELNET = Rendering("telnet", charset="utf-8")
JSON = Rendering("json", charset="utf-8")


class House(Protocol):
    """What a client needs to know of where it goes."""

    def settle(self) -> None: ...

    def reception(self, adapter: Adapter, /) -> Sink: ...


class Client:
    """The client's side of a connection, and the `Adapter` that the gateway sees of it."""

    def __init__(self, gateway: House, protocol: str, peer: str) -> None:
        self.protocol = protocol
        self.peer = peer
        self.capabilities = Capabilities(JSON if protocol == "websocket" else TELNET)
        self.lines: list[str] = []
        self.writes: list[str] = []
        self.prompt = ""
        self.echoes = True
        self.data: list[tuple[str, object]] = []
        self.closed_for: str | None = None
        self._gateway = gateway
        self._sink: Sink | None = None

    # What a player does

    def arrive(self) -> Self:
        gevent.spawn(self._accept)
        self._gateway.settle()
        return self

    def _accept(self) -> None:
        self._sink = self._gateway.reception(self)

    def types(self, *lines: str) -> Self:
        """Type lines, and let everything work until it is quiet."""
        self.pastes(*lines)
        return self

    def numbers(self, first: int, *lines: str) -> Self:
        """Type lines into a page that numbers them, from `first` on."""
        self._happens(*(LineReceived(line, first + count) for count, line in enumerate(lines)))
        return self

    def numbers_unseen(self, number: int, line: str) -> None:
        """The same with one line, and let nothing work yet."""
        gevent.spawn(self._read, [LineReceived(line, number)])

    def pastes(self, *lines: str) -> Self:
        """All lines in one read."""
        self._happens(*(LineReceived(line) for line in lines))
        return self

    def types_unseen(self, line: str) -> None:
        """Type a line, and let nothing work yet."""
        gevent.spawn(self._read, [LineReceived(line)])

    def pastes_unseen(self, *lines: str) -> None:
        """All lines in one read, and let nothing work yet."""
        gevent.spawn(self._read, [LineReceived(line) for line in lines])

    def sends_data(self, package: str, value: object = None) -> Self:
        self._happens(DataReceived(package, value))
        return self

    def changes(self, capabilities: Capabilities) -> Self:
        self.capabilities = capabilities
        self._happens(CapabilitiesChanged(capabilities))
        return self

    def hangs_up(self) -> Self:
        self._end("the client closed the connection")
        self._gateway.settle()
        return self

    def breaks_off(self) -> None:
        """The other end is gone, and nobody is left who could be told."""
        self._sink = None
        self.closed_for = self.closed_for or "the connection is gone"

    def logs_in(self, account: str = "Ann", choice: str = "1") -> Self:
        return self.types(account, PASSWORD, choice)

    @property
    def is_open(self) -> bool:
        return self.closed_for is None

    def saw(self, words: str) -> bool:
        return any(words in line for line in self.lines)

    def forgets(self) -> Self:
        self.lines.clear()
        self.writes.clear()
        return self

    def _happens(self, *events: Event) -> None:
        gevent.spawn(self._read, events)
        self._gateway.settle()

    def _read(self, events: Sequence[Event]) -> None:
        for event in events:
            if self._sink is not None:
                self._sink(event)

    def _end(self, reason: str) -> None:
        if self.closed_for is None:
            self.closed_for = reason
            gevent.spawn(self._read, [Disconnected(reason)])

    # What the gateway does: `transports.adapter.Adapter`

    def send(self, fragments: Sequence[bytes], prompt: bytes | None = None) -> None:
        if not self.is_open:
            return
        text = "".join(self._shown(fragment) for fragment in fragments)
        self.writes.append(text)
        self.lines += text.replace("\r\n", "\n").rstrip("\n").split("\n") if text else []
        if prompt is not None:
            self.prompt = self._shown(prompt)

    def _shown(self, fragment: bytes) -> str:
        if self.protocol == "telnet":
            return fragment.decode()
        return "".join(piece for _, piece in json.loads(fragment)["spans"])

    def send_text(self, text: str) -> None:
        if not self.is_open:
            return
        self.writes.append(text)
        self.lines += text.rstrip("\n").split("\n")

    def send_line(self, text: str) -> None:
        self.send_text(text + "\n")

    def send_binary(self, data: bytes) -> None:
        raise AssertionError("the gateway sends no binary")

    def send_data(self, package: str, value: object) -> None:
        self.data.append((package, value))

    def set_echo(self, enabled: bool) -> None:
        self.echoes = enabled

    def close(self, reason: str) -> None:
        self._end(reason)


class _Place:
    """A session as the scripted world keeps it."""

    def __init__(self, session: int, peer: Peer, applied: int = 0) -> None:
        self.inbox = CommandInbox(applied)
        self.tail = OutputTail(session)
        self.peer = peer
        self.character: str | None = None
        self.number = 0


class ScriptedWorld:
    """Answers requests from a table and runs a handful of commands. `ran` is all that it ran, in order.

    `look` shows a line to the one who looks, `say` to all, `quit` releases the character, `stumble` fails;
    anything else is echoed. With `answers=False` it keeps requests to itself, with `performs=False` commands.
    """

    def __init__(self, link: MemoryLink, epoch: int, table: WorldTable) -> None:
        self.table = table
        self.answers = True
        self.performs = True
        self.credit = 64
        self.ran: list[tuple[str, str]] = []
        self.closed: list[int] = []
        # Sessions whose clients are gone, as the world knows.
        self.away: set[int] = set()
        self.cancelled: list[int] = []
        self.waiting: list[tuple[Peer, Frame]] = []
        self.acked: dict[int, int] = {}
        self.places: dict[int, _Place] = {}
        self.requests: list[Request] = []
        self.confirmed: list[int] = []
        self._endings = itertools.count(1)
        self.commands: list[Command] = []
        self._doorkeeper = Doorkeeper("world", epoch, KEY)
        self._replies = ReplyCache()
        self._life = ""
        self._nonces = (bytes([count]) * 32 for count in itertools.count(1))
        self.router: MemoryRouter = link.router(RouterCallbacks(self._take, _fail, lambda peer: None))

    # What a test does with it

    def tells(self, body: OutputBody, *sessions: int) -> None:
        """Show this to these sessions, or to all."""
        tails = [self.places[session].tail for session in sessions or self.places]
        peer = next(iter(self.places.values())).peer
        self.router.send(peer, multicast(tails, 0, body))

    def shows(self, session: int, *bodies: OutputBody, cause: int = 0) -> None:
        place = self.places[session]
        for body in bodies:
            self.router.send(place.peer, place.tail.output(cause, body))

    def saves(self) -> None:
        """A checkpoint: every applied command is durable."""
        for session, place in self.places.items():
            place.inbox.save(place.inbox.applied)
            self.router.send(place.peer, Positions({session: place.inbox.position}))

    def ends_others(self, account: int, spared: int, peer: Peer | None = None) -> None:
        """Another gateway may have been where the password was changed."""
        to = peer or next(iter(self.places.values())).peer
        self.router.send(to, EndSessions(next(self._endings), account, spared))

    def goes_on(self) -> None:
        """Answer and perform from now on, and what was kept."""
        self.answers = self.performs = True
        kept, self.waiting = self.waiting, []
        for peer, frame in kept:
            self._frame(peer, frame)

    def remembers(self, old: "ScriptedWorld") -> None:
        """Start from the checkpoint of another: the positions and tails it had saved."""
        for session, place in old.places.items():
            mine = _Place(session, place.peer)
            mine.inbox = CommandInbox(place.inbox.durable)
            mine.tail = OutputTail(session, place.tail.snapshot())
            mine.character = place.character
            self.places[session] = mine

    def ran_by(self, character: str) -> list[str]:
        return [text for who, text in self.ran if who == character]

    # The link

    def _take(self, peer: Peer, frames: list[Frame]) -> None:
        for frame in frames:
            if isinstance(frame, Cancel):
                self.cancelled.append(frame.id)
            elif isinstance(frame, SessionsEnded):
                self.confirmed.append(frame.number)
            else:
                self._frame(peer, frame)

    def _frame(self, peer: Peer, frame: Frame) -> None:
        match frame:
            case Hello():
                self.router.send(peer, self._doorkeeper.hello(peer, frame, nonce=next(self._nonces)))
            case Confirm():
                admitted = self._doorkeeper.confirm(peer, frame)
                self._life = f"{admitted.name}:{admitted.epoch}"
                self._claim(peer, admitted.sessions)
            case Claim(sessions):
                self._claim(peer, sessions)
            case Heartbeat(number):
                self.router.send(peer, Heartbeat(number, number))
            case Request() if not self.answers:
                self.waiting.append((peer, frame))
            case Request():
                self._request(peer, frame)
            case Command() if not self.performs:
                self.waiting.append((peer, frame))
            case Command():
                self._command(frame)
            case Acks(outputs):
                self.acked.update(outputs)
                for session in outputs.keys() & self.places.keys():
                    self.places[session].tail.ack(outputs[session])
            case Resend(session, after) if session in self.places:
                for output in self.places[session].tail.resume(after):
                    self.router.send(peer, output)

    def _claim(self, peer: Peer, sessions: Mapping[int, int]) -> None:
        known = {session for session in sessions if session in self.places}
        positions = {session: self.places[session].inbox.position for session in known}
        self.router.send(peer, welcome(self.credit, positions))
        for session in known:
            place = self.places[session]
            place.peer = peer
            for output in place.tail.resume(sessions[session]):
                self.router.send(peer, output)

    def _request(self, peer: Peer, request: Request) -> None:
        self.requests.append(request)
        verdict, answer = self._replies.arrived(self._life, request)
        if verdict is Verdict.WORK:
            answer = self._answer(peer, request)
            self._replies.answered(self._life, answer)
        if answer is not None:
            self.router.send(peer, answer)

    def _answer(self, peer: Peer, request: Request) -> Reply | Failure:
        session, body = request.session, request.body
        if isinstance(body, CloseSession):
            self.closed.append(session)
            self.places.pop(session, None)
            return Reply(request.id, SessionClosed())
        if isinstance(body, SessionDisconnected):
            self.away.add(session)
            return Reply(request.id, DisconnectNoted(body.grace_seconds))
        if isinstance(body, SessionReconnected):
            self.away.discard(session)
            self.shows(session, TextOutput("Here you are."), Prompt("> "))
            return Reply(request.id, SessionResumed())
        if isinstance(body, ReportQueues):
            return Reply(request.id, QueueStatistics(sessions=len(self.places)))
        assert isinstance(body, LoginRequest)
        answer = self.table.answer(body)
        if isinstance(answer, FailureCode):
            return Failure(request.id, answer, MENDS[answer])
        if isinstance(body, ChangePassword):
            self.ends_others(self.table.accounts[body.name][0], session, peer)
        if isinstance(body, SelectCharacter) and isinstance(answer, CharacterSelected):
            place = self.places.setdefault(session, _Place(session, peer, body.applied))
            place.character = answer.character.name
            applied, outputs = place.inbox.applied, place.tail.last
            answer = CharacterSelected(answer.character, answer.entity, applied, outputs)
        return Reply(request.id, answer)

    def _command(self, command: Command) -> None:
        place = self.places.get(command.session)
        if place is None or place.character is None or place.inbox.arrive(command.number) is not Arrival.NEXT:
            return
        place.inbox.apply(command.number)
        self.commands.append(command)
        self._perform(command, place)

    def _perform(self, command: Command, place: _Place) -> None:
        session, number, name = command.session, command.number, place.character or ""
        self.ran.append((name, command.text))
        verb, _, rest = command.text.partition(" ")
        match verb:
            case "say":
                tails = [place.tail for place in self.places.values()]
                text = TextOutput(f"{name} says, “{rest}”")
                self.router.send(place.peer, multicast(tails, number, text, session))
            case "quit":
                place.character = None
                bodies = Performed(number, ""), CharacterReleased(1, "You fall asleep.")
                self.shows(session, *bodies, cause=number)
                return
            case _:
                self.shows(session, TextOutput(f"{name} does {command.text}."), cause=number)
        outcome = Outcome.FAILED if command.text.startswith("stumble") else Outcome.DONE
        self.shows(session, Performed(number, f"{number}> ", outcome), cause=number)


def _fail(peer: Peer, error: Exception) -> None:
    raise error


class GatewayBench:
    """A gateway without doors. Use as a context manager."""

    def __init__(
        self,
        *,
        session: SessionOptions | None = None,
        login: LoginOptions | None = None,
        max_sessions: int = 1000,
        key: bytes = KEY,
        pace: Pace | None = None,
        session_vault: MemoryVault | None = None,
    ) -> None:
        self.clock = ManualClock()
        self.link = MemoryLink(gevent.get_hub().loop.run_callback)
        self.table = WorldTable()
        self.table.add("Ann", PASSWORD, "Brand")
        self.table.add("Bob", PASSWORD, "Cora")
        self.world: ScriptedWorld | None = None
        self._epochs = itertools.count(1)
        self._lives = itertools.count(7)
        self._peers = itertools.count(40_000)
        self._clients: list[Client] = []
        self.log = RestartLog(clock=self.clock)
        self.options = GatewayOptions(
            LinkOptions(key=key),
            dial=self.link.dealer,
            telnet=None,
            web=None,
            session=session or SessionOptions(),
            pace=pace,
            login=login or LoginOptions(),
            max_sessions=max_sessions,
        )
        self.system = ActorSystem("test", clock=self.clock)
        self.session_vault = session_vault or MemoryVault(self.system)
        self._begin()

    def _begin(self) -> None:
        system, epoch = self.system, next(self._lives)
        self.session_vault.system = system
        options = dataclasses.replace(self.options, link=dataclasses.replace(self.options.link, epoch=epoch))
        self._reception = Reception(
            system,
            epoch,
            sessions=f"/{ROOT}/sessions",
            connections=f"/{ROOT}/connections",
            pace=options.pace,
        )
        services = Services(log=self.log, affected=lambda cell: affected_by(cell, system))
        tree = gateway_tree(options, system, vault=self.session_vault)
        self.tree: Tree = run_tree(system, tree, services=services)

    # Lives of the gateway

    def gateway_dies(self) -> None:
        """As by SIGKILL: nothing is said, nothing is written, all sockets are gone."""
        for identity in list(self.link.dealers):
            self.link.cut(identity)
        for client in self._clients:
            client.breaks_off()
        self.system.stop()

    def gateway_stops(self) -> None:
        """In order, as for a planned restart."""
        self.tree.shutdown()
        self.advance(1.0)
        self.system.stop()

    def gateway_begins(self) -> None:
        """The next life, with the same database and the same world."""
        self.system = ActorSystem("test", clock=self.clock)
        self._begin()
        self.settle()
        self.advance(3.0)

    def __enter__(self) -> Self:
        self.settle()
        assert self.tree.started.ready()
        return self

    def __exit__(self, *_error: object) -> None:
        if not self.tree.ended.ready():
            self.gateway_stops()

    # World

    def starts_world(
        self, remembering: ScriptedWorld | None = None, *, credit: int = 64, performs: bool = True
    ) -> ScriptedWorld:
        world = self.world = ScriptedWorld(self.link, next(self._epochs), self.table)
        world.credit, world.performs = credit, performs
        if remembering is not None:
            world.remembers(remembering)
        self.advance(3.0)
        return world

    def kills_world(self) -> ScriptedWorld:
        world = self.world
        assert world is not None
        self.world = None
        world.router.close()
        self.settle()
        return world

    # Clients

    def client(self, protocol: str = "telnet") -> Client:
        client = Client(self, protocol, f"203.0.113.9:{next(self._peers)}")
        self._clients.append(client)
        return client.arrive()

    def playing(self, account: str = "Ann", protocol: str = "telnet") -> Client:
        client = self.client(protocol).logs_in(account)
        self.keeps_sessions()
        return client.forgets()

    def keeps_sessions(self) -> None:
        """Let the book write what it has gathered: whoever has come in is told how to come back."""
        self.advance(2 * GATHER_SECONDS)

    def reception(self, adapter: Adapter) -> Sink:
        return self._reception(adapter)

    # Actors

    def settle(self) -> None:
        self.system.settle()

    def works_a_little(self) -> None:
        """Let the loop turn once."""
        gevent.sleep(0)

    def advance(self, seconds: float) -> None:
        self.system.advance(seconds)

    def ask(self, path: str, message: Any) -> Any:
        ref = self.system.find(f"/{ROOT}/{path}")
        assert ref is not None, path
        future = ref.ask(message, block=False)
        self.settle()
        return future.get(timeout=1)

    def crash(self, path: str, message: Any) -> None:
        """Let an actor crash over a message that its handler cannot take."""
        ref = self.system.find(f"/{ROOT}/{path}")
        assert ref is not None, path
        ref.tell(message)
        self.settle()

    def sessions(self) -> list[str]:
        return [cell.name for cell in self.system.cells() if cell.actor_class is Session]

    def record_of(self, session: str = "1") -> SessionRecord:
        record = self.ask(f"sessions/{session}", DescribeSession())
        assert isinstance(record, SessionRecord)
        return record
