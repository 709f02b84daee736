"""A connection hands on what the client sends, and shows what the session says in the client's own way."""

from collections.abc import Iterator

import gevent
import pytest

from actors.gateway.connection import Connection
from actors.gateway.inlet import AHEAD_LIMIT, Inlet
from actors.gateway.messages.client import (
    CaughtUp,
    ClientArrived,
    ClientGone,
    Farewell,
    SendData,
    SetEcho,
    Show,
    ShowsToken,
    Speak,
    TakesTokens,
)
from actors.gateway.messages.handover import GoOn, Moved, MoveTo
from actors.gateway.messages.pool import ListConnections
from actors.gateway.pace import STEP, Pace
from actors.gateway.pool import POOL, Pool
from actors.gateway.session_record import session_id
from actors.rendering import Delivery
from tests.actors.gateway_kit import JSON, Client
from transports.adapter import (
    Adapter,
    Capabilities,
    CapabilitiesChanged,
    Colour,
    DataReceived,
    Disconnected,
    LineReceived,
    LineRefused,
    PingReceived,
    Rendering,
    Sink,
)
from transports.link.protocol import EntityStateChanged, StructuredOutput, TextOutput, VitalsUpdate
from transports.markup import styled
from wyld_actors import Actor, ActorSystem, ManualClock, Ref


class Listening(Actor):
    """Stands for the session: keeps what it is told."""

    def __init__(self, heard: list[object]) -> None:
        super().__init__()
        self._heard = heard

    def on_receive(self, message: object) -> None:
        self._heard.append(message)


class Bench:
    """One connection between a client and a session that only listens."""

    def __init__(self, protocol: str) -> None:
        self.system = ActorSystem("connection", clock=ManualClock())
        self.heard: list[object] = []
        self.system.spawn(Pool, name=POOL)
        self.session = self.system.spawn(Listening, self.heard)
        self.system.settle()
        # A client without a gateway: only its adapter's side is used.
        self.client = Client(self, protocol, "203.0.113.9:4000")
        self.ref: Ref = self.system.spawn(Connection, self.client, session_id(1, 1), self.session)
        self.system.settle()

    def tell(self, *messages: object) -> None:
        for message in messages:
            self.ref.tell(message)
        self.system.settle()

    def settle(self) -> None:
        self.system.settle()

    def said(self) -> list[str]:
        """The lines that the session has heard."""
        return [event.text for event in self.heard if isinstance(event, LineReceived)]

    def reception(self, _adapter: Adapter) -> Sink:
        raise AssertionError("nobody arrives here")


