"""What goes wrong outside: bad input and clients, a database that is away, a restart. Nothing is lost."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.play.kit import Server
from tests.play.players import PASSWORD, TelnetPlayer

pytestmark = pytest.mark.slow

Unique = Callable[[str], str]
NewServer = Callable[..., Server]


@pytest.fixture
def ann(server: Server, unique: Unique) -> Iterator[TelnetPlayer]:
    ann = server.telnet(unique("ann")).signs_up()
    assert isinstance(ann, TelnetPlayer)
    yield ann
    # Whatever it was sent, the session goes on and has lost nothing that was typed after it.
    ann.does("say Still here.", 'You say, "Still here."')


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"lok\r\n", "There is no command 'lok'. Did you mean 'look'?"),
        (b"say \x1b[31mred\x1b[0m \x07bell\r\n", 'You say, "red bell"'),
        (b"say \xff\xfa\x1f\x00\xff\xf0sub\r\n", 'You say, "sub"'),
        (b"say caf\xe9\r\n", 'You say, "caf'),
        (b"say " + b"x" * 5000 + b"\r\n", "none of it was taken (the limit is 4096 bytes). >"),
        (b"\r\n\r\n\r\n", ">"),
    ],
    ids=["unknown", "controls", "negotiation", "invalid UTF-8", "oversized", "empty"],
)
def test_bad_input_is_answered_and_the_next_line_is_taken(ann: TelnetPlayer, sent: bytes, told: str) -> None:
    ann.sends(sent)

    ann.sees(told)


def test_a_wrong_password_and_a_taken_name_are_told(server: Server, unique: Unique) -> None:
    name = unique("bob")
    server.telnet(name).signs_up().logs_out()
    bob = server.telnet(name)

    bob.gives_password("not the one it was")
    bob.sees("That name and password do not match.")
    bob.does("new", "A name for your account")
    bob.does(name, "Choose a password:")
    bob.does(PASSWORD, "The same password once more:")
    bob.does(PASSWORD, "That name is taken.")
    bob.does("es\x1bc", "at least 3 letters")


def test_of_a_long_paste_every_line_is_run_in_order_or_its_refusal_is_told(ann: TelnetPlayer) -> None:
    ann.types(*(f"say {number}" for number in range(300)))
    refused = "Not taken: too many of your lines wait for the world."

    ann.until_count(300, r'You say, "\d+"', refused)

    run = [int(number) for number in re.findall(r'You say, "(\d+)"', ann.text)]
    assert run == sorted(set(run))
    assert run[:256] == list(range(256))


def test_a_client_that_hangs_up_halfway_has_its_last_lines_run(
    server: Server, unique: Unique, ann: TelnetPlayer
) -> None:
    bob = server.telnet(unique("bob")).signs_up()
    ann.sees(f"{bob.name} appears.")

    bob.types("say One.", "say Two.")
    bob.hangs_up_halfway()

    for words in (f'{bob.name} says, "One."', f'{bob.name} says, "Two."'):
        ann.sees(words)


def send_for_ever(client: socket.socket, data: bytes) -> None:
    while True:
        client.sendall(data)


def test_a_client_that_never_reads_is_closed_and_nobody_else_notices(
    server: Server, unique: Unique, ann: TelnetPlayer
) -> None:
    name = unique("deaf")
    server.telnet(name).signs_up().logs_out()

    with socket.create_connection(("127.0.0.1", server.port("telnet")), timeout=20) as deaf:
        deaf.sendall(f"{name}\r\n{PASSWORD}\r\n1\r\n".encode())
        ann.sees(f"{name} appears.")
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            send_for_ever(deaf, b"help\r\n" * 100)

    assert name in ann.does("who", "in the world.")


def test_a_character_is_where_it_was_after_a_restart_of_everything(
    new_server: NewServer, unique: Unique
) -> None:
    server, name = new_server().start(), unique("ann")
    ann = server.telnet(name).signs_up()
    ann.does("get lantern", "You pick up a brass lantern.")
    ann.does("east", "The Market", ">")

    assert server.stop() == 0
    server.start()

    again = server.telnet(name)
    assert "The Market" in again.logs_in()
    again.does("inventory", "You carry: a brass lantern")


@pytest.mark.parametrize("half", ["gateway", "world"])
def test_a_half_that_dies_while_the_database_is_away_waits_for_it_and_costs_no_patience(
    new_server: NewServer, unique: Unique, half: str
) -> None:
    server, name = new_server(LAUNCHER__MAX_RESTARTS="1").start(), unique("ann")
    ann = server.telnet(name).signs_up()
    ann.does("east", "The Market", ">")

    with server.without_database():
        server.kill(half)
        server.until_said("does not answer, next try in")
    server.until(lambda _: server.words.count(f"{half} is ready") == 2)
    # The other half finds the database again by itself.
    server.until_said("the database is back after")
    if half == "gateway":
        server.until_said("checkpoints are written again")

    assert "The Market" in server.telnet(name).logs_in()
    assert "start_error" not in server.words


def test_play_goes_on_while_the_database_is_away_and_logins_are_told(
    new_server: NewServer, unique: Unique
) -> None:
    server, name = new_server().start(), unique("bob")
    server.telnet(name).signs_up().logs_out()
    players = server.telnet(unique("ann")).signs_up(), server.web(unique("cid")).signs_up()

    with server.without_database():
        for player in players:
            player.does("east", "The Market", ">")
        for bob in (server.telnet(name), server.web(name)):
            bob.gives_password()
            bob.sees("The world's memory is out of reach for a moment. Try again shortly.")

    server.until_said("checkpoints are written again")
    server.telnet(name).logs_in()
    for player in players:
        player.does("west", "The Old Quay", ">")
