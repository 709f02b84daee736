"""The codec: bytes to events and answers, option by option."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.telnet.strategies import garbage, splits
from transports.adapter import (
    CapabilitiesChanged,
    Colour,
    DataReceived,
    Event,
    LineReceived,
    LineRefused,
    Negotiated,
    PingReceived,
    ProtocolViolated,
)
from transports.telnet.codec import Profile, TelnetCodec
from transports.telnet.commands import Option, subnegotiation
from transports.telnet.settings import Limits

DO, DONT, WILL, WONT = 253, 254, 251, 252


def say(command: int, option: int) -> bytes:
    return bytes((255, command, option))


def still() -> float:
    return 0.0


def new_codec(limits: Limits | None = None) -> TelnetCodec:
    """A codec whose clock stands still and whose offers are on their way."""
    codec = TelnetCodec(Profile(limits or Limits(), clock=still, status=lambda: {"NAME": "Wyld"}))
    codec.data_to_send()
    return codec


def receive(codec: TelnetCodec, data: bytes) -> tuple[list[Event], bytes]:
    return codec.receive_data(data), codec.data_to_send()


# -- any bytes ----------------------------------------------------------------


@given(garbage)
def test_any_bytes_give_events_and_never_an_exception(data: bytes) -> None:
    codec = new_codec()

    codec.receive_data(data)
    codec.tick()
    codec.tick()

    assert codec.receive_data(b"\xff\xf0\r\nlook\r\n")[-1] == LineReceived("look")


@given(st.data(), garbage)
def test_any_split_gives_the_same_events_and_the_same_answers(data: st.DataObject, stream: bytes) -> None:
    pieces = data.draw(splits(stream))
    whole, cut = new_codec(), new_codec()

    events = [event for piece in pieces for event in cut.receive_data(piece)]

    assert events == whole.receive_data(stream)
    assert cut.data_to_send() == whole.data_to_send()
    assert cut.protocol_errors == whole.protocol_errors


@given(garbage)
def test_every_violation_is_counted(data: bytes) -> None:
    codec = new_codec()

    violations = [event for event in codec.receive_data(data) if isinstance(event, ProtocolViolated)]

    assert codec.protocol_errors >= len(violations)


def test_two_codecs_talking_to_each_other_come_to_rest() -> None:
    one, other = TelnetCodec(Profile(clock=still)), TelnetCodec(Profile(clock=still))

    for _ in range(50):
        to_other, to_one = one.data_to_send(), other.data_to_send()
        if not to_other and not to_one:
            break
        other.receive_data(to_other)
        one.receive_data(to_one)
    else:
        raise AssertionError("the two talk in circles")


# -- offers and answers -------------------------------------------------------


def test_the_offers_are_made_at_once_and_do_not_include_echo_or_sga() -> None:
    offers = TelnetCodec(Profile(status=dict)).data_to_send()

    asked = [say(DO, option) for option in (Option.TTYPE, Option.NAWS, Option.NEW_ENVIRON)]
    offered = [say(WILL, option) for option in (Option.CHARSET, Option.EOR, Option.GMCP, Option.MSSP)]
    assert sorted(offers[at : at + 3] for at in range(0, len(offers), 3)) == sorted(asked + offered)


def test_mssp_is_not_offered_without_a_status() -> None:
    codec = TelnetCodec(Profile())

    assert say(WILL, Option.MSSP) not in codec.data_to_send()
    assert receive(codec, say(DO, Option.MSSP))[1] == say(WONT, Option.MSSP)


@pytest.mark.parametrize(
    "option", [Option.LINEMODE, Option.MSDP, Option.MCCP1, Option.MCCP2, Option.MXP, Option.ZMP, 123]
)
def test_options_we_do_not_have_are_refused(option: int) -> None:
    codec = new_codec()

    assert receive(codec, say(DO, option)) == (
        [CapabilitiesChanged(codec.capabilities)],
        say(WONT, option),
    )
    assert receive(codec, say(WILL, option)) == ([], say(DONT, option))


def test_agreed_options_are_told() -> None:
    codec = new_codec()
    receive(codec, b"\xff\xf1")

    events, _ = receive(codec, say(DO, Option.EOR) + say(DONT, Option.EOR))

    assert events == [Negotiated("EOR", "local", True), Negotiated("EOR", "local", False)]


def test_a_crawler_is_given_the_status() -> None:
    codec = new_codec()

    assert receive(codec, say(DO, Option.MSSP))[1] == subnegotiation(Option.MSSP, b"\x01NAME\x02Wyld")


def test_the_timing_mark_is_answered_each_time() -> None:
    codec = new_codec()

    for _ in range(2):
        assert receive(codec, say(DO, Option.TIMING_MARK))[1] == say(WILL, Option.TIMING_MARK)


def test_are_you_there_is_answered_with_text() -> None:
    codec = new_codec()

    events, answer = receive(codec, b"\xff\xf6")

    assert PingReceived() in events
    assert b"here" in answer


# -- echo, go-ahead, end of record --------------------------------------------


def test_echo_is_ours_while_a_password_is_typed() -> None:
    codec = new_codec()

    codec.set_echo(False)
    assert codec.data_to_send() == say(WILL, Option.ECHO)
    assert codec.is_echo_hidden
    codec.receive_data(say(DO, Option.ECHO))
    codec.set_echo(True)

    assert codec.data_to_send() == say(WONT, Option.ECHO)
    assert not codec.is_echo_hidden


def test_turning_echo_back_before_the_client_answered_waits_for_it() -> None:
    codec = new_codec()
    codec.set_echo(False)
    codec.set_echo(True)
    assert codec.data_to_send() == say(WILL, Option.ECHO)

    _, answer = receive(codec, say(DO, Option.ECHO))

    assert answer == say(WONT, Option.ECHO)


def test_sga_is_agreed_to_when_asked_for() -> None:
    assert receive(new_codec(), say(DO, Option.SGA))[1] == say(WILL, Option.SGA)


@pytest.mark.parametrize("order", [(Option.ECHO, Option.SGA), (Option.SGA, Option.ECHO)])
def test_character_mode_is_refused_as_a_whole(order: tuple[Option, Option]) -> None:
    codec = new_codec()
    for option in order:
        codec.receive_data(say(DO, option))

    answer = codec.data_to_send()

    assert say(WONT, Option.ECHO) in answer
    assert answer.rfind(say(WONT, Option.SGA)) > answer.rfind(say(WILL, Option.SGA))


def test_a_client_that_speaks_no_telnet_gets_bare_prompts() -> None:
    codec = new_codec()
    codec.receive_data(b"look\r\n")

    assert codec.prompt_mark == b""


def test_prompts_end_as_agreed() -> None:
    codec = new_codec()

    codec.receive_data(say(WONT, Option.NAWS))
    assert codec.prompt_mark == b"\xff\xf9"
    codec.receive_data(say(DO, Option.SGA))
    assert codec.prompt_mark == b""
    codec.receive_data(say(DO, Option.EOR))
    assert codec.prompt_mark == b"\xff\xef"


# -- capabilities -------------------------------------------------------------


def test_the_window_size_is_known_when_told_and_kept_when_not() -> None:
    codec = new_codec()
    codec.receive_data(say(WILL, Option.NAWS))

    events, _ = receive(codec, subnegotiation(Option.NAWS, b"\x00\xff\x00\x32"))
    assert (codec.capabilities.columns, codec.capabilities.rows) == (255, 50)
    assert events == [CapabilitiesChanged(codec.capabilities)]

    codec.receive_data(subnegotiation(Option.NAWS, b"\x00\x00\x00\x28"))
    assert (codec.capabilities.columns, codec.capabilities.rows) == (255, 40)


def test_the_terminal_cycle_is_asked_to_its_end_and_no_further() -> None:
    codec = new_codec()
    ask = subnegotiation(Option.TTYPE, b"\x01")
    assert receive(codec, say(WILL, Option.TTYPE))[1] == ask

    for name in (b"MUDLET", b"XTERM-TRUECOLOR", b"MTTS 2349"):
        assert receive(codec, subnegotiation(Option.TTYPE, b"\x00" + name))[1] == ask
    assert receive(codec, subnegotiation(Option.TTYPE, b"\x00MTTS 2349"))[1] == b""
    assert receive(codec, subnegotiation(Option.TTYPE, b"\x00ANOTHER")) == ([], b"")

    known = codec.capabilities
    assert (known.client_name, known.terminal, known.mtts) == ("MUDLET", "XTERM-TRUECOLOR", 2349)
    assert (known.rendering.colour, known.rendering.charset) == (Colour.TRUECOLOR, "utf-8")


def test_a_screen_reader_is_known() -> None:
    codec = new_codec()
    codec.receive_data(say(WILL, Option.TTYPE))
    for name in (b"MUDLET", b"ANSI", b"MTTS 65"):
        codec.receive_data(subnegotiation(Option.TTYPE, b"\x00" + name))

    assert codec.capabilities.rendering.screen_reader


def test_the_charset_is_agreed_by_our_request() -> None:
    codec = new_codec()

    _, request = receive(codec, say(DO, Option.CHARSET))
    codec.receive_data(subnegotiation(Option.CHARSET, b"\x02UTF-8"))

    assert request == subnegotiation(Option.CHARSET, b"\x01;UTF-8;ISO-8859-1;US-ASCII")
    assert codec.capabilities.rendering.charset == "utf-8"


def test_the_charset_is_agreed_by_the_clients_request() -> None:
    codec = new_codec()
    _, answer = receive(codec, say(DONT, Option.CHARSET) + say(WILL, Option.CHARSET))
    assert answer.startswith(say(DO, Option.CHARSET))
    codec.receive_data(subnegotiation(Option.CHARSET, b"\x03"))

    _, accepted = receive(codec, subnegotiation(Option.CHARSET, b"\x01;ISO-8859-1"))

    assert accepted == subnegotiation(Option.CHARSET, b"\x02ISO-8859-1")
    assert codec.capabilities.rendering.charset == "latin-1"


def test_colliding_charset_requests_end_with_ours() -> None:
    codec = new_codec()
    codec.receive_data(say(DO, Option.CHARSET) + say(WILL, Option.CHARSET))
    codec.data_to_send()

    _, answer = receive(codec, subnegotiation(Option.CHARSET, b"\x01;KOI8-R;UTF-8"))

    assert answer == subnegotiation(Option.CHARSET, b"\x03")


def test_a_line_of_utf_8_shows_that_the_client_reads_it() -> None:
    codec = new_codec()

    events, _ = receive(codec, "say é\r\n".encode())

    assert events == [CapabilitiesChanged(codec.capabilities), LineReceived("say é")]
    assert codec.capabilities.rendering.charset == "utf-8"


def test_environment_variables_tell_the_client() -> None:
    codec = new_codec()
    _, ask = receive(codec, say(WILL, Option.NEW_ENVIRON))
    names = b"\x00CLIENT_NAME\x01TinTin++\x00CLIENT_VERSION\x01" + b"2.02"
    payload = b"\x00" + names + b"\x00MTTS\x01" + b"265" + b"\x00CHARSET\x01UTF-8"

    codec.receive_data(subnegotiation(Option.NEW_ENVIRON, payload))

    known = codec.capabilities
    assert ask == subnegotiation(Option.NEW_ENVIRON, b"\x01\x00\x03")
    assert (known.client_name, known.client_version, known.mtts) == ("TinTin++", "2.02", 265)
    assert (known.rendering.charset, known.rendering.colour) == ("utf-8", Colour.TRUECOLOR)


@pytest.mark.parametrize("kind", [b"\x00", b"\x03"])
def test_a_token_in_the_environment_is_as_one_over_gmcp(kind: bytes) -> None:
    codec = new_codec()
    codec.receive_data(say(WILL, Option.NEW_ENVIRON))

    payload = b"\x00" + b"\x00CLIENT_NAME\x01TinTin++" + kind + b"WYLD_RESUME\x01" + b"t" * 55
    events, _ = receive(codec, subnegotiation(Option.NEW_ENVIRON, payload))

    assert DataReceived("Wyld.Resume", {"token": "t" * 55}) in events


def test_behind_a_token_in_the_environment_there_may_be_the_secret_of_the_next() -> None:
    codec = new_codec()
    codec.receive_data(say(WILL, Option.NEW_ENVIRON))

    payload = b"\x00\x00WYLD_RESUME\x01" + b"t" * 55 + b" " + b"n" * 43
    events, _ = receive(codec, subnegotiation(Option.NEW_ENVIRON, payload))

    assert DataReceived("Wyld.Resume", {"token": "t" * 55, "next": "n" * 43}) in events


def test_equal_clients_share_their_capabilities() -> None:
    codecs = [new_codec(), new_codec()]
    for codec in codecs:
        codec.receive_data(say(WILL, Option.NAWS) + subnegotiation(Option.NAWS, b"\x00\x64\x00\x28"))

    assert codecs[0].capabilities is codecs[1].capabilities


# -- GMCP ---------------------------------------------------------------------


def test_gmcp_goes_both_ways_once_agreed() -> None:
    codec = new_codec()
    assert codec.data_frame("Char.Name", {"name": "Ann"}) == b""
    codec.receive_data(say(DO, Option.GMCP))

    hello = subnegotiation(Option.GMCP, b'Core.Hello {"client":"Mudlet","version":"4.17"}')
    events, _ = receive(codec, hello)

    assert events[-1] == CapabilitiesChanged(codec.capabilities)
    assert DataReceived("Core.Hello", {"client": "Mudlet", "version": "4.17"}) in events
    assert (codec.capabilities.gmcp, codec.capabilities.client_name) == (True, "Mudlet")
    assert codec.data_frame("Char.Name", {"name": "Ann"}) == b'\xff\xfa\xc9Char.Name {"name":"Ann"}\xff\xf0'


def test_a_gmcp_ping_is_answered() -> None:
    codec = new_codec()
    codec.receive_data(say(DO, Option.GMCP))

    assert receive(codec, subnegotiation(Option.GMCP, b"Core.Ping 20")) == (
        [PingReceived()],
        subnegotiation(Option.GMCP, b"Core.Ping"),
    )


def test_bad_json_is_counted_and_the_next_message_is_read() -> None:
    codec = new_codec()
    codec.receive_data(say(DO, Option.GMCP))

    events, _ = receive(
        codec, subnegotiation(Option.GMCP, b"A.B {") + subnegotiation(Option.GMCP, b"A.B [1]")
    )

    assert [type(event) for event in events] == [ProtocolViolated, DataReceived]
    assert codec.protocol_errors == 1


# -- limits -------------------------------------------------------------------


def test_a_line_over_the_limit_is_refused_with_the_limit() -> None:
    codec = new_codec(Limits(line_bytes=10))

    assert codec.receive_data(b"look\r\n" + b"x" * 11 + b"\r\nnorth\r\n") == [
        LineReceived("look"),
        LineRefused("The line is too long; none of it was taken.", 10),
        LineReceived("north"),
    ]


def test_a_flood_of_negotiations_is_reported_once_and_not_answered() -> None:
    codec = new_codec(Limits(negotiations_per_second=5))

    events, answer = receive(codec, say(DO, 200) * 100 + b"look\r\n")

    assert len(answer) == 5 * 3
    assert sum(isinstance(event, ProtocolViolated) for event in events) == 1
    assert events[-1] == LineReceived("look")
    assert codec.protocol_errors == 95


def test_a_subnegotiation_of_something_not_agreed_is_a_violation() -> None:
    events, answer = receive(new_codec(), subnegotiation(Option.NAWS, b"\x00\x50\x00\x18"))

    assert isinstance(events[0], ProtocolViolated)
    assert answer == b""


def test_a_subnegotiation_that_lasts_two_ticks_is_given_up() -> None:
    codec = new_codec()
    codec.receive_data(b"\xff\xfa\xc9lo")

    assert codec.tick() == []
    assert [type(event) for event in codec.tick()] == [ProtocolViolated]
    assert codec.receive_data(b"look\r\n") == [LineReceived("look")]


def test_a_subnegotiation_that_moves_on_is_not_given_up() -> None:
    codec = new_codec()
    codec.receive_data(say(DO, Option.GMCP) + b"\xff\xfa\xc9A.B")
    codec.tick()
    codec.receive_data(b"\xff\xf0\xff\xfa\xc9A.C")

    assert codec.tick() == []
    assert codec.receive_data(b"\xff\xf0") == [DataReceived("A.C", None)]
