// The page after signing in: what is asked how often, and where the answers go.

import { ActorSheet, halfOf } from "./actor.js";
import { Away, Refused, WrongToken } from "./api.js";
import { toAsk } from "./branches.js";
import { confirmed } from "./confirm.js";
import { byId, keyed, make, put, say } from "./dom.js";
import { installFind } from "./find.js";
import { installKeys, showHelp } from "./keys.js";
import { showAlarms, showBusy, showChecks, showLetters, showLink, showSessions } from "./panels.js";
import { Pulse } from "./pulse.js";
import { Records } from "./records.js";
import { Restarts } from "./restarts.js";
import { goTo, installSections, showSection } from "./sections.js";
import { Tree } from "./tree.js";
import { age, count, moment, plural } from "./words.js";

const LOOK_MILLISECONDS = 1_000;
const PANELS_MILLISECONDS = 3_000;
const CHECKS_MILLISECONDS = 5_000;
const ROWS = 100; // of one branch, at first
const ROWS_LIMIT = 1_000;
const BUSY_ROWS = 10;
const SESSION_ROWS = 50;
const HISTORY = 200; // records from before this page was opened
const HALVES = ["gateway", "world"];

export class Desk {
  // `signOut` is called with a reason, or none when the operator wanted it.
  constructor(api, overview, signOut) {
    this.api = api;
    this.signOut = signOut;
    this.rows = ROWS;
    const names = HALVES.includes(overview.process) ? HALVES : [overview.process];
    this.halves = names.map((name) => ({ name, look: null, problem: null, since: null }));
    this.checks = new Map();
    this.links = new Map();
    this.letters = new Map();
    this.drawn = -1;
    this.records = new Records();
    this.pulse = new Pulse();
    this.tree = new Tree(byId("tree"), {
      changed: () => this.lookNow.forEach((now) => now()),
      chosen: (path) => this.choose(path),
      more: () => this.#more(),
    });
    this.restarts = new Restarts((path) => this.choose(path), (record) => this.records.stackOf(record));
    this.sheet = new ActorSheet(api, {
      chosen: (path) => this.choose(path),
      restarts: (path) => this.#showRestarts(path),
      closed: () => this.#forgetChoice(),
    });
    say(byId("version"), overview.version);
    for (const { name } of this.halves) this.tree.opened.add(`/${name}`);
    this.#install();
    this.#begin();
  }

  #install() {
    installSections();
    installFind(this.api, () => this.halves.map((half) => half.name), (path) => {
      this.tree.reveal(path);
      this.choose(path);
    });
    const pause = byId("pause");
    pause.onclick = () => {
      this.pulse.pause(!this.pulse.isPaused);
      put(pause, "aria-pressed", String(this.pulse.isPaused));
      say(pause, this.pulse.isPaused ? "Go on" : "Pause");
      this.#showLive();
    };
    byId("sign-out").onclick = () => this.signOut();
    byId("busy-order").onchange = () => this.busyNow();
    this.onHash = () => this.#followHash();
    window.addEventListener("popstate", this.onHash); // "back", "forward", or an address that was typed
    installKeys([
      ["t", "the actors", () => { showSection("tree"); this.tree.focus(); }],
      ["r", "the restart log", () => goTo("restarts", byId("stories").hidden ? byId("restarts-filter") : byId("stories"))],
      ["m", "top mailboxes", () => goTo("busy", byId("busy-order"))],
      ["s", "sessions", () => this.#goToPanel("sessions")],
      ["h", "health: link and checks", () => this.#goToPanel("health")],
      ["/", "find an actor by name", () => goTo("tree", byId("find"))],
      ["f", "filter the restart log", () => goTo("restarts", byId("restarts-filter"))],
      ["p", "pause, and go on", () => pause.click()],
      ["?", "this help", showHelp],
    ]);
  }

  #goToPanel(name) {
    const panel = document.querySelector(`.panel[data-section=${name}]`);
    put(panel, "tabindex", "-1");
    goTo(name, panel);
  }

