"""A server with the real transport and page, and a game that does what the test says."""

from dataclasses import dataclass, field

import gevent
from gevent.event import Event as Signal

from transports.adapter import Adapter, DataReceived, Event, LineReceived, Sink
from transports.markup import styled
from transports.web import PageOptions, create_app
from transports.websocket import JsonAdapter, WebListener, WebOptions, encode

DEADLINE_SECONDS = 10.0

ROOM = (
    f"{styled('room', 'The Gilded Stag')}\n"
    "A fire mutters to itself under a beam black with a hundred winters. The room smells of barley and wet "
    "wool; somebody has carved a ship into the door frame, plank by plank, and somebody else has given it a "
    "crew.\n"
    f"{styled('dim', 'Exits:')} {', '.join(styled('exit', way) for way in ('north', 'east', 'up'))}.\n"
    f"{styled('item', 'A copper kettle')} hangs over the fire.\n"
    f"{styled('npc', 'Old Marl the innkeeper')} polishes a tankard that was clean an hour ago.\n"
    f"{styled('player', 'Ann')} is here.\n"
)

TALK = (
    f"{styled('player', 'Ann')} says, {styled('speech', '“Is it true that the harbour light went out?”')}\n"
    f"{styled('emote', 'Old Marl looks at the ceiling for a long moment.')}\n"
    f"{styled('npc', 'Old Marl')} says, {styled('speech', '“It went out because somebody put it out.”')}\n"
    f"{styled('damage', 'The rat bites you for 3.')} {styled('healing', 'You feel better.')}\n"
    f"{styled('system', 'The world saves its breath every second.')}\n"
    f"{styled('error', 'There is no “lantern” here.')}\n"
)


@dataclass
class Stay:
    """A session that outlasts its connections: one player's, if the server `keeps_sessions`."""

    token: str = ""
    given: int = 0
    # The highest number of a line that was taken, and the texts of all outputs: the first has number 1.
    line: int = 0
    outputs: list[str] = field(default_factory=list)
    # Why it is not found again; "" if it is.
    refusal: str = ""
    # How many tokens are taken from now on, and the client hears nothing of that.
    unheard: int = 0
    # All tokens that were shown.
    shown: list[str] = field(default_factory=list)


