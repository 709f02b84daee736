"""What a player does on the page against a scripted game, one function for each scenario; see `hands`."""

import re
import sys

from playwright.sync_api import Dialog, expect

from tests.transports.web.hands import NO_SERVER, NOT_FOUND, PHONE, Player, Scenario, main


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


def history_lives_as_long_as_the_page_where_storage_is_off(player: Player) -> None:
    player.page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('off'); }});"
    )
    player.page.reload()
    player.is_connected()
    player.enter("remember me")
    player.sees("You said: remember me")
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
    expect(player.log.locator(".typed").last).to_have_text("•" * 8)
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
    player.forgives(NO_SERVER)
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
    player.forgives(NO_SERVER)
    player.server.call("stop")
    expect(player.state).to_have_attribute("data-state", "reconnecting")
    player.enter("north")
    player.server.call("greet", False)
    player.server.call("start")
    player.sees("Connected again.")
    expect(player.notice).to_contain_text("One line is waiting until you are back in the game.")
    player.enter("Ann")
    waits_for_lines(player, "Ann")
    player.server.call("session", True)
    waits_for_lines(player, "Ann", "north")
    expect(player.notice).to_be_hidden()


def an_answer_to_the_login_is_not_kept_for_the_game(player: Player) -> None:
    player.forgives(NO_SERVER)
    player.server.call("session", False)
    player.is_asked("20hp 14mv")
    player.server.call("stop")
    expect(player.state).to_have_attribute("data-state", "reconnecting")
    player.enter("Ann")
    player.sees("There is no connection: this line was not kept.")
    expect(player.log.locator(".typed")).to_have_count(0)


def a_line_whose_arrival_nobody_confirmed_is_sent_again(player: Player) -> None:
    player.forgives(NO_SERVER)
    player.enter("before")
    player.sees("You said: before")
    player.server.call("freeze")
    player.enter("frozen")
    player.server.call("die")
    expect(player.state).to_have_attribute("data-state", "reconnecting")
    player.server.call("thaw")
    player.server.call("start")
    waits_for_lines(player, "before", "frozen")
    assert player.log.locator(".typed", has_text="frozen").count() == 1


def a_line_that_arrived_is_not_run_again(player: Player) -> None:
    # It arrives, and the connection breaks before the page hears of it.
    player.enter("snap")
    player.sees("Connected again.")
    player.enter("after")
    waits_for_lines(player, "snap", "after")
    assert received(player) == ["snap", "after"]


def a_question_is_asked_above_the_input_and_remembered_with_its_answer(player: Player) -> None:
    player.server.call("session", False)
    player.server.call("ask", "A name for your character (or “back”): ")
    player.is_asked("A name for your character (or “back”):")
    expect(player.page.locator("#prompt")).to_be_empty()
    player.enter("Ann")
    expect(player.log.locator(".answer")).to_have_text("A name for your character (or “back”): Ann")
    player.server.call("session", True)
    player.server.call("ask", "20hp> ")
    expect(player.question).to_be_empty()
    expect(player.page.locator("#prompt")).to_have_text("20hp>")


def a_password_typed_without_a_connection_is_not_kept(player: Player) -> None:
    player.forgives(NO_SERVER)
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
    player.enter("after")
    waits_for_lines(player, "after")
    assert received(player) == ["before", "after"]


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


def what_came_while_the_reader_was_elsewhere_is_marked(player: Player) -> None:
    player.enter("flood 300")
    player.sees("line 299")
    player.input.press("PageUp")
    player.server.call("say", "the first")
    player.server.call("say", "the second")
    expect(player.log.locator(".unread")).to_have_text("the first")
    player.input.press("Escape")
    player.server.call("say", "the third")
    expect(player.log.locator(".unread")).to_have_text("the first")
    player.enter("thanks")
    player.sees("You said: thanks")
    expect(player.log.locator(".unread")).to_have_count(0)


def old_lines_go_without_moving_the_text_that_is_read(player: Player) -> None:
    player.enter("flood 1900")
    player.sees("line 1899")
    for _ in range(3):
        player.input.press("PageUp")
    expect(player.log.locator(".line", has_text="line 1800").first).to_be_in_viewport()
    place = place_of(player, "line 1800")
    player.server.call("say", "x\n" * 1500)
    expect(player.page.locator("#newer")).to_contain_text("1501 new lines")
    assert player.log.locator(".line").count() == 3000
    assert abs(place_of(player, "line 1800") - place) < 1


