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


def is_back(player: Player) -> None:
    """By itself: nobody has asked the player for anything."""
    player.sees("You are back, after")
    player.is_connected()
    expect(player.question).to_be_empty()
    expect(player.log).not_to_contain_text("Connected again.")
    expect(player.notice).to_be_hidden()


def shown(player: Player) -> list[str]:
    """The lines of the game, in order."""
    lines: list[str] = player.log.locator(".line:not(.note):not(.typed)").all_text_contents()
    return lines


def a_cut_network_costs_no_output_and_asks_no_question(player: Player) -> None:
    player.forgives(NO_SERVER)
    signs_up(player)
    other = player.server.call("company")
    player.server.call("types", "say before")
    player.sees(f"{other} says, “before”")
    player.server.call("cut_network")
    expect(player.state).to_have_attribute("data-state", "reconnecting")
    for word in ("first", "second"):
        player.server.call("types", f"say {word}")
    player.enter("say kept")
    player.server.call("mend_network")
    is_back(player)
    player.sees("You say, “kept”")
    lines = shown(player)
    back = next(number for number, line in enumerate(lines) if line.startswith("You are back"))
    missed = [f"{other} says, “{word}”" for word in ("first", "second")]
    assert [line for line in lines if line.startswith(f"{other} says")] == [
        f"{other} says, “before”",
        *missed,
    ]
    # Then one look at the place.
    after = lines[back:]
    assert after.index("The Old Quay") > after.index(missed[-1])
    assert after.count("The Old Quay") == 1
    player.picture("back")


def a_gateway_that_is_killed_while_lines_are_typed_loses_none_and_runs_none_twice(player: Player) -> None:
    player.forgives(NO_SERVER)
    signs_up(player)
    words = [f"word{number}" for number in range(24)]
    for number, word in enumerate(words):
        player.enter(f"say {word}")
        if number == 7:
            player.sees("You say, “word3”")
        if number == 10:
            player.server.call("kill", "gateway")
    is_back(player)
    player.sees(f"You say, “{words[-1]}”")
    assert [line for line in shown(player) if line.startswith("You say")] == [
        f"You say, “{word}”" for word in words
    ]


def the_page_comes_back_by_itself_when_the_gateway_is_killed(player: Player) -> None:
    player.forgives(NO_SERVER)
    name = signs_up(player)
    player.enter("east")
    player.sees("The Market")
    player.server.call("freeze", "gateway")
    player.enter("say unheard")  # on its way to a process that reads it no more
    player.server.call("kill", "gateway")
    player.sees("The connection is lost.")
    player.enter("say kept")
    is_back(player)
    player.sees("You say, “kept”")
    assert times_said(player, "unheard", "kept") == [1, 1]
    player.server.call("company", "east")
    player.enter("say after")
    player.server.call("hears", f'{name} says, "after"')
    assert player.server.call("heard_from", name) == ["after"]


def a_page_that_is_loaded_anew_is_back_in_the_game(player: Player) -> None:
    signs_up(player)
    player.enter("east")
    player.sees("The Market")
    player.page.reload()
    is_back(player)
    player.sees("The Market")
    player.enter("say here")
    player.sees("You say, “here”")
    stored = player.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert PASSWORD not in stored


def a_player_who_goes_on_elsewhere_leaves_a_page_that_waits(player: Player) -> None:
    name = signs_up(player)
    browser = player.page.context.browser
    assert browser is not None
    context = browser.new_context()
    try:
        other = Player(context.new_page(), player.server, player.pictures)
        other.page.goto(player.page.url)
        logs_in(other, name)
        other.sees("The Old Quay")
        expect(player.state).to_have_attribute("data-state", "elsewhere")
        player.sees("Your character is being played from elsewhere now.")
        player.picture("elsewhere")
        other.enter("say over here")
        other.sees("You say, “over here”")
        player.page.get_by_role("button", name="Play here").click()
        logs_in(player, name)
        expect(other.state).to_have_attribute("data-state", "elsewhere")
        player.enter("say and back")
        player.sees("You say, “and back”")
        expect(player.log).not_to_contain_text("over here")
    finally:
        context.close()


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        a_stranger_signs_up_in_hiding_and_walks,
        players_of_page_and_telnet_hear_each_other,
        the_arrow_keys_bring_back_what_was_typed_in_the_game,
        lines_typed_while_the_world_is_dead_are_run_once,
        a_line_typed_right_after_the_death_of_the_world_is_run_once,
        a_cut_network_costs_no_output_and_asks_no_question,
        a_gateway_that_is_killed_while_lines_are_typed_loses_none_and_runs_none_twice,
        the_page_comes_back_by_itself_when_the_gateway_is_killed,
        a_page_that_is_loaded_anew_is_back_in_the_game,
        a_player_who_goes_on_elsewhere_leaves_a_page_that_waits,
    )
}


if __name__ == "__main__":
    main(SCENARIOS, *sys.argv[1:])
