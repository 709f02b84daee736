"""Players come back to their characters on a real server: after a cut, a killed gateway, a full stop."""

import re
from collections.abc import Callable
from pathlib import Path
from secrets import token_urlsafe

import pytest

from tests.chaos.injecting import frozen
from tests.play.kit import Server
from tests.play.players import TelnetPlayer, gmcp

pytestmark = pytest.mark.slow

Unique = Callable[[str], str]
NewServer = Callable[..., Server]


def code_of(player: TelnetPlayer) -> str:
    """The code that it is told on entering the world."""
    player.until_count(1, '" at the door')
    return code_in(player)


def comes_back(server: Server, player: TelnetPlayer, code: str) -> TelnetPlayer:
    """Another connection of the same player, by its code; read up to "You are back"."""
    again = server.telnet(player.name)
    again.sees("Your account's name")
    again.does(f"reconnect {code}", "You are back, after")
    return again


@pytest.fixture
def ann(server: Server, unique: Unique) -> TelnetPlayer:
    """Somebody whose lines another player hears."""
    return server.telnet(unique("ann")).signs_up()


def test_a_player_whose_line_was_cut_comes_back_by_its_code_to_what_it_missed(
    server: Server, unique: Unique, ann: TelnetPlayer
) -> None:
    bob = server.telnet(unique("bob")).signs_up()
    code = code_of(bob)
    bob.does("say Before.", 'You say, "Before."')
    bob.leave()
    ann.sees(f"{bob.name}'s eyes go empty.")
    for word in ("One", "Two", "Three"):
        ann.does(f"say {word}.", f'You say, "{word}."')

    again = comes_back(server, bob, code)
    missed = again.sees("Exits:")

    assert re.findall(r'says, "(\w+)\."', missed) == ["One", "Two", "Three"]
    assert "Before" not in missed
    assert "The Old Quay" in missed, "then it is shown where it is"
    again.does("inventory", "You carry")


def test_what_was_typed_before_the_line_broke_is_done_and_its_answer_kept(
    server: Server, unique: Unique, ann: TelnetPlayer
) -> None:
    bob = server.telnet(unique("bob")).signs_up()
    code = code_of(bob)
    # What has been sent to a client that reads no more is lost: no answer may come before the line breaks.
    with frozen([server.pid("gateway")]):
        bob.types("say One.", "say Two.", "get lantern")
        bob.leave()
    ann.sees(f'{bob.name} says, "Two."')
    ann.sees(f"{bob.name} picks up a brass lantern.")

    again = comes_back(server, bob, code)

    again.does("inventory", "a brass lantern")
    assert again.text.count("You pick up a brass lantern.") + bob.text.count("You pick up") >= 1


def test_a_client_that_is_still_there_is_taken_over_and_told(server: Server, unique: Unique) -> None:
    bob = server.telnet(unique("bob")).signs_up()
    code = code_of(bob)

    again = server.telnet(bob.name)
    again.sees("Your account's name")
    again.does(f"reconnect {code}", "You are here as well.", "Exits:")

    assert "Your character is being played from elsewhere now." in bob.is_sent_away()
    again.does("say Still me.", 'You say, "Still me."')


def test_a_code_that_was_used_opens_nothing(server: Server, unique: Unique) -> None:
    bob = server.telnet(unique("bob")).signs_up()
    code = code_of(bob)
    bob.leave()
    comes_back(server, bob, code)

    thief = server.telnet(bob.name)
    thief.sees("Your account's name")
    thief.does(f"reconnect {code}", "opens once only. Please log in.", "Your account's name")


def test_a_program_comes_back_by_gmcp_and_by_the_environment(server: Server, unique: Unique) -> None:
    bob = server.telnet(unique("bob"))
    bob.sends(gmcp('Core.Supports.Set ["Wyld.Resume 1"]', is_first=True))
    bob.signs_up()
    bob.does("look", "Exits:")
    token = token_of(bob)
    bob.leave()

    again = server.telnet(bob.name)
    again.sends(gmcp(f'Wyld.Resume {{"token":"{token}"}}', is_first=True))
    again.sees("You are back, after")
    again.does("look", "Exits:")
    token = token_of(again)
    again.leave()

    third = server.telnet(bob.name)
    third.sees("Your account's name")
    secret = token_urlsafe(32)
    third.sends(environment("WYLD_RESUME", f"{token} {secret}"))
    third.sees("You are back, after")
    third.leave()

    # It was told no other token, and needs none.
    fourth = server.telnet(bob.name)
    fourth.sees("Your account's name")
    fourth.sends(environment("WYLD_RESUME", token[: -len(secret)] + secret))
    fourth.sees("You are back, after")


def environment(name: str, value: str) -> bytes:
    """IAC WILL NEW-ENVIRON, and one variable."""
    variable = b"\x00\x00" + name.encode() + b"\x01" + value.encode()
    return bytes((255, 251, 39)) + bytes((255, 250, 39)) + variable + bytes((255, 240))


def token_of(player: TelnetPlayer) -> str:
    """The newest that the program was given."""
    found = player.until_gmcp("Wyld.Resume.Token")
    token = found["token"]
    assert isinstance(token, str)
    return token