def a_window_that_changes_keeps_the_text_that_is_read(player: Player) -> None:
    for number in range(60):
        player.server.call("say", f"number {number}: " + "many words to read, " * 12)
    player.sees("number 59")
    player.input.press("PageUp")
    top = player.page.evaluate(TOPMOST)
    player.resizes(PHONE)
    # A function, as a text would be given to `eval` in the page, which its policy forbids.
    player.page.wait_for_function(f"(top) => {TOPMOST} === top", arg=top)


def place_of(player: Player, text: str) -> float:
    box = player.log.get_by_text(text, exact=True).bounding_box()
    assert box is not None
    return box["y"]


TOPMOST = """[...document.querySelectorAll("#log .line")].find(
    (line) => line.getBoundingClientRect().bottom > document.querySelector("header").offsetHeight + 1
).textContent.slice(0, 10)"""


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


def a_line_that_is_too_long_is_explained_and_can_be_mended(player: Player) -> None:
    player.enter("say " + "x" * 5000)
    player.sees("This line was not taken: it is longer than 4096 bytes.")
    player.input.press("ArrowUp")
    expect(player.input).to_have_value("say " + "x" * 5000)


def only_the_exits_of_this_place_are_links(player: Player) -> None:
    player.enter("look")
    player.enter("look")
    expect(player.log.locator(".s-exit")).to_have_count(6)
    expect(player.log.get_by_role("link")).to_have_count(3)
    player.server.call("session", False)
    player.is_asked("20hp 14mv")
    player.log.get_by_role("link", name="north").click()
    player.server.call("say", "done")
    player.sees("done")
    assert received(player) == ["look", "look"]


def a_wrapped_list_hangs_under_its_words(player: Player) -> None:
    player.resizes(PHONE)
    player.server.call("say", "   1  Dockhand: " + "crates and ropes " * 8)
    line = player.log.locator(".hanging")
    expect(line).to_contain_text("Dockhand")
    indents = player.page.evaluate(
        """() => {
            const range = document.createRange();
            range.selectNodeContents(document.querySelector(".hanging"));
            const left = document.querySelector(".lines").getBoundingClientRect().left;
            const rows = {};
            for (const box of range.getClientRects()) (rows[box.top] ??= []).push(box.left - left);
            return Object.values(rows).map((row) => Math.round(Math.min(...row)));
        }"""
    )
    assert len(indents) > 2
    assert indents[0] == 0
    assert set(indents[1:]) == {round(len("   1  ") * 14 * 0.602)}


def light_and_dark_follow_the_system(player: Player) -> None:
    player.enter("look")
    player.enter("talk")
    player.sees("There is no")
    player.server.call("say", "\x02#ffff66\x03pale yellow\x04")
    own = player.log.locator(".own")
    dark = own.evaluate("(span) => getComputedStyle(span).color")
    expect(player.log.locator(".s-room")).to_have_css("color", "rgb(240, 198, 116)")
    player.page.emulate_media(color_scheme="light")
    expect(player.log.locator(".s-room")).to_have_css("color", "rgb(138, 90, 0)")
    expect(player.page.locator("body")).to_have_css("background-color", "rgb(250, 248, 242)")
    assert own.evaluate("(span) => getComputedStyle(span).color") != dark
    player.picture("light")


def the_page_fits_above_a_keyboard(player: Player) -> None:
    player.resizes((PHONE[0], 330))
    player.enter("look")
    player.sees("Old Marl")
    expect(player.log.locator(".line").last).to_be_in_viewport()
    expect(player.input).to_be_in_viewport(ratio=1)
    player.picture("keyboard")


def the_page_fits_above_a_keyboard_that_covers_it(player: Player) -> None:
    player.resizes(PHONE)
    player.page.evaluate(
        """() => {
            Object.defineProperty(visualViewport, "height", {value: 400});
            visualViewport.dispatchEvent(new Event("resize"));
        }"""
    )
    player.page.wait_for_function(
        "() => document.querySelector('footer').getBoundingClientRect().bottom <= 400"
    )


def lines_that_wait_are_not_left_without_a_question(player: Player) -> None:
    player.forgives(NO_SERVER)
    player.server.call("stop")
    expect(player.state).to_have_attribute("data-state", "reconnecting")
    player.enter("north")
    player.server.call("greet", False)
    player.server.call("start")
    expect(player.notice).to_contain_text("until you are back in the game")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    player.page.once("dialog", leave)
    player.page.reload()
    assert asked == ["beforeunload"]


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
    expect(player.page.get_by_role("status").first).to_have_text("Connected")
    field = player.page.get_by_role("textbox", name="Your command 20hp 14mv")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("earlier lines"))
    expect(player.page.get_by_role("main")).to_have_count(1)
    expect(player.page.get_by_role("banner")).to_have_count(1)
    expect(player.page.get_by_role("heading", name="Wyld Actors", level=1)).to_be_visible()