class ScriptedServer:
    """Listens on a free port. Methods are called by name from the browser's process (`scenarios`)."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._adapters: list[JsonAdapter] = []
        self._thawed = Signal()
        self._thawed.set()
        self._greeting: bool | None = None
        self._stay: Stay | None = None
        # All that pages said of what they had seen.
        self._seen: list[int] = []
        self._listener = self._new_listener(port=0)
        self.host, self.port = self._listener.start()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/"

    def close(self) -> None:
        self.thaw()
        self.drop()
        self._listener.stop()
        with gevent.Timeout(DEADLINE_SECONDS):
            while self._listener.connection_count:
                gevent.idle()

    def accept(self, adapter: Adapter) -> Sink:
        assert isinstance(adapter, JsonAdapter)
        self._adapters.append(adapter)
        if self._stay is not None:
            return self._accept_at_login(adapter, self._stay)
        if self._greeting is not None:
            adapter.send_data("session", {"playing": self._greeting})
        adapter.send_line(styled("title", "Welcome to the harbour"))
        adapter.send([], prompt=encode(styled("prompt", "20hp 14mv"), adapter.capabilities.rendering))

        def sink(event: Event) -> None:
            self._thawed.wait()
            if isinstance(event, LineReceived) and adapter in self._adapters:
                self._play(adapter, event.text)

        return sink

    # A game with a login, which finds a session again

    def _accept_at_login(self, adapter: JsonAdapter, stay: Stay) -> Sink:
        adapter.send_data("session", {"playing": False})
        adapter.send_line("Welcome, stranger.")
        self._prompt(adapter, "Your name?")

        def sink(event: Event) -> None:
            match event:
                case LineReceived("enter", _):
                    self._enter(adapter, stay)
                case LineReceived("lost", _):
                    self._thawed.wait()
                case LineReceived(text, number) if adapter in self._adapters:
                    stay.line = number or stay.line
                    self._lines.append(text)
                    self._show(adapter, stay, f"You said: {text}")
                case DataReceived("session.resume", {"token": token, "seen": seen, "next": secret}):
                    self._resume(adapter, stay, token, seen, secret)
                case DataReceived("session.seen", number):
                    self._seen.append(number)

        return sink

    def _enter(self, adapter: JsonAdapter, stay: Stay, token: str = "") -> None:
        for other in self._adapters[:]:
            if other is not adapter:
                self._adapters.remove(other)
                other.send_line("Somebody takes your place.")
                other.close("taken_over")
        self._give_token(adapter, stay, token)
        adapter.send_data("session.taken", stay.line)
        adapter.send_data("session", {"playing": True})
        self._show(adapter, stay, "You are in the world.")
        self._prompt(adapter, "20hp")

    def _resume(self, adapter: JsonAdapter, stay: Stay, token: str, seen: int, secret: str) -> None:
        stay.shown.append(token)
        if stay.refusal or token != stay.token:
            refusal, stay.refusal = stay.refusal or "already_used", ""
            message = f"That way back is closed: {refusal}."
            why = {"reason": refusal, "message": message, "again": refusal == "unavailable"}
            adapter.send_data("session.resume-failed", why)
            return
        stay.token = token[:12] + secret
        if stay.unheard:
            stay.unheard -= 1
            self.drop()
            return
        adapter.send_data("session.resumed", {"seen": seen, "missed": 0})
        adapter.send_line("You are back.")
        missed, stay.outputs[seen:] = stay.outputs[seen:], []
        self._enter_again(adapter, stay, missed)

    def _enter_again(self, adapter: JsonAdapter, stay: Stay, missed: list[str]) -> None:
        for text in missed:
            self._show(adapter, stay, text)
        self._enter(adapter, stay, stay.token)

    def _give_token(self, adapter: JsonAdapter, stay: Stay, token: str) -> None:
        stay.given += 1
        stay.token = token or f"token-{stay.given}"
        adapter.send_data("session.token", {"token": stay.token, "seconds": 900})

    def _show(self, adapter: JsonAdapter, stay: Stay, text: str) -> None:
        stay.outputs.append(text)
        adapter.send_line(text)
        adapter.send_data("session.seq", len(stay.outputs))

    def _prompt(self, adapter: JsonAdapter, text: str) -> None:
        adapter.send([], prompt=encode(styled("prompt", text), adapter.capabilities.rendering))

    # A game without a login

    def _play(self, adapter: JsonAdapter, line: str) -> None:
        self._lines.append(line)
        word, _, rest = line.partition(" ")
        match word:
            case "look":
                adapter.send_text(ROOM)
            case "talk":
                adapter.send_text(TALK)
            case "login":
                adapter.send_line("What is your password?")
                adapter.set_echo(False)
            case "flood":
                adapter.send_text("".join(f"line {number}\n" for number in range(int(rest))))
            case "away" | "back":
                adapter.send_data("status", {"world": "away" if word == "away" else "up"})
            case "snap":
                adapter.abort("snapped")
            case "quit":
                adapter.close("You lie down in a bed of straw.")
            case _:
                adapter.set_echo(True)
                adapter.send_line(f"You said: {line}")

    def _new_listener(self, port: int) -> WebListener:
        # A short heartbeat, so that a frozen network is noticed within a second.
        app = create_app(PageOptions(heartbeat_seconds=0.4))
        return WebListener(WebOptions(port=port, close_timeout_seconds=0.5), self.accept, app)

    # Called from the browser's side

    def say(self, text: str) -> None:
        self._adapters[-1].send_line(text)

    def session(self, playing: bool) -> None:
        self._adapters[-1].send_data("session", {"playing": playing})

    def greet(self, playing: bool) -> None:
        """Say so at the beginning of each connection from now on, as a server with a login does."""
        self._greeting = playing

    def ask(self, question: str) -> None:
        adapter = self._adapters[-1]
        adapter.send([], prompt=encode(styled("prompt", question), adapter.capabilities.rendering))

    def keeps_sessions(self) -> None:
        """From the next connection on there is a login; "enter" leads into the game."""
        self._stay = Stay()

    @property
    def stay(self) -> Stay:
        assert self._stay is not None, "it keeps no sessions"
        return self._stay

    def happens(self, text: str) -> None:
        """Show this to the player, or keep it for them."""
        if self._adapters:
            self._show(self._adapters[-1], self.stay, text)
        else:
            self.stay.outputs.append(text)

    def refuses(self, reason: str) -> None:
        """Do not find the session the next time."""
        self.stay.refusal = reason

    def answers_into_the_void(self, times: int) -> None:
        """Find the session the next times, and be cut off before the client hears of it."""
        self.stay.unheard = times

    def token(self) -> str:
        return self.stay.token

    def shown(self) -> list[str]:
        return self.stay.shown

    def saves(self) -> None:
        """All lines that were taken are saved."""
        self._adapters[-1].send_data("session.done", self.stay.line)

    def forgets(self, lines: int) -> None:
        """Go back to a time before the last lines: they are lost."""
        self.stay.line -= lines
        del self._lines[-lines:]

    def asks_to_come_again(self) -> None:
        self._adapters.pop().send_data("session.again", "lines are missing")

    def seen(self) -> list[int]:
        return self._seen

    def outputs(self) -> int:
        return len(self.stay.outputs)

    def lines_received(self) -> list[str]:
        return self._lines

    def drop(self) -> None:
        """Cut every connection without a word."""
        while self._adapters:
            self._adapters.pop().abort("dropped by the test")

    def stop(self) -> None:
        self._listener.stop()
        self._listener.close_connections("the server restarts")

    def die(self) -> None:
        """Stop without a word, as a process does that is killed."""
        self._listener.stop()
        self.drop()

    def start(self) -> None:
        self._listener = self._new_listener(self.port)
        self._listener.start()

    def freeze(self) -> None:
        """From the next line on nothing is read and nothing answered, as behind a network that is gone."""
        self._thawed.clear()

    def thaw(self) -> None:
        self._thawed.set()
