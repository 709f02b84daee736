"""What operators do on their page. Played in the browser's process, see `tests.transports.web.hands`."""

import re
import sys
from collections.abc import Mapping

from playwright.sync_api import Dialog, Route, expect

from tests.actors.admin.hands import Operator
from tests.actors.admin.record_groups import GROUPS
from tests.transports.web.hands import PHONE, Scenario, main

DESK = (1280, 820)
# What the browser itself says of answers that are errors, and of a server that is away.
REFUSED = "401 (UNAUTHORIZED)"
AWAY = "502 (BAD GATEWAY)"
NO_SERVER = "net::ERR_"


def a_wrong_token_is_told_and_the_right_one_lets_in(operator: Operator) -> None:
    operator.forgives(REFUSED)

    operator.signs_in("wrong")

    expect(operator.problem).to_contain_text("not the token of this server")
    expect(operator.page.locator("#token")).to_be_focused()
    operator.is_in()
    expect(operator.problem).to_be_hidden()


def the_token_is_kept_in_this_tab_only(operator: Operator) -> None:
    operator.is_in()
    token = operator.server.call("give_token")

    assert operator.page.context.cookies() == []
    assert operator.page.evaluate("localStorage.length") == 0
    assert token not in operator.page.content()
    operator.page.reload()
    expect(operator.live).to_have_text("Live")

    other = operator.page.context.new_page()
    other.goto(operator.page.url)
    expect(other.locator("#token")).to_be_visible()
    other.close()

    operator.page.locator("#sign-out").click()
    expect(operator.page.locator("#token")).to_be_visible()
    assert operator.page.evaluate("sessionStorage.length") == 0
    assert operator.tree.inner_text() == ""


def a_token_that_is_not_accepted_any_more_ends_the_session(operator: Operator) -> None:
    operator.forgives(REFUSED, NO_SERVER)
    operator.is_in()

    operator.server.call("stop", "gateway")
    operator.server.call("start", "gateway", "another-token")

    expect(operator.problem).to_contain_text("does not accept this token any more")
    assert operator.page.evaluate("sessionStorage.length") == 0


def both_processes_are_on_one_page(operator: Operator) -> None:
    operator.is_in()

    for path in ("/gateway/a", "/world/a"):
        expect(operator.line(path)).to_contain_text("running")
    expect(operator.page.locator("#link")).to_contain_text("gateway: ✓ up to world")
    expect(operator.page.locator("#link")).to_contain_text("world: ✓ open")
    expect(operator.page.locator("#sessions-table")).to_contain_text("Ann")
    expect(operator.page.locator("#checks")).to_contain_text("world loop")


def what_happens_is_seen_without_a_reload(operator: Operator) -> None:
    operator.is_in()
    expect(operator.line("/world/b")).to_contain_text("running")

    operator.server.call("suspend", "/world/b")
    operator.server.call("ping", "/world/b")

    line = operator.line("/world/b")
    expect(line).to_have_attribute("data-tone", "warn")
    expect(line).to_contain_text("suspended")
    expect(line).to_contain_text("1 message waiting")


def a_crash_is_a_story_from_cause_to_answer(operator: Operator) -> None:
    operator.is_in()
    operator.server.call("crash", "/world/a")

    story = operator.story("ValueError: a has a bug")
    expect(story).to_contain_text("up again after")
    operator.server.call("ping", "/world/a")
    expect(story).to_contain_text("answered again after")

    story.locator("summary").first.click()
    expect(story.locator(".steps li")).to_have_count(3)
    expect(story).to_contain_text("decided: restart at once")
    expect(story.locator("dl")).to_contain_text("/world, one_for_one")
    expect(story.locator("pre")).to_be_hidden()
    story.get_by_text("Stack of a").click()
    expect(story.locator("pre")).to_contain_text("raise ValueError")
    operator.server.call("crash", "/world/b")
    expect(operator.story("b has a bug")).to_be_visible()
    expect(story.locator("pre")).to_be_visible()


