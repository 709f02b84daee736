"""How the page goes on with its session by itself: a scripted game with a login and tokens; see `hands`."""

import re
import sys

from playwright.sync_api import Page, expect

from tests.transports.web.hands import NO_SERVER, PHONE, Player, Scenario, main


def enters(player: Player) -> None:
    """Come in by the login of a server that keeps sessions."""
    player.server.call("keeps_sessions")
    player.page.reload()
    player.is_asked("Your name?")
    player.enter("enter")
    player.sees("You are in the world.")
    expect(player.question).to_be_empty()


def is_back(player: Player, times: int = 1) -> None:
    expect(player.log.get_by_text("You are back.")).to_have_count(times)
    expect(player.question).to_be_empty()
    player.is_connected()


def lines_of(player: Player) -> list[str]:
    """What the page shows of the game, without what it says itself."""
    found: list[str] = player.log.locator(".line:not(.note):not(.typed)").all_text_contents()
    return [line for line in found if line not in ("You are in the world.", "You are back.")]


def received(player: Player) -> list[str]:
    lines: list[str] = player.server.call("lines_received")
    return lines


def stored(player: Player) -> list[str]:
    """The lines that the tab keeps."""
    found: list[str] = player.page.evaluate(
        "Object.keys(sessionStorage).filter((name) => name.startsWith('wyld.line.'))"
    )
    return found


def a_cut_connection_is_resumed_without_a_question(player: Player) -> None:
    enters(player)
    player.server.call("happens", "A gull cries.")
    player.sees("A gull cries.")
    player.server.call("drop")
    player.server.call("happens", "The tide turns.")
    is_back(player)
    player.server.call("happens", "A bell rings.")
    player.sees("A bell rings.")
    assert lines_of(player) == ["Welcome, stranger.", "A gull cries.", "The tide turns.", "A bell rings."]
    player.picture("back")


def a_reload_goes_on_where_the_player_was(player: Player) -> None:
    enters(player)
    player.enter("look")
    player.sees("You said: look")
    player.page.reload()
    is_back(player)
    player.enter("listen")
    player.sees("You said: listen")
    assert received(player) == ["look", "listen"]
    assert lines_of(player) == ["You said: listen"]


def lines_that_wait_outlast_a_reload(player: Player) -> None:
    player.forgives(NO_SERVER)
    enters(player)
    player.server.call("stop")
    expect(player.state).to_have_attribute("data-state", "reconnecting")
    player.enter("north")
    player.enter("east")
    player.server.call("start")
    player.page.on("dialog", lambda dialog: dialog.accept())
    player.page.reload()
    is_back(player)
    player.sees("You said: east")
    assert received(player) == ["north", "east"]
    assert player.log.locator(".typed").all_text_contents() == ["north", "east"]
    assert player.log.locator(".kept").count() == 0


def a_line_is_kept_until_it_is_saved(player: Player) -> None:
    enters(player)
    player.enter("one")
    player.enter("two")
    player.sees("You said: two")
    assert len(stored(player)) == 2
    player.server.call("saves")
    player.page.wait_for_function(
        "() => !Object.keys(sessionStorage).some((name) => name.startsWith('wyld.line.'))"
    )


def lines_that_are_lost_with_the_server_are_sent_again_under_their_numbers(player: Player) -> None:
    enters(player)
    for line in ("one", "two", "three"):
        player.enter(line)
    player.sees("You said: three")
    player.server.call("forgets", 2)
    player.server.call("asks_to_come_again")
    is_back(player)
    expect(player.log.get_by_text("You said: three")).to_have_count(2)
    assert received(player) == ["one", "two", "three"]


def what_was_seen_is_told_once_for_a_burst(player: Player) -> None:
    enters(player)
    for count in range(20):
        player.server.call("happens", f"wave {count}")
    player.sees("wave 19")
    player.page.wait_for_function("() => sessionStorage.getItem('wyld.seen') === '21'")
    player.page.wait_for_timeout(400)
    seen = player.server.call("seen")
    assert seen[-1] == 21
    assert len(seen) < 15


def what_was_seen_is_told_as_the_page_goes(player: Player) -> None:
    enters(player)
    player.server.call("happens", "A gull cries.")
    player.sees("A gull cries.")
    player.page.goto("about:blank")
    player.page.wait_for_timeout(100)
    assert player.server.call("seen")[-1] == player.server.call("outputs")


def a_session_that_is_gone_is_told_of_and_the_login_asked(player: Player) -> None:
    player.forgives(NO_SERVER)
    enters(player)
    player.server.call("refuses", "expired")
    player.server.call("drop")
    player.sees("That way back is closed: expired.")
    player.is_asked("Your name?")
    player.sees("Welcome, stranger.")
    player.enter("enter")
    expect(player.log.get_by_text("You are in the world.")).to_have_count(2)
    assert kept_token(player) == "token-2"


def lines_of_a_session_that_is_gone_are_not_run_in_the_next(player: Player) -> None:
    enters(player)
    player.enter("one")
    player.sees("You said: one")
    player.server.call("freeze")
    player.enter("lost")  # nobody answers for it
    player.server.call("refuses", "session_closed")
    player.server.call("drop")
    player.sees("Your last line may not have happened.")
    player.server.call("thaw")
    player.enter("enter")
    player.enter("new")
    player.sees("You said: new")
    assert received(player) == ["one", "new"]