def test_a_gateway_that_is_killed_costs_its_players_a_connection_and_nothing_else(
    new_server: NewServer, unique: Unique
) -> None:
    server = new_server().start()
    ann, bob = server.telnet(unique("ann")).signs_up(), server.telnet(unique("bob")).signs_up()
    code = code_of(bob)
    bob.does("get lantern", "You pick up a brass lantern.")
    bob.leave()
    ann.sees(f"{bob.name}'s eyes go empty.")
    ann.does("say Nobody hears this yet.", "You say")
    server.kill_and_wait("gateway")

    by_code = comes_back(server, bob, code)
    missed = by_code.sees("Exits:")
    by_login = server.telnet(ann.name)
    by_login.gives_password()
    by_login.sees("in the world, you were away for")
    by_login.does("1", "You are back, after", "Exits:")

    assert missed.count('says, "Nobody hears this yet."') == 1
    by_code.does("inventory", "a brass lantern")
    by_login.does("say Here I am.", 'You say, "Here I am."')
    by_code.sees(f'{ann.name} says, "Here I am."')


def test_a_program_that_never_heard_the_answer_of_a_killed_gateway_needs_no_login(
    new_server: NewServer, unique: Unique
) -> None:
    server = new_server().start()
    bob = server.telnet(unique("bob"))
    bob.sends(gmcp('Core.Supports.Set ["Wyld.Resume 1"]', is_first=True))
    bob.signs_up()
    token, first, second = token_of(bob), made(), made()
    bob.leave()
    unheard = server.telnet(bob.name)
    unheard.sends(resume(token, first))
    assert token_of(unheard) == token[:12] + first, "which we do as if it had not come"
    server.kill_and_wait("gateway")

    again = server.telnet(bob.name)
    again.sends(resume(token, second))
    assert again.until_gmcp("Wyld.Resume.Failed")["reason"] == "already_used"
    again.sends(resume(token[:12] + first, second, is_first=False))

    again.sees("You are back, after")
    assert token_of(again) == token[:12] + second
    again.does("look", "Exits:")


def made() -> str:
    """The secret of a next token."""
    return token_urlsafe(32)


def resume(token: str, secret: str, *, is_first: bool = True) -> bytes:
    return gmcp(f'Wyld.Resume {{"token":"{token}","next":"{secret}"}}', is_first=is_first)


def test_a_stop_of_everything_costs_its_players_a_connection_and_nothing_else(
    new_server: NewServer, unique: Unique
) -> None:
    server = new_server().start()
    ann, bob = server.telnet(unique("ann")).signs_up(), server.telnet(unique("bob")).signs_up()
    code = code_of(bob)
    bob.does("get lantern", "You pick up a brass lantern.")
    bob.leave()
    ann.sees(f"{bob.name}'s eyes go empty.")
    ann.does("say Nobody hears this yet.", "You say")
    assert server.stop() == 0
    server.start()

    again = comes_back(server, bob, code)
    missed = again.sees("Exits:")

    assert missed.count('says, "Nobody hears this yet."') == 1
    assert "You pick up" not in missed
    again.does("inventory", "a brass lantern")


def test_no_token_and_no_code_is_in_anything_that_the_server_writes(
    new_server: NewServer, unique: Unique
) -> None:
    server = new_server(LOG__LEVEL="debug").start()
    bob = server.telnet(unique("bob"))
    bob.sends(gmcp('Core.Supports.Set ["Wyld.Resume 1"]', is_first=True))
    bob.signs_up()
    bob.does("look", "Exits:")
    secrets = [token_of(bob), made()]
    bob.leave()
    program = server.telnet(bob.name)
    program.sends(resume(*secrets))
    program.sees("You are back, after")
    program.does("reconnect", "at the door leads back here.")
    secrets.append(code_in(program))
    program.leave()
    again = server.telnet(bob.name)
    again.sees("Your account's name")
    again.does(f"reconnect {secrets[-1]}", "You are back, after", "Exits:")
    again.does("reconnect", "at the door leads back here.")
    secrets.append(code_in(again))
    page = server.web(unique("ann")).signs_up()
    secrets += [page.until_token(), token_urlsafe(32)]
    page.leave()
    page = server.web(page.name)
    page.sends({"t": "hello", "resume": secrets[-2], "next": secrets[-1]})
    page.sees("You are back, after")
    assert page.until_token().endswith(secrets[-1])
    wrong = server.telnet(bob.name)
    wrong.sees("Your account's name")
    wrong.does(f"reconnect {secrets[0]}", "Please log in.")
    server.kill_and_wait("gateway")
    assert server.stop() == 0

    written = b"".join(path.read_bytes() for path in texts_of(server.data_dir))
    assert b"is attached" in written, "it was looked into the right files"
    for secret in secrets:
        assert secret.encode() not in written
        assert secret.replace("-", "").encode() not in written


def test_of_the_devices_that_share_a_session_one_that_stops_reading_is_let_go_and_costs_the_others_nothing(
    new_server: NewServer,
) -> None:
    server = new_server(
        GATEWAY__SESSIONS__DEVICES="share",
        GATEWAY__TELNET__WRITE_LIMIT_BYTES="16384",
        GATEWAY__PACE__LINES_PER_SECOND="0",
    ).start()
    ann = server.telnet("ann").signs_up()
    deaf = server.telnet("ann")
    deaf.gives_password()
    deaf.sees("Which one?")
    deaf.does("1", "You are here as well.", "Exits:")

    deaf.stops_reading()
    asked = 0
    while "the client reads too slowly" not in server.words:
        ann.types(*["help"] * 100)
        ann.catch_up()
        asked += 100

    assert ann.text.count("and a word for more.") == asked
    assert server.words.count("is gone") == 1
    ann.does("say still here", 'You say, "still here"')


def code_in(player: TelnetPlayer) -> str:
    """The newest that it has been shown."""
    codes: list[str] = re.findall(r'"reconnect (\S+)"', player.text)
    return codes[-1]


def texts_of(folder: Path) -> list[Path]:
    """All that was written into the folder but the database, which has digests only."""
    return [path for path in folder.rglob("*") if path.is_file() and "postgres" not in path.parts]
