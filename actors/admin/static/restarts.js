// The restart log on the page: one line for each story, the latest first; unfolded, its facts and steps.

import { byId, keyed, make, put, say } from "./dom.js";
import { errorOf, factsOf, nameOf, outcomeText, sentence } from "./sentences.js";
import { count, duration, moment, plain } from "./words.js";

const SHOWN = 100;
const STACKS = 3;
const SIGNS = { good: "✓", wait: "↻", warn: "!", bad: "✕", quiet: "–" };

export class Restarts {
  // `chosen` is called with the path of an actor; `stackOf` finds the stack of a record.
  constructor(chosen, stackOf) {
    this.stackOf = stackOf;
    this.list = byId("stories");
    this.filter = byId("restarts-filter");
    this.chosen = chosen;
    this.told = [];
    this.filter.addEventListener("input", () => this.#draw());
  }

  show(stories) {
    this.told = stories;
    this.#draw();
  }

  only(text) {
    this.filter.value = text;
    this.#draw();
  }

  #draw() {
    const wanted = this.filter.value.trim().toLowerCase();
    const fitting = this.told.filter((story) => !wanted || story.records.some((record) => searchable(record).includes(wanted)));
    say(byId("restarts-count"), this.told.length ? count(fitting.length) : "");
    keyed(this.list, fitting.slice(0, SHOWN), (story) => story.key, (story) => this.#create(story), (element, story) => this.#update(element, story));
    this.list.hidden = fitting.length === 0;
    byId("no-stories").hidden = fitting.length > 0;
    say(byId("no-stories"), wanted ? "Nothing fits." : "Nothing was restarted.");
  }

  #create(story) {
    const summary = make(
      "summary", {},
      make("span", { class: "sign", "aria-hidden": "true" }),
      make("span", { class: "where" }),
      make("time", {}, moment(story.cause.time)),
      make("span", { class: "error" }),
      make("span", { class: "outcome" }),
    );
    const details = make("details", {}, summary);
    // Filled when it is opened: most never are.
    details.addEventListener("toggle", () => { if (details.open) this.#fill(details, this.#storyOf(details)); });
    return make("li", { class: "story" }, details);
  }

  #storyOf(details) {
    return this.told.find((story) => story.key === details.parentElement.dataset.key);
  }

  #update(element, story) {
    const details = element.firstElementChild;
    const [sign, where, , error, outcome] = details.firstElementChild.children;
    const { cause } = story;
    put(element, "data-tone", story.outcome.kind);
    say(sign, SIGNS[story.outcome.kind]);
    say(where, nameOf(cause.path));
    put(where, "title", cause.path);
    say(error, `${errorOf(cause)}${cause.message_type ? ` in ${cause.message_type}` : ""}`);
    const row = cause.consecutive > 1 ? `, ${cause.consecutive} in a row` : "";
    const others = new Set(story.records.filter((record) => record.event === "restarted" && record.path !== cause.path).map((record) => record.path)).size;
    say(outcome, `${outcomeText(story.outcome)}${others ? `, with ${others} more` : ""}${row}`);
    if (details.open) this.#fill(details, story);
  }

  #fill(details, story) {
    if (details.dataset.records === String(story.records.length)) return;
    details.dataset.records = story.records.length;
    details.querySelector(".told")?.remove();
    details.append(make("div", { class: "told" }, this.#actor(story.cause.path), facts(story.cause), this.#steps(story), ...this.#stacks(story)));
  }

  #actor(path) {
    if (path.startsWith("/launcher")) return make("p", { class: "actor-of" }, path); // a process, which has no sheet
    const link = make("a", { href: `#${path}`, class: "path" }, path);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      this.chosen(path);
    });
    return make("p", { class: "actor-of" }, link);
  }

  #stacks(story) {
    const found = story.records.filter((record) => record.exc_type).map((record) => [record, this.stackOf(record)]).filter(([, stack]) => stack);
    const each = new Map(found.map(([record, stack]) => [stack, record]));
    return [...each].slice(0, STACKS).map(([stack, record]) => make(
      "details", { class: "stack" },
      make("summary", {}, `Stack of ${nameOf(record.path)}`),
      make("pre", { tabindex: "0" }, stack),
    ));
  }

  #steps(story) {
    const begin = story.cause.time;
    const steps = story.records.map((record) => make(
      "li", { "data-tone": record.level === "info" ? "good" : record.level === "warning" ? "warn" : "bad" },
      make("span", { class: "when" }, record === story.cause ? moment(begin) : `+${duration(Math.max(0, record.time - begin))}`),
      make("span", { class: "who", title: record.path }, nameOf(record.path)),
      make("span", {}, sentence(record)),
    ));
    return make("ol", { class: "steps", "aria-label": "What happened" }, ...steps);
  }
}

function facts(record) {
  return make("dl", { class: "facts" }, ...factsOf(record).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, plain(value)))));
}

function searchable(record) {
  return `${record.path} ${record.event} ${record.exc_type ?? ""} ${record.exc_msg ?? ""} ${record.message_type ?? ""} ${record.trace_id ?? ""}`.toLowerCase();
}