def the_tab_key_reaches_everything(player: Player) -> None:
    player.enter("look")
    player.sees("Old Marl")
    reached = []
    for _ in range(5):
        player.page.keyboard.press("Shift+Tab")
        reached.append(
            player.page.evaluate("(({id, textContent}) => id || textContent)(document.activeElement)")
        )
    assert reached == ["up", "east", "north", "log", "Skip to the input"]
    player.page.keyboard.press("Enter")
    expect(player.input).to_be_focused()


def the_seconds_to_the_next_attempt_are_shown_and_not_read_out(player: Player) -> None:
    player.forgives(NO_SERVER)
    player.server.call("stop")
    expect(player.page.locator("#countdown")).to_have_text(re.compile(r"in \d+ s"))
    expect(player.state).to_have_attribute("aria-live", "off")
    expect(player.notice.get_by_role("alert")).to_have_text(
        "The connection is lost. What you type is kept and sent when it is back."
    )


def a_page_that_is_not_there_says_so(player: Player) -> None:
    player.forgives(NOT_FOUND)
    player.page.goto(player.page.url + "nowhere")
    expect(player.page.get_by_role("heading")).to_have_text("There is no way in that direction.")
    player.page.get_by_role("link", name="Back to the game").click()
    player.is_connected()


# Faults of a page, each of which must fail its scenario


def an_error_nobody_catches(player: Player) -> None:
    player.page.evaluate("setTimeout(() => { throw new Error('a fault'); })")
    player.page.wait_for_timeout(100)


def a_promise_nobody_keeps(player: Player) -> None:
    player.page.evaluate("void Promise.reject(new Error('a fault'))")
    player.page.wait_for_timeout(100)


def an_error_on_the_console(player: Player) -> None:
    player.page.evaluate("console.error('a fault')")


def a_style_of_a_stranger(player: Player) -> None:
    player.page.evaluate(
        "document.head.append(Object.assign(document.createElement('style'), {textContent: '*{color:red}'}))"
    )


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        a_typed_line_is_answered,
        output_is_coloured_by_its_styles,
        the_prompt_stands_beside_the_input,
        text_from_others_is_never_markup,
        the_arrow_keys_bring_back_earlier_lines,
        history_survives_a_reload,
        history_lives_as_long_as_the_page_where_storage_is_off,
        a_password_is_masked_and_kept_nowhere,
        a_dropped_socket_is_opened_again,
        lines_typed_while_the_server_is_away_are_sent_when_it_is_back,
        kept_lines_do_not_go_to_a_login,
        an_answer_to_the_login_is_not_kept_for_the_game,
        a_line_whose_arrival_nobody_confirmed_is_sent_again,
        a_line_that_arrived_is_not_run_again,
        a_question_is_asked_above_the_input_and_remembered_with_its_answer,
        a_password_typed_without_a_connection_is_not_kept,
        a_goodbye_of_the_server_is_final_until_the_player_wants_back,
        the_state_of_the_world_is_shown,
        a_frozen_network_is_noticed,
        an_exit_can_be_clicked_and_reached_by_the_keyboard,
        reading_back_holds_the_text_still,
        what_came_while_the_reader_was_elsewhere_is_marked,
        old_lines_go_without_moving_the_text_that_is_read,
        a_window_that_changes_keeps_the_text_that_is_read,
        the_output_is_bounded,
        several_pasted_lines_are_several_commands,
        typing_anywhere_writes_into_the_input,
        a_line_that_is_too_long_is_explained_and_can_be_mended,
        only_the_exits_of_this_place_are_links,
        a_wrapped_list_hangs_under_its_words,
        light_and_dark_follow_the_system,
        the_page_fits_above_a_keyboard,
        the_page_fits_above_a_keyboard_that_covers_it,
        lines_that_wait_are_not_left_without_a_question,
        the_page_fits_a_phone,
        the_page_says_what_it_is_to_assistive_technology,
        the_tab_key_reaches_everything,
        the_seconds_to_the_next_attempt_are_shown_and_not_read_out,
        a_page_that_is_not_there_says_so,
    )
}

FAULTS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        an_error_nobody_catches,
        a_promise_nobody_keeps,
        an_error_on_the_console,
        a_style_of_a_stranger,
    )
}


if __name__ == "__main__":
    main(SCENARIOS | FAULTS, *sys.argv[1:])
