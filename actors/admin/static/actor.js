// The sheet about one actor: what it is doing, what waits for it, how it failed last, and what can be done to it.

import { Away, Refused, WrongToken } from "./api.js";
import { confirmed } from "./confirm.js";
import { byId, keyed, make, put, say } from "./dom.js";
import { stateOf } from "./states.js";
import { age, count, duration, plural } from "./words.js";

const DEEDS = {
  suspend: ["Suspend", "Its mail will wait until somebody resumes it. Who asks it meanwhile gets a time-out."],
  resume: ["Resume", "It goes on with the mail that waits."],
  restart: ["Restart", "Its incarnation ends as in a crash, and the next one starts from the last good state. The message being handled is lost, and it counts in the budget of its supervisor."],
  kill: ["Kill", "Its incarnation ends at once; what comes next is its supervisor's decision. The message being handled is lost."],
};

export class ActorSheet {
  // `api` asks; `restarts` is called with a path to show its part of the log; `closed` when nobody is shown any more.
  constructor(api, { chosen, restarts, closed }) {
    this.api = api;
    this.path = null;
    this.acts = { chosen, restarts };
    this.dialog = byId("actor");
    this.body = byId("actor-body");
    this.dialog.addEventListener("close", () => {
      this.path = null;
      closed();
    });
    byId("actor-close").onclick = () => this.dialog.close();
    // A click beside the sheet, which is the dialog's own backdrop.
    this.dialog.onclick = (event) => { if (event.target === this.dialog) this.dialog.close(); };
    this.#makeDeeds();
  }

  async open(path) {
    if (this.path === path) return;
    this.path = path;
    say(byId("actor-title"), path);
    say(byId("actor-result"), "");
    this.body.replaceChildren();
    this.body.scrollTop = 0;
    if (!this.dialog.open) this.dialog.showModal();
    await this.refresh();
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  // Ask again, if somebody is shown.
  async refresh() {
    const path = this.path;
    if (path === null) return true;
    try {
      const view = await this.api.get(halfOf(path), "actor", { path });
      if (path === this.path) this.#show(view);
    } catch (error) {
      if (error instanceof WrongToken) throw error;
      if (path === this.path) this.#showProblem(error);
      return !(error instanceof Away);
    }
    return true;
  }

  #showProblem(error) {
    put(this.dialog, "data-tone", "quiet");
    const also = (error.suggestions ?? []).map((path) => {
      const link = make("a", { href: `#${path}` }, path);
      link.onclick = (event) => {
        event.preventDefault();
        this.acts.chosen(path);
      };
      return make("li", {}, link);
    });
    keyed(this.body, [{ key: "problem" }], (part) => part.key, () => make("div", {}), (element) => {
      element.replaceChildren(make("p", { class: "problem" }, error.message), make("ul", {}, ...also));
    });
    for (const button of byId("actor-deeds").children) button.disabled = true;
  }

  #show(view) {
    const { cell } = view;
    put(this.dialog, "data-tone", stateOf(cell.state).tone);
    const parts = [
      { key: "facts", fill: (element) => fillFacts(element, view) },
      { key: "log", fill: (element) => this.#fillLog(element, view) },
      view.last_error && { key: "error", fill: (element) => fillError(element, view.last_error) },
      view.mailbox_head.length && { key: "mailbox", fill: (element) => fillMailbox(element, view) },
      view.state !== null && { key: "state", fill: (element) => fillState(element, view.state) },
    ].filter(Boolean);
    keyed(this.body, parts, (part) => part.key, () => make("section", {}), (element, part) => part.fill(element));
    const isSuspended = cell.state === "suspended";
    for (const button of byId("actor-deeds").children) {
      button.disabled = false;
      if (button.dataset.deed === "suspend") button.hidden = isSuspended;
      if (button.dataset.deed === "resume") button.hidden = !isSuspended;
    }
  }

