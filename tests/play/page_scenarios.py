"""What a player does on the page of a whole server, one function for each scenario.

`tests.transports.web.hands` plays them; the other half, another player by telnet and harm to the server's
processes, is `tests.play.stage`.
"""

import sys

from playwright.sync_api import expect

from tests.play.players import PASSWORD
from tests.transports.web.hands import NO_SERVER, Player, Scenario, main

HELD = "The world holds its breath."
DRAWN = "The world breathes again."


def name_of(player: Player) -> str:
    name: str = player.server.call("name")
    return name


def types_password(player: Player) -> None:
    expect(player.input).to_have_attribute("type", "password")
    player.enter(PASSWORD)


def signs_up(player: Player) -> str:
    """By the questions of the login; returns the name of account and character."""
    name = name_of(player)
    player.is_asked("Your account's name")
    player.enter("new")
    player.is_asked("A name for your account")
    player.enter(name)
    player.is_asked("Choose a password:")
    types_password(player)
    player.is_asked("The same password once more:")
    types_password(player)
    player.is_asked("A name for your character")
    player.enter(name)
    player.is_asked("Number or name of a background")
    player.enter("wanderer")
    player.sees(f"{name} opens their eyes for the first time.")
    player.sees("The Old Quay")
    expect(player.question).to_be_empty()
    return name


def logs_in(player: Player, name: str) -> None:
    player.is_asked("Your account's name")
    player.enter(name)
    player.is_asked("Password:")
    types_password(player)
    player.is_asked("Which one?")
    player.enter("1")
    expect(player.question).to_be_empty()


def times_said(player: Player, *words: str) -> list[int]:
    return [player.log.locator(".line", has_text=f"You say, “{word}”").count() for word in words]


def is_said_once(player: Player, name: str, *words: str) -> None:
    """The other may have come back into the world a moment later, and have missed what was said by then."""
    assert times_said(player, *words) == [1 for _ in words]
    heard = player.server.call("heard_from", name)
    assert heard == [word for word in words if word in heard]


def a_stranger_signs_up_in_hiding_and_walks(player: Player) -> None:
    signs_up(player)
    expect(player.input).to_have_attribute("type", "text")
    expect(player.log).not_to_contain_text(PASSWORD)
    expect(player.log.locator(".s-room").last).to_have_text("The Old Quay")
    player.log.get_by_role("link", name="east").click()
    player.sees("Stalls, and a well in the middle.")
    player.enter("west")
    player.sees("You see")
    player.enter("fly")
    player.sees("There is no command 'fly'.")


def players_of_page_and_telnet_hear_each_other(player: Player) -> None:
    name = signs_up(player)
    other = player.server.call("company")
    player.sees(f"{other} appears.")
    player.enter("say Is the tide in?")
    player.sees("You ask, “Is the tide in?”")
    player.server.call("hears", f'{name} asks, "Is the tide in?"')
    player.server.call("types", "say It is <b>in</b>.")
    player.sees(f"{other} says, “It is <b>in</b>.”")
    expect(player.log.locator(".s-speech").last).to_have_text("It is <b>in</b>.")


def the_arrow_keys_bring_back_what_was_typed_in_the_game(player: Player) -> None:
    signs_up(player)
    player.enter("score")
    player.sees("Wanderer")
    player.enter("look")
    for key, shown in [("ArrowUp", "look"), ("ArrowUp", "score"), ("ArrowDown", "look"), ("ArrowDown", "")]:
        player.input.press(key)
        expect(player.input).to_have_value(shown)
    stored = player.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert PASSWORD not in stored


def lines_typed_while_the_world_is_dead_are_run_once(player: Player) -> None:
    name = signs_up(player)
    player.server.call("company")
    player.enter("say one")
    player.sees("You say, “one”")
    player.server.call("freeze", "world")  # so that it is away for as long as it takes to look at the page
    expect(player.state).to_have_text("World away")
    expect(player.notice).to_contain_text(HELD)
    player.sees(HELD)
    player.enter("say two")
    player.enter("say three")
    player.picture("world-away")
    player.server.call("kill", "world")
    player.sees(DRAWN)
    player.sees("You say, “three”")
    expect(player.state).to_have_text("Connected")
    expect(player.notice).to_be_hidden()
    is_said_once(player, name, "one", "two", "three")


def a_line_typed_right_after_the_death_of_the_world_is_run_once(player: Player) -> None:
    name = signs_up(player)
    player.server.call("company")
    player.server.call("kill", "world")
    player.enter("say first")
    player.enter("say second")
    player.sees(DRAWN)
    player.sees("You say, “second”")
    player.is_connected()
    is_said_once(player, name, "first", "second")


def the_page_comes_back_when_the_gateway_is_killed(player: Player) -> None:
    player.forgives(NO_SERVER)
    name = signs_up(player)
    player.enter("east")
    player.sees("The Market")
    player.server.call("freeze", "gateway")
    player.enter("say unheard")  # on its way to a process that reads it no more
    player.server.call("kill", "gateway")
    player.sees("The connection is lost.")
    player.enter("say kept")
    player.sees("Connected again.")
    player.is_connected()
    expect(player.notice).to_contain_text("2 lines are waiting until you are back in the game.")
    player.picture("gateway-back")
    player.server.call("company", "east")
    logs_in(player, name)
    player.sees("You say, “kept”")
    expect(player.notice).to_be_hidden()
    assert times_said(player, "unheard", "kept") == [1, 1]
    assert player.server.call("heard_from", name) == ["unheard", "kept"]


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        a_stranger_signs_up_in_hiding_and_walks,
        players_of_page_and_telnet_hear_each_other,
        the_arrow_keys_bring_back_what_was_typed_in_the_game,
        lines_typed_while_the_world_is_dead_are_run_once,
        a_line_typed_right_after_the_death_of_the_world_is_run_once,
        the_page_comes_back_when_the_gateway_is_killed,
    )
}


if __name__ == "__main__":
    main(SCENARIOS, *sys.argv[1:])
