"""What a client told: the better source wins, and saying a thing twice changes nothing."""

from transports.adapter import Capabilities, Colour
from transports.telnet.client import Client


def telnet_client() -> Client:
    client = Client(encrypted=False)
    client.speaks_telnet()
    return client


def test_whoever_speaks_telnet_has_sixteen_colours_until_it_says_otherwise() -> None:
    silent, speaking, dumb = Client(encrypted=False), telnet_client(), telnet_client()

    dumb.has_type("dumb")

    assert silent.capabilities == Capabilities()
    assert speaking.capabilities.rendering.colour is Colour.ANSI16
    assert dumb.capabilities.rendering.colour is Colour.NONE


def test_an_agreed_charset_is_better_than_what_a_line_shows() -> None:
    client = telnet_client()
    client.typed("latin-1")
    client.agreed_charset("utf-8")
    client.typed("latin-1")

    assert client.capabilities.rendering.charset == "utf-8"


def test_what_the_first_line_shows_stays() -> None:
    client = telnet_client()

    client.typed("ascii")
    client.typed("utf-8")
    client.typed("latin-1")

    assert client.capabilities.rendering.charset == "utf-8"
    assert client.input_charset == "utf-8"


def test_a_line_that_is_utf_8_outweighs_one_that_was_not() -> None:
    client = telnet_client()

    client.typed("latin-1")
    client.typed("utf-8")

    assert client.capabilities.rendering.charset == "utf-8"


def test_the_name_of_gmcp_is_kept_when_the_cycle_shouts_it() -> None:
    client = telnet_client()
    client.says_hello({"client": "Mudlet", "version": "4.17"})

    for name in ("MUDLET", "XTERM", "MTTS 9"):
        client.has_type(name)

    assert (client.capabilities.client_name, client.capabilities.client_version) == ("Mudlet", "4.17")


def test_a_hello_of_nonsense_says_nothing() -> None:
    client = telnet_client()
    before = client.capabilities

    client.says_hello({"client": ["x"], "version": 5})

    assert client.capabilities == before


def test_nonsense_in_the_variables_is_ignored() -> None:
    client = telnet_client()
    before = client.capabilities

    client.has_variables({"MTTS": "99999999999", "USER": "root", "CHARSET": "KOI8-R", "CLIENT_NAME": ""})

    assert client.capabilities == before


def test_saying_the_same_again_keeps_the_same_value() -> None:
    client = telnet_client()
    client.has_size(100, 40)
    before = client.capabilities

    client.has_size(100, 40)

    assert client.capabilities is before
