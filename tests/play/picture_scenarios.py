"""The browser's half of `tests.page_pictures`: an evening at the Gilded Stag, on a desk and on a phone."""

import sys

from playwright.sync_api import expect

from tests.play.page_scenarios import signs_up
from tests.transports.web.hands import PHONE, Player, Scenario, main


def does(player: Player, line: str, seen: str) -> None:
    player.enter(line)
    player.sees(seen)


def hears(player: Player, line: str, seen: str) -> None:
    player.server.call("types", line)
    player.sees(seen)


def an_evening_at_the_stag(player: Player) -> None:
    name = signs_up(player)
    other = player.server.call("company", "north")
    player.sees(f"{other} leaves north.")
    does(player, "north", f"Welcome to the Gilded Stag, {name}!")
    does(player, ":pulls a stool up to the fire.", "pulls a stool up")
    hears(player, "say The harbour light went out again last night.", "last night.”")
    does(player, "say Grandfather, do you know a story about the bell?", "people grew careless.")
    hears(player, ":lifts a mug in the direction of the sea.", "lifts a mug")
    does(player, "yell Last one to the mole pays!", "You yell")
    player.picture("page")
    player.resizes(PHONE)
    player.page.emulate_media(color_scheme="light")
    does(player, "inventory", "You carry")
    expect(player.log.locator(".line").last).to_be_in_viewport()
    player.picture("page-phone")


SCENARIOS: dict[str, Scenario] = {an_evening_at_the_stag.__name__: an_evening_at_the_stag}


if __name__ == "__main__":
    main(SCENARIOS, *sys.argv[1:])