def a_killed_process_is_a_story_as_well(operator: Operator) -> None:
    operator.is_in()
    operator.server.call("crash", "/world/a")
    expect(operator.story("a has a bug")).to_be_visible()
    operator.server.call("kill_world")

    story = operator.story("killed SIGKILL")
    expect(story).to_contain_text("world")
    expect(story).to_contain_text("up again after 500 ms")
    expect(operator.stories.locator(".story")).to_have_count(2)
    story.locator("summary").first.click()
    expect(story.locator("dl")).to_contain_text("/launcher, one_for_one")
    expect(story.get_by_role("link")).to_have_count(0)


def the_stack_of_a_bug_is_with_each_of_its_crashes(operator: Operator) -> None:
    """Though the log tells it with the first one only."""
    operator.is_in()
    operator.server.call("crash", "/world/a")
    operator.server.call("settle", "world")
    operator.server.call("crash", "/world/a")
    expect(operator.stories.locator(".story")).to_have_count(2)

    for index in range(2):
        story = operator.stories.locator(".story").nth(index)
        story.locator("summary").first.click()
        story.get_by_text("Stack of a").click()
        expect(story.locator("pre")).to_contain_text("raise ValueError")


def those_restarted_together_are_one_story(operator: Operator) -> None:
    operator.is_in()

    operator.server.call("crash", "/world/group/first")

    story = operator.story("first has a bug")
    expect(story).to_contain_text("with 2 more")
    expect(operator.stories.locator(".story")).to_have_count(1)
    story.locator("summary").first.click()
    expect(story).to_contain_text("second, third")


def an_escalation_is_told_in_the_story_of_its_cause(operator: Operator) -> None:
    operator.is_in()

    for _ in range(4):
        operator.server.call("crash", "/world/group/first")
        operator.server.call("settle", "world")

    story = operator.story("group restarted after")
    story.locator("summary").first.click()
    expect(story.locator(".steps")).to_contain_text("gave up after 4 restarts")
    expect(story.locator(".steps")).to_contain_text("decided: escalate: /world/group gives up")


def the_log_can_be_filtered(operator: Operator) -> None:
    operator.is_in()
    for path in ("/world/a", "/gateway/b"):
        operator.server.call("crash", path)
    expect(operator.stories.locator(".story")).to_have_count(2)

    operator.page.locator("#restarts-filter").fill("/gateway")

    expect(operator.stories.locator(".story")).to_have_count(1)
    expect(operator.story("b has a bug")).to_be_visible()