@pytest.fixture(params=["telnet", "websocket"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = Bench(request.param)
    yield made
    made.system.stop()


@pytest.fixture
def telnet() -> Iterator[Bench]:
    made = Bench("telnet")
    yield made
    made.system.stop()


def test_the_session_meets_its_client_first(bench: Bench) -> None:
    (arrived,) = bench.heard

    assert arrived == ClientArrived(bench.ref, bench.client.capabilities)


def test_lines_are_handed_on_just_as_they_came(bench: Bench) -> None:
    line = LineReceived("look", 7)

    bench.tell(line, PingReceived())

    assert bench.heard[1:] == [line]
    assert bench.heard[1] is line


def test_everything_of_one_turn_is_one_write_with_the_prompt(bench: Bench) -> None:
    bench.tell(Show([Delivery(TextOutput("one")), Delivery(TextOutput("two"))], "> "))

    assert len(bench.client.writes) == 1
    assert bench.client.lines == ["one", "two"]
    assert bench.client.prompt == "> "


def test_data_for_the_client_program_is_no_text(bench: Bench) -> None:
    vitals = EntityStateChanged("character:1", VitalsUpdate({"health": (1, 2)}))

    bench.tell(
        Show([Delivery(vitals), Delivery(StructuredOutput("Map", {"x": 1}))]), SendData("Core.Ping", None)
    )

    assert bench.client.data == [
        ("Char.Vitals", {"hp": 1, "maxhp": 2}),
        ("Map", {"x": 1}),
        ("Core.Ping", None),
    ]
    assert bench.client.writes == []


@pytest.mark.parametrize("package", ["session", "status"])
def test_data_for_the_page_is_sent_to_pages_only(bench: Bench, package: str) -> None:
    bench.tell(SendData(package, {}))

    assert bench.client.data == ([(package, {})] if bench.client.protocol == "websocket" else [])


def test_a_client_that_learns_colours_gets_them_from_then_on(telnet: Bench) -> None:
    show = Show([Delivery(TextOutput(styled("room", "The Quay")))], "> ")
    telnet.tell(show)

    telnet.tell(CapabilitiesChanged(Capabilities(Rendering("telnet", Colour.ANSI16))), show)

    assert telnet.client.lines[0] == "The Quay"
    assert "\x1b[" in telnet.client.lines[1]
    assert "\x1b[" in telnet.client.prompt


def test_echo_is_passed_on(bench: Bench) -> None:
    bench.tell(SetEcho(False))

    assert bench.client.echoes is False


def test_a_refused_line_is_explained_where_the_transport_has_not_done_it() -> None:
    told = {}
    for protocol in ("telnet", "websocket"):
        bench = Bench(protocol)
        bench.tell(LineRefused("That line was too long.", 4096))
        told[protocol] = bench.client.saw("That line was too long (the limit is 4096 bytes).")
        bench.system.stop()

    assert told == {"telnet": True, "websocket": False}


def test_the_prompt_stands_again_after_a_refused_line(telnet: Bench) -> None:
    telnet.tell(Speak("Here you are.", "> "))
    telnet.client.prompt = ""

    telnet.tell(LineRefused("That line was too long.", 4096))

    assert telnet.client.prompt == "> "


def test_who_comes_and_why_who_goes_is_logged(telnet: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        telnet.tell(Disconnected("the client reads too slowly"))

    number = session_id(1, 1)
    assert (
        f"session {number}: telnet from 203.0.113.9:4000 is gone: the client reads too slowly" in caplog.text
    )


def test_the_end_of_the_client_is_the_end_of_the_connection(bench: Bench) -> None:
    bench.tell(Disconnected("gone"))

    assert bench.heard[-1] == ClientGone("gone", bench.ref)
    assert not bench.ref.is_alive()


def test_a_farewell_is_said_before_the_client_is_closed(bench: Bench) -> None:
    bench.tell(Farewell("Good night.", "closing time"))

    assert bench.client.lines == ["Good night."]
    assert bench.client.closed_for == "closing time"


def test_a_connection_whose_session_is_gone_says_so_and_closes(bench: Bench) -> None:
    bench.session.cell.kill()
    bench.settle()

    assert bench.client.saw("The thread that held you here has snapped.")
    assert not bench.client.is_open


def test_a_reader_that_is_far_ahead_has_to_wait(telnet: Bench) -> None:
    inlet = Inlet(telnet.client, telnet.ref)
    sent: list[int] = []

    def paste() -> None:
        for count in range(10 * AHEAD_LIMIT):
            inlet(LineReceived(str(count)))
            sent.append(count)

    gevent.spawn(paste)
    gevent.sleep(0)
    most = len(sent)
    telnet.settle()

    assert most < 2 * AHEAD_LIMIT
    assert telnet.said() == [str(count) for count in range(10 * AHEAD_LIMIT)]


def test_who_pastes_without_end_is_held_back_alone_and_loses_nothing(telnet: Bench) -> None:
    pace = Pace(lines_at_once=64, lines_per_second=1000.0)
    noisy, quiet = Inlet(telnet.client, telnet.ref, pace), Inlet(telnet.client, telnet.ref, pace)
    lines = [f"line {count}" for count in range(128)]

    def paste() -> None:
        for line in lines:
            noisy(LineReceived(line))

    greenlet = gevent.spawn(paste)
    telnet.settle()
    at_once = len(telnet.said())
    quiet(LineReceived("hello"))
    telnet.settle()

    assert 64 <= at_once <= 64 + STEP
    assert telnet.said() == [*lines[:at_once], "hello"]
    assert not greenlet.ready()
    telnet.system.advance(0.128)
    assert greenlet.ready()
    assert telnet.said() == [*lines[:at_once], "hello", *lines[at_once:]]


def test_a_socket_never_outlives_its_actor(bench: Bench) -> None:
    inlet = Inlet(bench.client, bench.ref)

    bench.ref.cell.kill()
    bench.settle()

    assert bench.client.saw("snapped")
    assert not bench.client.is_open
    inlet(LineReceived("into the void"))


def test_a_json_client_is_shown_what_a_telnet_client_is(bench: Bench) -> None:
    bench.tell(Speak("One line.\nAnother.", "> "))

    assert bench.client.lines == ["One line.", "Another."]
    assert (bench.client.capabilities.rendering is JSON) is (bench.client.protocol == "websocket")


# From one session to another ---------------------------------------------------------------------------


def moved(bench: Bench) -> tuple[list[object], Ref]:
    """A connection that was told to move to another session; what that one has heard, and itself."""
    heard: list[object] = []
    other = bench.system.spawn(Listening, heard)
    bench.tell(MoveTo(other, session_id(1, 2)))
    return heard, other


def test_words_are_held_while_the_session_before_may_still_have_earlier_ones(bench: Bench) -> None:
    heard, _ = moved(bench)
    bench.tell(LineReceived("one"), LineReceived("two"))

    assert bench.heard[-1] == Moved()
    assert heard == []
    bench.tell(GoOn())
    assert heard == [LineReceived("one"), LineReceived("two")]
    bench.tell(LineReceived("three"))
    assert heard[-1] == LineReceived("three")


def test_a_reader_waits_while_its_connection_moves(bench: Bench) -> None:
    moved(bench)
    answer = bench.ref.ask(CaughtUp(), block=False)
    bench.system.settle()
    assert not answer.is_done

    bench.tell(GoOn())

    assert answer.is_done


def test_the_session_before_need_not_say_that_it_has_ended(bench: Bench) -> None:
    heard, _ = moved(bench)
    bench.tell(LineReceived("one"))

    bench.session.cell.kill()
    bench.system.settle()

    assert heard == [LineReceived("one")]
    assert bench.client.is_open


def test_a_client_that_goes_while_it_moves_has_all_its_words_handed_over_first(bench: Bench) -> None:
    heard, _ = moved(bench)
    bench.tell(LineReceived("one"), Disconnected("gone"))

    bench.tell(GoOn())

    assert heard == [LineReceived("one"), ClientGone("gone", bench.ref)]


def test_the_end_of_the_session_it_moves_to_closes_the_client(bench: Bench) -> None:
    _, other = moved(bench)
    bench.tell(GoOn())

    other.cell.kill()
    bench.system.settle()

    assert not bench.client.is_open


def test_the_pool_finds_it_under_its_new_session(bench: Bench) -> None:
    moved(bench)
    bench.tell(GoOn())

    pool = bench.system.registry.whereis(POOL)
    assert pool is not None
    entries = pool.ask(ListConnections(), block=False)
    bench.system.settle()

    assert [entry.session for entry in entries.get(timeout=1)] == [session_id(1, 2)]


@pytest.mark.parametrize(
    ("package", "value", "heard"),
    [
        ("session.resume", {"token": "t", "seen": 7}, ShowsToken("t", 7)),
        ("session.resume", {"token": "t", "seen": 7, "next": "n"}, ShowsToken("t", 7, "n")),
        ("Wyld.Resume", {"token": "t"}, ShowsToken("t", None)),
        ("Wyld.Resume", {"token": "t", "next": "n"}, ShowsToken("t", None, "n")),
        ("Wyld.Resume", {"token": "t", "next": [1]}, ShowsToken("t", None)),
        ("Wyld.Resume", {"token": 3}, ShowsToken("", None)),
        ("core.ping", None, DataReceived("core.ping", None)),
    ],
)
def test_what_a_program_shows_to_come_back_is_told_as_such(
    bench: Bench, package: str, value: object, heard: object
) -> None:
    bench.tell(DataReceived(package, value))

    assert bench.heard[-1] == heard


def test_a_program_that_names_the_package_keeps_tokens_and_one_that_does_not_is_spared(telnet: Bench) -> None:
    telnet.tell(SendData("session.token", {"token": "first"}))
    telnet.tell(DataReceived("Core.Supports.Set", ["Char 1", "Wyld.Resume 1"]))
    telnet.tell(SendData("session.token", {"token": "second"}))

    assert telnet.heard[-1] == TakesTokens(telnet.ref)
    assert telnet.client.data == [("Wyld.Resume.Token", {"token": "second"})]


def test_no_representation_of_what_is_told_shows_a_secret() -> None:
    told = [
        ShowsToken("s3cret", 7, "s3cret"),
        DataReceived("session.resume", {"token": "s3cret", "next": "s3cret"}),
        SendData("session.token", {"token": "s3cret"}),
        Speak("reconnect s3cret"),
        LineReceived("reconnect s3cret"),
    ]

    assert "s3cret" not in repr(told)
