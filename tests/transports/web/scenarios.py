"""What a player does on the page against a scripted game, one function for each scenario; see `hands`."""

import sys

from playwright.sync_api import expect

from tests.transports.web.hands import PHONE, Player, Scenario, main


def received(player: Player) -> list[str]:
    lines: list[str] = player.server.call("lines_received")
    return lines


def waits_for_lines(player: Player, *lines: str) -> None:
    player.sees(f"You said: {lines[-1]}")
    assert received(player)[-len(lines) :] == list(lines), received(player)


def a_typed_line_is_answered(player: Player) -> None:
    player.enter("say hello")
    player.sees("You said: say hello")
    expect(player.log.locator(".typed")).to_have_text("say hello")
    expect(player.input).to_have_value("")
    assert received(player) == ["say hello"]


def output_is_coloured_by_its_styles(player: Player) -> None:
    player.enter("look")
    room = player.log.locator(".s-room")
    expect(room).to_have_text("The Gilded Stag")
    expect(room).to_have_css("color", "rgb(240, 198, 116)")
    expect(player.log.locator(".s-player").last).to_have_css("color", "rgb(129, 162, 190)")
    player.enter("talk")
    player.sees("There is no")
    player.picture("desk")


def the_prompt_stands_beside_the_input(player: Player) -> None:
    expect(player.page.locator("#prompt")).to_contain_text("20hp 14mv")


def text_from_others_is_never_markup(player: Player) -> None:
    player.server.call("say", "<img src=x onerror=\"document.title='broken'\"><b>bold</b>")
    player.sees("<b>bold</b>")
    assert player.log.locator("b, img").count() == 0
    assert player.page.title() == "Wyld Actors"


def the_arrow_keys_bring_back_earlier_lines(player: Player) -> None:
    for line in ("one", "two", "two"):
        player.enter(line)
    player.input.fill("draft")
    for key, shown in [("ArrowUp", "two"), ("ArrowUp", "one"), ("ArrowUp", "one"), ("ArrowDown", "two")]:
        player.input.press(key)
        expect(player.input).to_have_value(shown)
    player.input.press("ArrowDown")
    expect(player.input).to_have_value("draft")


def history_survives_a_reload(player: Player) -> None:
    player.enter("remember me")
    player.sees("You said: remember me")
    player.page.reload()
    player.is_connected()
    player.input.press("ArrowUp")
    expect(player.input).to_have_value("remember me")


def a_password_is_masked_and_kept_nowhere(player: Player) -> None:
    player.enter("login")
    expect(player.input).to_have_attribute("type", "password")
    player.input.press_sequentially("sesame")
    player.picture("password")
    player.input.press("Enter")
    expect(player.input).to_have_attribute("type", "text")
    player.sees("You said: sesame")  # what this game says is its own affair
    assert player.log.locator(".typed", has_text="sesame").count() == 0
    player.input.press("ArrowUp")
    expect(player.input).to_have_value("login")
    stored = player.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert "sesame" not in stored


def a_dropped_socket_is_opened_again(player: Player) -> None:
    player.enter("before")
    player.sees("You said: before")
    player.server.call("drop")
    player.sees("The connection is lost.")
    player.sees("Connected again.")
    player.is_connected()
    player.enter("after")
    waits_for_lines(player, "before", "after")


def lines_typed_while_the_server_is_away_are_sent_when_it_is_back(player: Player) -> None:
    player.enter("before")
    player.sees("You said: before")
    player.server.call("stop")
    expect(player.state).to_have_attribute("data-state", "reconnecting")
    player.enter("first")
    player.enter("second")
    expect(player.notice).to_contain_text("2 lines are waiting.")
    assert player.log.locator(".kept").count() == 2
    player.picture("away")
    player.server.call("start")
    waits_for_lines(player, "before", "first", "second")
    assert player.log.locator(".kept").count() == 0
    expect(player.notice).to_be_hidden()


def kept_lines_do_not_go_to_a_login(player: Player) -> None:
    player.server.call("stop")
    expect(player.state).to_have_attribute("data-state", "reconnecting")
    player.enter("north")
    player.server.call("start")
    player.sees("Connected again.")
    # The scripted game says so only after the page has settled; a real one says it with its first text.
    player.server.call("session", False)
    player.server.call("session", True)
    waits_for_lines(player, "north")


def a_password_typed_without_a_connection_is_not_kept(player: Player) -> None:
    player.enter("login")
    expect(player.input).to_have_attribute("type", "password")
    player.server.call("stop")
    expect(player.input).to_have_attribute("type", "text")
    expect(player.input).to_have_value("")


