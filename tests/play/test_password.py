"""Another password on a real server: only that one counts, and what was given out before opens nothing."""

import re
from collections.abc import Callable

import pytest

from tests.play.kit import Server
from tests.play.players import PASSWORD

pytestmark = pytest.mark.slow

NEW = "staple battery horse"


def test_with_another_password_neither_the_old_one_nor_the_code_of_before_opens_anything(
    server: Server, unique: Callable[[str], str]
) -> None:
    ann = server.telnet(unique("ann")).signs_up()
    ann.until_count(1, '" at the door')
    [code] = re.findall(r'"reconnect (\S+)"', ann.text)
    ann.does("quit", "Which one?")
    thief = server.telnet(ann.name)
    thief.gives_password(PASSWORD)
    thief.does("1", "Exits:")

    ann.does("password", "The password you have")
    assert ann.hides
    ann.does(PASSWORD, "Choose another password:")
    ann.does(NEW, "The same password once more:")
    ann.does(NEW, "From now on the new password counts", "Which one?")
    assert "has been changed" in thief.is_sent_away()
    ann.leave()

    again = server.telnet(ann.name)
    again.sees("Your account's name")
    again.does(f"reconnect {code}", "That opens no door here.")
    again.gives_password(PASSWORD)
    again.sees("That name and password do not match.")
    again.gives_password(NEW)
    again.sees("Which one?")
    again.does("1", "Exits:")