  // Each of these asks again and again; see `pulse`.
  #begin() {
    const each = (milliseconds, ask) => this.pulse.every(milliseconds, () => this.#safely(ask));
    this.lookNow = this.halves.map((half) => each(LOOK_MILLISECONDS, () => this.#look(half)));
    this.busyNow = each(PANELS_MILLISECONDS, () => this.#askBusy());
    each(PANELS_MILLISECONDS, () => this.#askPanels());
    each(PANELS_MILLISECONDS, () => this.#askLauncher());
    for (const half of this.halves) each(CHECKS_MILLISECONDS, () => this.#askChecks(half));
    each(PANELS_MILLISECONDS, () => this.sheet.refresh());
    this.ticker = setInterval(() => this.#showLive(), 1000);
    this.#followHash();
  }

  end() {
    this.pulse.end();
    clearInterval(this.ticker);
    window.removeEventListener("popstate", this.onHash);
    this.sheet.close();
  }

  // True if it went well, false to ask less often. A token that is not accepted any more ends the session.
  async #safely(ask) {
    if (this.pulse.isOver) return false;
    try {
      return (await ask()) !== false;
    } catch (error) {
      if (error instanceof WrongToken) this.signOut("The server does not accept this token any more. It may have been started with another.");
      else if (!(error instanceof Away || error instanceof Refused)) throw error;
      return false;
    }
  }

  // The look: tree, news of the restart log, whether a process is there at all ---------------------------

  async #look(half) {
    const query = { open: toAsk(half.name, this.tree.opened), limit: this.rows, after: this.records.last(half.name) };
    try {
      const look = await this.api.get(half.name, "look", query);
      if (this.pulse.isOver) return false;
      keepOpened(look, half.look, toAsk(half.name, this.tree.opened), query.open);
      const isNew = this.records.hear(half.name, look.news);
      Object.assign(half, { look, problem: null, since: null, at: Date.now() });
      if (isNew) this.#safely(() => this.#askHistory(half));
      return true;
    } catch (error) {
      if (error instanceof WrongToken) throw error;
      Object.assign(half, { problem: error.message, since: half.since ?? Date.now() });
      return false;
    } finally {
      if (!this.pulse.isOver) this.#showLook();
    }
  }

  async #askHistory(half) {
    this.records.add(half.name, await this.api.get(half.name, "restarts", { limit: HISTORY }));
    this.#showLook();
  }

  // What became of whole processes. The launcher has no port; each process reads its log.
  async #askLauncher() {
    const half = this.halves.find(({ problem }) => !problem);
    if (half === undefined) return false;
    this.records.add("launcher", await this.api.get(half.name, "launcher/restarts", { limit: HISTORY }));
    this.#showLook();
    return true;
  }

  #showLook() {
    this.tree.show(this.halves);
    const known = this.halves.filter((half) => half.look && !half.problem);
    say(byId("tree-count"), known.length ? count(known.reduce((sum, half) => sum + half.look.total.actors, 0)) : "");
    keyed(byId("halves"), this.halves, (half) => half.name, createHalf, updateHalf);
    this.#showLive();
    if (this.drawn !== this.records.version) {
      this.drawn = this.records.version;
      this.restarts.show(this.records.stories());
    }
    this.#showAlarms();
  }

  #showLive() {
    const own = this.halves.find((half) => half.name === this.api.own) ?? this.halves[0];
    const live = byId("live");
    const isAway = own.problem !== null;
    put(live, "data-live", this.pulse.isPaused ? "paused" : isAway ? "away" : own.at ? "on" : "waiting");
    say(byId("live-text"), this.pulse.isPaused ? "Paused" : isAway ? `No answer since ${moment(own.since / 1000)}` : own.at ? "Live" : "Connecting");
  }

  #more() {
    this.rows = Math.min(this.rows * 3, ROWS_LIMIT);
    this.lookNow.forEach((now) => now());
  }

  // The panels -------------------------------------------------------------------------------------------