  #fillLog(element, view) {
    if (element.firstChild) return;
    const button = make("button", { type: "button" }, "Its part of the restart log");
    button.onclick = () => {
      const path = view.cell.path;
      this.dialog.close();
      this.acts.restarts(path);
    };
    element.append(button);
  }

  #makeDeeds() {
    byId("actor-deeds").replaceChildren(...Object.entries(DEEDS).map(([deed, [word, meaning]]) => {
      const button = make("button", { type: "button", "data-deed": deed, class: deed === "kill" ? "danger" : "" }, word);
      button.onclick = () => this.#do(deed, word, meaning);
      return button;
    }));
  }

  async #do(deed, word, meaning) {
    const path = this.path;
    if (!(await confirmed(`${word} ${path}?`, meaning, word)) || path !== this.path) return;
    const result = byId("actor-result");
    say(result, `${word} ...`);
    put(result, "data-tone", "busy");
    try {
      const answer = await this.api.post(halfOf(path), `actor/${deed}`, { path });
      say(result, answer.result);
      put(result, "data-tone", "good");
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Away)) throw error;
      say(result, error.message);
      put(result, "data-tone", "bad");
    }
    await this.refresh();
  }
}

export function halfOf(path) {
  return path.split("/")[1] ?? "";
}

function fillFacts(element, view) {
  const { cell } = view;
  const facts = [
    ["state", `${stateOf(cell.state).sign} ${cell.state}`, stateOf(cell.state).tone],
    ["class", `${cell.actor}${cell.strategy ? `, ${cell.strategy}` : ""}`],
    ["incarnation", `${cell.incarnation}${cell.up_seconds === undefined ? "" : `, up ${age(cell.up_seconds)}`}`],
    ["restarts", `${view.restarts[0]} in 1 min, ${view.restarts[1]} in 5, ${view.restarts[2]} in 60`],
    ["mailbox", `${count(cell.mailbox_depth)} of ${count(view.mailbox_limit)}, at most ${count(cell.high_water)}, ${count(cell.dropped)} dropped, when full: ${view.overflow.replaceAll("_", " ")}`],
    ["handled", `${plural(cell.handled, "message")}${cell.p50_seconds === undefined ? "" : `, p50 ${duration(cell.p50_seconds)}, p99 ${duration(cell.p99_seconds)}`}`],
    ["now", cell.current_message ? `in ${cell.current_message} for ${duration(cell.busy_seconds)}` : "idle"],
    ["waits for", view.waits_for],
    ["children", view.children ? count(view.children) : ""],
  ].filter(([, value]) => value);
  if (!element.firstChild) element.append(make("dl", { class: "facts" }));
  keyed(element.firstChild, facts, ([name]) => name, ([name]) => make("div", {}, make("dt", {}, name), make("dd", {})), (row, [, value, tone]) => {
    say(row.lastChild, value);
    put(row.lastChild, "data-tone", tone);
  });
}

function fillError(element, error) {
  if (!element.firstChild) element.append(make("h3", {}, "Last error"), make("p", { class: "problem" }), make("pre", { tabindex: "0" }));
  const during = error.message ? ` while handling ${error.message}` : "";
  say(element.children[1], `${duration(error.seconds_ago)} ago, in incarnation ${error.incarnation}${during}: ${error.reason}`);
  say(element.children[2], error.traceback);
  element.children[2].hidden = !error.traceback;
}

function fillMailbox(element, view) {
  if (!element.firstChild) element.append(make("h3", {}, "Waiting, oldest first"), make("ol", { class: "head" }));
  const waiting = view.mailbox_head.map((head, index) => ({ ...head, index }));
  keyed(element.children[1], waiting, (head) => head.index, () => make("li", {}), (row, head) => {
    say(row, `${head.message} for ${duration(head.waiting_seconds)}${head.is_ask ? ", somebody waits for the answer" : ""}`);
  });
}

function fillState(element, state) {
  if (!element.firstChild) element.append(make("h3", {}, "State"), make("pre", { tabindex: "0" }));
  say(element.children[1], JSON.stringify(state, null, 2));
}