def a_goodbye_of_the_server_is_final_until_the_player_wants_back(player: Player) -> None:
    player.enter("quit")
    player.sees("The connection has ended: You lie down in a bed of straw.")
    expect(player.state).to_have_attribute("data-state", "ended")
    player.picture("ended")
    player.page.get_by_role("button", name="Connect again").click()
    player.is_connected()
    player.enter("hello")
    player.sees("You said: hello")


def the_state_of_the_world_is_shown(player: Player) -> None:
    player.enter("away")
    expect(player.state).to_have_text("World away")
    expect(player.notice).to_contain_text("The world holds its breath.")
    player.enter("back")
    expect(player.state).to_have_text("Connected")


def a_frozen_network_is_noticed(player: Player) -> None:
    player.server.call("freeze")
    player.enter("before")
    player.sees("The connection is lost.")
    player.server.call("thaw")
    player.sees("Connected again.")
    player.sees("You said: before")


def an_exit_can_be_clicked_and_reached_by_the_keyboard(player: Player) -> None:
    player.enter("look")
    player.log.get_by_role("link", name="north").click()
    player.sees("You said: north")
    player.log.get_by_role("link", name="up").focus()
    player.page.keyboard.press("Enter")
    waits_for_lines(player, "look", "north", "up")


def reading_back_holds_the_text_still(player: Player) -> None:
    player.enter("flood 300")
    player.sees("line 299")
    player.input.press("PageUp")
    newer = player.page.locator("#newer")
    place = player.page.evaluate("document.getElementById('log').scrollTop")
    player.server.call("say", "something new")
    expect(newer).to_contain_text("1 new line")
    assert player.page.evaluate("document.getElementById('log').scrollTop") == place
    player.picture("newer")
    newer.click()
    expect(newer).to_be_hidden()
    left = "(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight)"
    assert player.page.evaluate(f"{left}(document.getElementById('log'))") < 2


def the_output_is_bounded(player: Player) -> None:
    player.enter("flood 2500")
    player.sees("line 2499")
    assert player.log.locator(".line").count() <= 2000


def several_pasted_lines_are_several_commands(player: Player) -> None:
    player.page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text", "north\\neast\\nlook");
            const event = new ClipboardEvent("paste", {clipboardData: data, cancelable: true});
            document.getElementById("line").dispatchEvent(event);
        }"""
    )
    waits_for_lines(player, "north", "east")
    expect(player.input).to_have_value("look")


def typing_anywhere_writes_into_the_input(player: Player) -> None:
    player.log.focus()
    player.page.keyboard.type("hello")
    expect(player.input).to_be_focused()
    expect(player.input).to_have_value("hello")


def the_page_fits_a_phone(player: Player) -> None:
    player.resizes(PHONE)
    player.enter("look")
    player.enter("talk " + "x" * 300)
    player.server.call("say", "unbroken" * 60)
    player.sees("unbroken")
    assert player.overflow() <= 0
    box = player.page.get_by_role("button", name="Send").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= PHONE[0]
    assert box["height"] >= 34
    player.picture("phone")


def the_page_says_what_it_is_to_assistive_technology(player: Player) -> None:
    expect(player.page.get_by_role("log", name="Game output")).to_be_visible()
    expect(player.page.get_by_role("status")).to_have_text("Connected")
    expect(player.page.get_by_role("textbox", name="Your command")).to_be_focused()


def a_page_that_is_not_there_says_so(player: Player) -> None:
    player.page.goto(player.page.url + "nowhere")
    expect(player.page.get_by_role("heading")).to_have_text("There is no way in that direction.")
    player.page.get_by_role("link", name="Back to the game").click()
    player.is_connected()


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        a_typed_line_is_answered,
        output_is_coloured_by_its_styles,
        the_prompt_stands_beside_the_input,
        text_from_others_is_never_markup,
        the_arrow_keys_bring_back_earlier_lines,
        history_survives_a_reload,
        a_password_is_masked_and_kept_nowhere,
        a_dropped_socket_is_opened_again,
        lines_typed_while_the_server_is_away_are_sent_when_it_is_back,
        kept_lines_do_not_go_to_a_login,
        a_password_typed_without_a_connection_is_not_kept,
        a_goodbye_of_the_server_is_final_until_the_player_wants_back,
        the_state_of_the_world_is_shown,
        a_frozen_network_is_noticed,
        an_exit_can_be_clicked_and_reached_by_the_keyboard,
        reading_back_holds_the_text_still,
        the_output_is_bounded,
        several_pasted_lines_are_several_commands,
        typing_anywhere_writes_into_the_input,
        the_page_fits_a_phone,
        the_page_says_what_it_is_to_assistive_technology,
        a_page_that_is_not_there_says_so,
    )
}


if __name__ == "__main__":
    main(SCENARIOS, *sys.argv[1:])