def a_server_that_cannot_look_is_asked_again(player: Player) -> None:
    enters(player)
    player.server.call("refuses", "unavailable")
    player.server.call("drop")
    player.sees("cannot be looked up just now")
    is_back(player)
    expect(player.question).to_be_empty()


def an_answer_that_is_lost_costs_no_login(player: Player) -> None:
    enters(player)
    player.enter("one")
    player.sees("You said: one")
    player.server.call("answers_into_the_void", 1)
    player.server.call("drop")
    is_back(player)
    first, again, derived = player.server.call("shown")
    assert first == again == "token-1"
    assert derived.startswith("token-1")
    player.enter("two")
    player.sees("You said: two")
    assert received(player) == ["one", "two"]
    assert "Welcome" not in "".join(lines_of(player)[1:])
    assert kept_token(player) == player.server.call("token")


def nor_do_several_that_are_lost_one_after_the_other_and_a_reload(player: Player) -> None:
    enters(player)
    player.server.call("answers_into_the_void", 2)
    player.server.call("drop")
    player.page.reload()
    is_back(player)
    assert len(set(player.server.call("shown"))) == 3
    player.server.call("drop")
    is_back(player, times=2)
    assert len(set(player.server.call("shown"))) == 4


def lines_that_were_typed_meanwhile_wait_for_the_session_that_is_found(player: Player) -> None:
    enters(player)
    player.server.call("answers_into_the_void", 1)
    player.server.call("drop")
    expect(player.state).to_have_attribute("data-state", "reconnecting")
    player.enter("north")
    is_back(player)
    player.sees("You said: north")
    assert received(player) == ["north"]


def a_token_that_somebody_else_has_used_leads_to_the_login(player: Player) -> None:
    enters(player)
    player.server.call("refuses", "already_used")
    player.server.call("drop")
    player.sees("That way back is closed: already_used.")
    player.is_asked("Your name?")
    assert player.server.call("shown") == ["token-1"], "what was never said before is not tried"


def kept_token(player: Player) -> str:
    token: str = player.page.evaluate("JSON.parse(sessionStorage.getItem('wyld.token')).token")
    return token


def a_page_whose_place_was_taken_says_so_and_does_not_fight(player: Player) -> None:
    enters(player)
    with player.page.expect_popup() as opened:
        player.page.evaluate("void window.open(location.href)")
    other = opened.value
    expect(other.get_by_text("You are back.")).to_be_visible()
    expect(player.state).to_have_attribute("data-state", "elsewhere")
    player.sees("Somebody takes your place.")
    expect(player.notice).to_contain_text("You are playing in another window or on another device.")
    player.page.wait_for_timeout(1500)
    expect(other.locator("#state")).to_have_attribute("data-state", "connected")
    expect(player.state).to_have_attribute("data-state", "elsewhere")
    player.picture("elsewhere")
    takes_back(player, other)


def takes_back(player: Player, other: Page) -> None:
    player.page.get_by_role("button", name="Play here").click()
    player.is_asked("Your name?")
    player.enter("enter")
    expect(player.log.get_by_text("You are in the world.")).to_have_count(2)
    expect(other.locator("#state")).to_have_attribute("data-state", "elsewhere")
    player.enter("here")
    player.sees("You said: here")
    assert received(player)[-1] == "here"


def a_page_that_was_taken_over_is_readable_on_a_phone(player: Player) -> None:
    enters(player)
    player.resizes(PHONE)
    with player.page.expect_popup():
        player.page.evaluate("void window.open(location.href)")
    expect(player.state).to_have_attribute("data-state", "elsewhere")
    expect(player.notice.get_by_role("alert")).to_have_text(re.compile("^You are playing in another window"))
    expect(player.page.get_by_role("button", name="Play here")).to_be_in_viewport(ratio=1)
    assert player.overflow() <= 0
    player.picture("elsewhere-phone")


def a_token_is_nowhere_but_in_the_store_of_the_tab(player: Player) -> None:
    enters(player)
    player.server.call("drop")
    is_back(player)
    everything = player.page.evaluate("document.documentElement.outerHTML + location.href + document.cookie")
    assert "token-" not in everything
    assert player.page.evaluate("JSON.stringify({...localStorage})") == "{}"


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        a_cut_connection_is_resumed_without_a_question,
        a_reload_goes_on_where_the_player_was,
        lines_that_wait_outlast_a_reload,
        a_line_is_kept_until_it_is_saved,
        lines_that_are_lost_with_the_server_are_sent_again_under_their_numbers,
        what_was_seen_is_told_once_for_a_burst,
        what_was_seen_is_told_as_the_page_goes,
        a_session_that_is_gone_is_told_of_and_the_login_asked,
        lines_of_a_session_that_is_gone_are_not_run_in_the_next,
        a_server_that_cannot_look_is_asked_again,
        an_answer_that_is_lost_costs_no_login,
        nor_do_several_that_are_lost_one_after_the_other_and_a_reload,
        lines_that_were_typed_meanwhile_wait_for_the_session_that_is_found,
        a_token_that_somebody_else_has_used_leads_to_the_login,
        a_page_whose_place_was_taken_says_so_and_does_not_fight,
        a_page_that_was_taken_over_is_readable_on_a_phone,
        a_token_is_nowhere_but_in_the_store_of_the_tab,
    )
}


if __name__ == "__main__":
    main(SCENARIOS, *sys.argv[1:])