def hostile_text_stays_text(operator: Operator) -> None:
    alerts: list[str] = []

    def note(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    operator.page.on("dialog", note)
    evil = operator.server.call("evil")
    operator.is_in()
    images = operator.page.locator("img").count()

    operator.server.call("be_evil")
    operator.opens("/gateway/guests")

    expect(operator.line(f"/gateway/guests/{evil}")).to_contain_text(evil)
    expect(operator.story("RuntimeError")).to_contain_text(evil)
    expect(operator.page.locator("#sessions-table")).to_contain_text(evil)
    stuck = operator.stories.locator(".story").first
    stuck.locator("summary").first.click()
    expect(stuck.locator("dl")).to_contain_text(f"affected {evil}")
    operator.line("/gateway/speaker").click()
    expect(operator.sheet).to_contain_text(evil)
    operator.press("Escape")
    operator.line(f"/gateway/guests/{evil}").click()
    expect(operator.page.locator("#actor-title")).to_have_text(f"/gateway/guests/{evil}")
    assert operator.page.locator("img").count() == images
    assert alerts == []


def the_policy_stops_what_escaping_would_miss(operator: Operator) -> None:
    operator.forgives("Content Security Policy", "TrustedHTML", "Trusted")
    operator.is_in()

    said = operator.page.evaluate(
        """() => {
          try { document.body.innerHTML = "<b>x</b>"; return "done"; } catch (error) { return error.name; }
        }"""
    )
    assert said == "TypeError"
    assert (
        operator.page.evaluate(
            "() => fetch('https://example.org/').then(() => 'done', (error) => error.name)"
        )
        == "TypeError"
    )


def an_actor_is_shown_and_its_address_can_be_kept(operator: Operator) -> None:
    operator.is_in()
    operator.server.call("crash", "/world/a")

    operator.line("/world/a").click()

    expect(operator.page.locator("#actor-title")).to_have_text("/world/a")
    expect(operator.sheet).to_contain_text("Last error")
    expect(operator.sheet).to_contain_text("crash: ValueError: a has a bug")
    assert operator.page.url.endswith("#/world/a")
    operator.page.go_back()
    expect(operator.sheet).to_be_hidden()
    operator.page.go_forward()
    expect(operator.page.locator("#actor-title")).to_have_text("/world/a")
    operator.page.reload()
    expect(operator.page.locator("#actor-title")).to_have_text("/world/a")


def nothing_is_done_without_a_confirmation(operator: Operator) -> None:
    operator.is_in()
    operator.line("/world/a").click()

    operator.sheet.get_by_role("button", name="Suspend").click()
    expect(operator.page.locator("#confirm-no")).to_be_focused()
    operator.press("Enter")
    assert operator.server.call("state", "/world/a") == "running"

    operator.sheet.get_by_role("button", name="Suspend").click()
    operator.agrees()
    expect(operator.page.locator("#actor-result")).to_have_text("suspended, 0 messages wait")
    assert operator.server.call("state", "/world/a") == "suspended"
    audit = operator.server.call("audit", "world")
    assert [(entry["action"], entry["target"]) for entry in audit] == [("suspend", "/world/a")]
    assert audit[0]["operator"] == "ann from 127.0.0.1 by the gateway"

    operator.sheet.get_by_role("button", name="Resume").click()
    operator.agrees()
    expect(operator.sheet.get_by_role("button", name="Suspend")).to_be_visible()


def what_was_refused_is_told(operator: Operator) -> None:
    operator.forgives("409 (CONFLICT)")
    operator.is_in()
    operator.line("/gateway/group").click()

    operator.sheet.get_by_role("button", name="Suspend").click()
    operator.agrees()

    expect(operator.page.locator("#actor-result")).to_contain_text("is a supervisor")


def a_world_that_is_away_is_said_to_be_and_comes_back(operator: Operator) -> None:
    operator.forgives(AWAY)
    operator.is_in()
    expect(operator.line("/world/a")).to_be_visible()

    operator.server.call("stop", "world")

    expect(operator.line("/world")).to_contain_text("does not answer")
    expect(operator.alarms).to_contain_text("world process failing")
    expect(operator.line("/gateway/a")).to_contain_text("running")
    expect(operator.live).to_have_text("Live")
    operator.server.call("crash", "/gateway/a")
    expect(operator.story("a has a bug")).to_be_visible()

    operator.server.call("start", "world")
    expect(operator.line("/world/a")).to_contain_text("running")
    expect(operator.alarms).to_be_hidden()


def a_page_whose_own_process_is_away_says_so_and_goes_on(operator: Operator) -> None:
    operator.forgives(NO_SERVER)
    operator.is_in()

    operator.server.call("stop", "gateway")

    expect(operator.live).to_contain_text("No answer since")
    expect(operator.alarms).to_contain_text("gateway process failing")
    operator.server.call("start", "gateway")
    expect(operator.live).to_have_text("Live")
    expect(operator.line("/gateway/a")).to_contain_text("running")


def a_hand_on_the_keyboard_reaches_everything(operator: Operator) -> None:
    operator.is_in()
    expect(operator.line("/world/guests")).to_be_visible()

    operator.press("t")
    assert operator.focused() == "/gateway"
    operator.press("ArrowRight")
    assert operator.focused() == "/gateway/a"
    operator.press("End", "Home", "ArrowDown", "ArrowDown", "ArrowUp")
    assert operator.focused() == "/gateway/a"
    operator.press("Shift+G")
    assert operator.focused() == "/gateway/group"
    operator.press("ArrowRight")
    expect(operator.line("/gateway/group")).to_have_attribute("aria-expanded", "true")
    expect(operator.line("/gateway/group/first")).to_be_visible()
    operator.press("ArrowRight")
    assert operator.focused() == "/gateway/group/first"
    operator.press("ArrowLeft", "ArrowLeft")
    expect(operator.line("/gateway/group")).to_have_attribute("aria-expanded", "false")
    operator.press("ArrowLeft", "ArrowLeft")
    expect(operator.line("/gateway/a")).to_have_count(0)
    operator.press("ArrowRight")
    expect(operator.line("/gateway/a")).to_be_visible()
    operator.press("ArrowDown", "Enter")
    expect(operator.page.locator("#actor-title")).to_have_text("/gateway/a")
    operator.press("Escape")
    expect(operator.sheet).to_be_hidden()
    assert operator.focused() == "/gateway/a"


def an_update_takes_no_focus_away(operator: Operator) -> None:
    operator.is_in()
    operator.line("/world/b").focus()

    operator.server.call("suspend", "/world/a")
    expect(operator.line("/world/a")).to_contain_text("suspended")

    assert operator.focused() == "/world/b"


def single_keys_are_explained_and_can_be_switched_off(operator: Operator) -> None:
    operator.is_in()

    operator.press("?")
    expect(operator.page.locator("#help-keys")).to_contain_text("top mailboxes")
    operator.page.locator("#keys-on").uncheck()
    operator.press("Escape")
    operator.press("p")
    expect(operator.live).to_have_text("Live")

    operator.page.locator("#help").click()
    operator.page.locator("#keys-on").check()
    operator.press("Escape")
    operator.press("p")
    expect(operator.live).to_have_text("Paused")


def every_line_of_the_tree_tells_its_place(operator: Operator) -> None:
    operator.is_in()
    expect(operator.line("/world/a")).to_be_visible()

    line = operator.line("/gateway/b")
    assert line.get_attribute("aria-level") == "2"
    assert (line.get_attribute("aria-posinset"), line.get_attribute("aria-setsize")) == ("2", "6")
    assert operator.page.locator("#tree [tabindex='0']").count() == 1
    assert operator.line("/gateway").get_attribute("aria-expanded") == "true"
    assert line.get_attribute("aria-expanded") is None


def an_actor_is_found_by_its_name(operator: Operator) -> None:
    operator.is_in()

    operator.press("/")
    operator.page.locator("#find").fill("second")
    operator.press("Enter")
    operator.page.locator("#found").get_by_text("/world/group/second").click()

    expect(operator.page.locator("#actor-title")).to_have_text("/world/group/second")
    operator.press("Escape")
    expect(operator.line("/world/group/second")).to_be_visible()


def of_many_children_some_are_shown_and_more_on_demand(operator: Operator) -> None:
    operator.server.call("invite", "/world/guests", 150)
    operator.is_in()
    expect(operator.line("/world/guests").locator(".below")).to_have_text("150")

    operator.opens("/world/guests")

    more = operator.line("/world/guests/...")
    expect(more).to_contain_text("50 more")
    more.click()
    expect(more).to_have_count(0)
    expect(operator.tree.locator("[aria-level='3']")).to_have_count(150)


def it_asks_for_what_it_shows_and_for_nothing_while_paused(operator: Operator) -> None:
    asked: list[str] = []
    operator.is_in()
    operator.server.call("invite", "/world/guests", 50)

    def note(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    operator.page.route(re.compile("/api/look"), note)
    with operator.page.expect_response(re.compile("/at/world/api/look")) as answer:
        pass
    assert len(answer.value.body()) < 3_000
    assert "guests/" not in answer.value.text()
    assert all("guests" not in url for url in asked)

    operator.page.locator("#pause").click()
    expect(operator.live).to_have_text("Paused")
    operator.page.wait_for_load_state("networkidle")
    asked.clear()
    operator.server.call("pass_time", 1.5)
    assert asked == []
    operator.page.locator("#pause").click()
    expect(operator.live).to_have_text("Live")


def on_a_phone_everything_fits(operator: Operator) -> None:
    operator.resizes(PHONE)
    operator.server.call("crash", "/world/a")
    operator.is_in()

    for name in ("Actors", "Restarts", "Mailboxes", "Sessions", "Health"):
        operator.page.locator("#sections").get_by_role("button", name=name).click()
        assert operator.overflow() <= 0, name
    operator.page.locator("#sections").get_by_role("button", name="Restarts").click()
    operator.story("a has a bug").locator("summary").first.click()
    assert operator.overflow() <= 0
    operator.page.locator(".told .path").click()
    expect(operator.sheet).to_be_visible()
    box = operator.sheet.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, PHONE[0])
    assert operator.overflow() <= 0


def colours_have_contrast_in_both_schemes(operator: Operator) -> None:
    operator.server.call("suspend", "/gateway/b")
    operator.server.call("crash", "/world/a")
    operator.is_in()
    expect(operator.line("/gateway/b")).to_contain_text("suspended")
    expect(operator.story("a has a bug")).to_be_visible()

    for scheme in ("dark", "light"):
        operator.page.emulate_media(color_scheme=scheme)
        assert operator.poor_contrast() == [], scheme


def nothing_moves_for_who_wants_it_so(operator: Operator) -> None:
    operator.page.emulate_media(reduced_motion="reduce")
    operator.is_in()

    assert operator.page.evaluate("document.getAnimations().length") == 0


def the_grouping_of_records_follows_its_rules(operator: Operator) -> None:
    """The rules of stories.js, over records as the supervisors write them."""
    for name, records, expected in GROUPS:
        told = operator.page.evaluate(
            """async (records) => {
              const { stories } = await import("/operator/static/stories.js");
              return stories(records).map(({ cause, records, outcome }) =>
                [cause.path, records.length, outcome.kind, outcome.word]);
            }""",
            records,
        )
        assert told == expected, (name, told)


def pictures(operator: Operator) -> None:
    """For the documents: see `tests.operators_pictures`."""
    does = operator.server.call
    inn, session = "/world/zones/harbour/npc:innkeeper", "/gateway/sessions/2"
    operator.resizes(DESK)
    operator.is_in()
    does("does", "gateway", "actor/suspend", session)
    does("types", "berta", "say Is anybody here?")
    does("does", "world", "chaos/crash", inn)
    expect(operator.story("innkeeper")).to_contain_text("again after")
    does("does", "world", "chaos/crash", inn)
    does("does", "gateway", "chaos/crash", "/gateway/pool")
    operator.opens("/gateway/sessions", "/world/zones")
    does("does", "world", "chaos/crash", "/world/store/front")
    expect(operator.story("front")).to_contain_text("with")
    expect(operator.story("front")).to_contain_text("answered again")
    expect(operator.alarms).to_contain_text("mailboxes")
    operator.story("front").locator("summary").first.click()
    operator.line(session).focus()
    operator.picture("operator")
    operator.resizes(PHONE)
    operator.page.locator("#sections").get_by_role("button", name="Restarts").click()
    operator.picture("operator-phone")


PICTURES: Mapping[str, Scenario] = {"pictures": pictures}
SCENARIOS: Mapping[str, Scenario] = {
    name: found
    for name, found in dict(globals()).items()
    if getattr(found, "__module__", "") == __name__ and found is not pictures
}

if __name__ == "__main__":
    main({**SCENARIOS, **PICTURES}, sys.argv[1], sys.argv[2], visitor=Operator)
