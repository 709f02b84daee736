// The tree on the page: WAI-ARIA's tree pattern over the lines of `branches`. One line is in the order of tabs; the
// arrow keys move from there. What stays in the tree stays the same element, so an update takes no focus away.

import { keyOf, lines, parentOf } from "./branches.js";
import { keyed, make, put, say } from "./dom.js";
import { stateOf } from "./states.js";
import { count, cut, duration, plural } from "./words.js";

const BUSY_SECONDS = 1;

export class Tree {
  // `changed` is called when other branches are open; `chosen` with the path of an actor; `more` for more lines.
  constructor(element, { changed, chosen, more }) {
    this.element = element;
    this.opened = new Set();
    this.current = null;
    this.lines = [];
    this.halves = [];
    this.acts = { changed, chosen, more };
    element.addEventListener("click", (event) => this.#clicked(event));
    element.addEventListener("keydown", (event) => this.#pressed(event));
    element.addEventListener("focusin", (event) => this.#focused(event.target));
  }

  show(halves) {
    this.halves = halves;
    this.lines = lines(halves, this.opened);
    if (!this.lines.some((line) => keyOf(line) === this.current)) this.current = this.lines.length ? keyOf(this.lines[0]) : null;
    keyed(this.element, this.lines, keyOf, create, (element, line) => this.#update(element, line));
  }

  open(path, isOpen = true) {
    if (isOpen) this.opened.add(path);
    else this.opened.delete(path);
    this.show(this.halves);
    this.acts.changed();
  }

  // Open all above it and go there as soon as it is known.
  reveal(path) {
    for (let above = parentOf(path); above; above = parentOf(above)) this.opened.add(above);
    this.current = path;
    this.acts.changed();
  }

  focus() {
    this.#elementOf(this.current)?.focus();
  }

  #update(element, line) {
    const key = keyOf(line);
    put(element, "tabindex", key === this.current ? "0" : "-1");
    put(element, "aria-level", line.level);
    put(element, "aria-setsize", line.size);
    put(element, "aria-posinset", line.position);
    element.style.setProperty("--level", line.level - 1);
    if (line.kind === "more") say(element.querySelector(".name"), `${count(line.hidden)} more that run: show more, or find one by name`);
    else fill(element, line);
  }

  #focused(target) {
    const line = target.closest("[role=treeitem]");
    if (line === null || line.dataset.key === this.current) return;
    const before = this.#elementOf(this.current);
    if (before) put(before, "tabindex", "-1");
    this.current = line.dataset.key;
    put(line, "tabindex", "0");
  }

  #clicked(event) {
    const element = event.target.closest("[role=treeitem]");
    if (element === null) return;
    element.focus();
    const line = this.#line(element.dataset.key);
    if (event.target.closest(".twist") && line.isParent) this.open(line.row.path, !line.isOpen);
    else this.#choose(line);
  }

  #choose(line) {
    if (line.kind === "more") this.acts.more();
    else if (line.row.state !== "away") this.acts.chosen(line.row.path);
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const index = this.lines.findIndex((line) => keyOf(line) === this.current);
    const line = this.lines[index];
    if (line === undefined) return;
    const done = this.#move(event.key, index) || this.#fold(event.key, line, index) || this.#type(event.key, index);
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  #move(key, index) {
    const last = this.lines.length - 1;
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: last }[key];
    if (to === undefined) return false;
    this.#go(Math.min(Math.max(to, 0), last));
    return true;
  }

  #fold(key, line, index) {
    switch (key) {
      case "ArrowRight":
        if (line.isParent && !line.isOpen) this.open(line.row.path);
        else if (line.isOpen && this.lines[index + 1]?.level > line.level) this.#go(index + 1);
        return true;
      case "ArrowLeft":
        if (line.isOpen) this.open(line.row.path, false);
        else this.#goTo(parentOf(keyOf(line)));
        return true;
      case "Enter":
      case " ":
        this.#choose(line);
        return true;
      case "*":
        for (const other of this.lines) if (other.isParent && parentOf(keyOf(other)) === parentOf(keyOf(line))) this.opened.add(keyOf(other));
        this.show(this.halves);
        this.acts.changed();
        return true;
      default:
        return false;
    }
  }

  // A capital letter, because small ones are keys of the page.
  #type(key, index) {
    if (!/^[A-Z0-9]$/.test(key)) return false;
    const rest = [...this.lines.slice(index + 1), ...this.lines.slice(0, index)];
    const found = rest.find((line) => line.kind === "actor" && line.row.name.split(":").some((part) => part.toUpperCase().startsWith(key)));
    if (found) this.#goTo(keyOf(found));
    return true;
  }

  #go(index) {
    this.#goTo(keyOf(this.lines[index]));
  }

  #goTo(key) {
    this.#elementOf(key)?.focus();
  }

  #line(key) {
    return this.lines.find((line) => keyOf(line) === key);
  }

  #elementOf(key) {
    return [...this.element.children].find((child) => child.dataset.key === key);
  }
}

function create(line) {
  if (line.kind === "more") return make("div", { role: "treeitem", class: "line more" }, make("span", { class: "twist" }), make("span", { class: "name" }));
  return make(
    "div",
    { role: "treeitem", class: "line" },
    make("span", { class: "twist", "aria-hidden": "true" }),
    make("span", { class: "sign", "aria-hidden": "true" }),
    make("span", { class: "name" }),
    make("span", { class: "kind" }),
    make("span", { class: "state" }),
    make("span", { class: "below" }),
    make("span", { class: "facts" }),
  );
}

function fill(element, { row, isParent, isOpen }) {
  const state = stateOf(row.state);
  const [twist, sign, name, kind, word, below, told] = element.children;
  put(element, "aria-expanded", isParent ? String(Boolean(isOpen)) : null);
  put(element, "data-state", row.state);
  put(element, "data-tone", state.tone);
  put(element, "title", row.path);
  say(twist, isParent ? (isOpen ? "▾" : "▸") : "");
  say(sign, state.sign);
  say(name, row.name);
  say(kind, row.actor);
  say(word, row.state === "away" ? "does not answer" : row.state);
  const inside = isOpen ? [] : trouble(row.below);
  say(below, [row.below && !isOpen ? count(row.below.actors) : "", ...inside].filter(Boolean).join(", "));
  put(below, "data-tone", inside.length ? "warn" : null);
  say(told, facts(row).join(" · "));
}

function restarts([one, , sixty]) {
  if (!one) return `${plural(sixty, "restart")} in 60 min`;
  return `${plural(one, "restart")} in 1 min${sixty > one ? `, ${sixty} in 60` : ""}`;
}

function trouble(below) {
  return Object.entries(below?.not_running ?? {}).map(([state, number]) => `${number} ${state} ${stateOf(state).sign}`);
}

// What is worth a word of an actor that runs as it should: nothing.
function facts(row) {
  const told = [];
  if (row.problem) told.push(row.problem);
  if (row.depth) told.push(`${plural(row.depth, "message")} waiting${row.oldest_seconds >= 0.1 ? ` for ${duration(row.oldest_seconds)}` : ""}`);
  if (row.busy_seconds >= BUSY_SECONDS) told.push(`in ${row.current_message} for ${duration(row.busy_seconds)}`);
  if (row.recent?.[2]) told.push(restarts(row.recent));
  if (row.last_error && (row.recent?.[2] || row.state !== "running")) told.push(cut(row.last_error, 120));
  return told;
}