  // From each process that answers; those that do not are said to be away by the look.
  async #ofAll(what, query) {
    const found = new Map();
    for (const half of this.halves) {
      if (half.problem) continue;
      try {
        found.set(half.name, await this.api.get(half.name, what, query));
      } catch (error) {
        if (!(error instanceof Away || error instanceof Refused)) throw error;
      }
    }
    return found;
  }

  async #askBusy() {
    const by = byId("busy-order").value;
    const found = await this.#ofAll("top", { by, limit: BUSY_ROWS });
    const order = { depth: (row) => row.depth * 1e6 + row.high_water, wait: (row) => row.oldest_seconds, time: (row) => row.seconds }[by];
    const rows = [...found.values()].flat().sort((one, other) => order(other) - order(one));
    showBusy(rows.slice(0, BUSY_ROWS), (path) => this.choose(path));
  }

  async #askPanels() {
    for (const [name, status] of await this.#ofAll("link", {})) this.links.set(name, status);
    showLink(this.links);
    const front = this.halves[0];
    if (!front.problem) showSessions(await this.api.get(front.name, "sessions", { limit: SESSION_ROWS }), (path) => this.choose(path));
    await this.#askLetters();
  }

  async #askLetters() {
    const total = this.halves.reduce((sum, half) => sum + (half.look?.dead_letters ?? 0), 0);
    if (total > 0) for (const [half, found] of await this.#ofAll("letters", { limit: SESSION_ROWS })) this.letters.set(half, found);
    const letters = [...this.letters].flatMap(([half, found]) => found.map((letter) => ({ half, ...letter })));
    letters.sort((one, other) => one.seconds_ago - other.seconds_ago);
    showLetters(letters, total, { chosen: (path) => this.choose(path), send: (letter) => this.#safely(() => this.#send(letter)) });
  }

  async #send(letter) {
    const title = `Send ${letter.message} to ${letter.path} again?`;
    if (!(await confirmed(title, "If it crashed its actor, it may do so again.", "Send again"))) return;
    try {
      const { result } = await this.api.post(letter.half, `letters/${letter.number}/send`);
      await confirmed("Sent", result, "Close");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await confirmed("Not sent", error.message, "Close");
    }
    await this.#askLetters();
  }

  async #askChecks(half) {
    if (half.problem) return;
    const checks = await this.api.get(half.name, "doctor");
    this.checks.set(half.name, checks.map((check) => ({ half: half.name, ...check })));
    showChecks([...this.checks.values()].flat(), (path) => this.choose(path));
    this.#showAlarms();
  }

  #showAlarms() {
    const away = this.halves.filter((half) => half.problem).map((half) => ({
      half: half.name,
      name: "process",
      health: "failing",
      finding: `${half.problem}, since ${moment(half.since / 1000)}`,
      advice: half.name === this.api.own ? "what is shown is old; this page tries again by itself, and the other process has a page on its own port" : "if it has crashed, the launcher starts it again; see its log",
    }));
    const checks = this.halves.filter((half) => !half.problem).flatMap((half) => this.checks.get(half.name) ?? []);
    showAlarms([...away, ...checks], (path) => this.choose(path));
  }

  // One actor ---------------------------------------------------------------------------------------------

  // The address of the page says whose sheet is open: it can be kept, and "back" closes it.
  choose(path) {
    const hash = `#${encodeURI(path)}`;
    // Not by `location.hash`: going to a fragment takes the focus away, and it is to come back to where it was.
    if (location.hash !== hash) history.pushState(null, "", hash);
    this.#followHash();
  }

  #followHash() {
    const path = pathOf(location.hash);
    if (path === "") this.sheet.close();
    else if (this.halves.some((half) => half.name === halfOf(path))) this.#safely(() => this.sheet.open(path));
  }

  #forgetChoice() {
    if (location.hash) history.replaceState(null, "", location.pathname);
  }

  #showRestarts(path) {
    this.restarts.only(path);
    goTo("restarts", byId("stories").hidden ? byId("restarts-filter") : byId("stories"));
  }
}

// Branches opened since the question was asked keep what was known of them, so that no line comes and goes.
function keepOpened(look, before, opened, asked) {
  for (const path of opened) {
    const known = before?.branches[path];
    if (known && !asked.includes(path)) look.branches[path] ??= known;
  }
}

function pathOf(hash) {
  try {
    const path = decodeURI(hash.slice(1));
    return path.startsWith("/") ? path : "";
  } catch {
    return "";
  }
}

function createHalf() {
  return make("li", {}, make("span", { class: "sign", "aria-hidden": "true" }), make("strong", {}), make("span", { class: "quiet" }));
}

function updateHalf(element, half) {
  const [sign, name, facts] = element.children;
  const isWell = half.look !== null && !half.problem;
  put(element, "data-tone", half.problem ? "bad" : isWell ? "good" : "quiet");
  put(element, "title", isWell ? `version ${half.look.version}, process ${half.look.pid}, ${plural(half.look.total.actors, "actor")}` : half.problem ?? "");
  say(sign, half.problem ? "✕" : isWell ? "●" : "○");
  say(name, half.name);
  say(facts, half.problem ? `away since ${moment(half.since / 1000)}` : isWell ? `up ${age(half.look.up_seconds)}` : "");
}
