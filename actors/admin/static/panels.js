// The smaller panels: top mailboxes, sessions, link, checks, dead letters. Each is given what the processes answered and
// draws it; what a process did not answer stays as it was last and is said to be old.

import { byId, keyed, make, put, say } from "./dom.js";
import { healthOf, stateOf } from "./states.js";
import { age, bytes, count, duration, plural } from "./words.js";

// A table whose rows are kept by key. `columns`: [heading, cell text of a row, class].
function table(place, columns, rows, keyOf, empty) {
  if (!place.firstChild) {
    const headings = columns.map(([heading, , kind]) => make("th", { scope: "col", class: kind ?? "" }, heading));
    place.append(make("table", {}, make("thead", {}, make("tr", {}, ...headings)), make("tbody", {})), make("p", { class: "empty" }, empty));
  }
  const [drawn, note] = place.children;
  drawn.hidden = rows.length === 0;
  note.hidden = rows.length > 0;
  const create = () => make("tr", {}, ...columns.map(([heading, , kind]) => make("td", { class: kind ?? "", "data-heading": heading })));
  keyed(drawn.tBodies[0], rows, keyOf, create, (element, row) => {
    put(element, "data-tone", row.tone);
    columns.forEach(([, text], index) => fill(element.children[index], text(row)));
  });
}

function fill(cell, content) {
  if (content === null || content === undefined) say(cell, "");
  else if (typeof content !== "object") say(cell, String(content));
  else if (cell.textContent !== content.textContent) cell.replaceChildren(content);
}

function linkTo(path, chosen) {
  const link = make("a", { href: `#${path}`, class: "path" }, path);
  link.onclick = (event) => {
    event.preventDefault();
    chosen(link.textContent);
  };
  return link;
}

// With the sign of a state before it; the word only where it is not the usual one.
function signed(state, element) {
  const { sign } = stateOf(state);
  return make("span", { class: "signed" }, make("span", { class: "sign", title: state }, sign), " ", element, state === "running" ? "" : make("span", { class: "state" }, ` ${state}`));
}

export function showBusy(rows, chosen) {
  const sorted = rows.map((row) => ({ ...row, tone: stateOf(row.state).tone }));
  table(byId("busy"), [
    ["actor", (row) => signed(row.state, linkTo(row.path, chosen))],
    ["waiting", (row) => count(row.depth), "number"],
    ["most", (row) => count(row.high_water), "number"],
    ["oldest", (row) => (row.oldest_seconds ? duration(row.oldest_seconds) : ""), "number"],
    ["handled", (row) => count(row.handled), "number"],
    ["time", (row) => (row.seconds ? duration(row.seconds) : ""), "number"],
    ["p99", (row) => duration(row.p99_seconds), "number"],
    ["now", (row) => row.current_message],
  ], sorted, (row) => row.path, "No mailbox was ever used.");
}

export function showSessions(view, chosen) {
  const states = Object.entries(view.by_state).map(([state, number]) => `${count(number)} ${state}`).join(", ");
  say(byId("sessions-count"), states || "0");
  table(byId("sessions-table"), [
    ["character", (row) => row.character ?? row.account ?? "(not logged in)"],
    ["state", (row) => row.state, "state"],
    ["protocol", (row) => row.protocol],
    ["from", (row) => row.peer],
    ["here for", (row) => age(row.age_seconds), "number"],
    ["idle", (row) => age(row.idle_seconds), "number"],
    ["lines", (row) => row.lines_waiting || "", "number"],
    ["actor", (row) => linkTo(row.path, chosen)],
  ], view.sessions, (row) => row.path, "Nobody is connected.");
}

// `ends`: Map from process to what its end of the link says.
export function showLink(ends) {
  keyed(byId("link"), [...ends], ([half]) => half, () => make("section", { class: "link-end" }, make("h3", {}), make("dl", { class: "facts" })), (element, [half, status]) => {
    const { tone, word, facts } = half === "gateway" ? gatewayEnd(status) : worldEnd(status);
    put(element, "data-tone", tone);
    say(element.children[0], `${half}: ${word}`);
    keyed(element.children[1], facts.filter(([, value]) => value !== null && value !== undefined), ([name]) => name, ([name]) => make("div", {}, make("dt", {}, name), make("dd", {})), (row, [, value]) => say(row.lastChild, String(value)));
  });
}

function gatewayEnd(status) {
  return {
    tone: status.is_up ? "good" : "bad",
    word: status.is_up ? `✓ up to ${status.world}` : "✕ down",
    facts: [
      ["round trip", status.round_trip_seconds === null ? "not measured yet" : duration(status.round_trip_seconds)],
      ["dialled", plural(status.attempts ?? 0, "time")],
      ["sessions", `${count(status.sessions ?? 0)}, ${count(status.sessions_in_world ?? 0)} of them in the world`],
      ["requests under way", count(status.requests_waiting ?? 0)],
      ["traffic", status.statistics ? `${bytes(status.statistics.bytes_sent)} sent, ${bytes(status.statistics.bytes_received)} received` : null],
    ],
  };
}

function worldEnd(status) {
  const gateways = Object.entries(status.gateways ?? {});
  const isUp = gateways.some(([, facts]) => facts.state === "up");
  return {
    tone: isUp ? "good" : "warn",
    word: isUp ? "✓ open" : "! no gateway is connected",
    facts: [
      ...gateways.map(([name, facts]) => [name, [facts.state, ...Object.entries(facts).filter(([key, value]) => key !== "state" && value !== null && typeof value !== "object").map(([key, value]) => said(key, value))].join(", ")]),
      ["sessions", count(status.sessions ?? 0)],
      ["commands", `${count(status.commands_waiting ?? 0)} under way, ${count(status.commands_not_durable ?? 0)} not saved yet`],
      ["outputs not confirmed", count(status.outputs_unacknowledged ?? 0)],
    ],
  };
}

function said(key, value) {
  const name = key.replace(/_seconds$/, "").replaceAll("_", " ");
  return `${name} ${key.endsWith("_seconds") && typeof value === "number" ? duration(value) : value}`;
}

const WORST_FIRST = ["failing", "warning", "ok"];

// `checks`: [{half, name, health, finding, advice}]
export function showChecks(checks, chosen) {
  const sorted = [...checks].sort((one, other) => WORST_FIRST.indexOf(one.health) - WORST_FIRST.indexOf(other.health));
  const wrong = sorted.filter((check) => check.health !== "ok");
  say(byId("checks-count"), wrong.length ? `${plural(wrong.length, "finding")}` : `all ${checks.length} well`);
  keyed(byId("checks"), sorted, (check) => `${check.half} ${check.name}`, createCheck, (element, check) => updateCheck(element, check, chosen));
}

// What must be seen at once, above everything: failing checks, warnings below them.
export function showAlarms(checks, chosen) {
  const wrong = checks.filter((check) => check.health !== "ok").sort((one, other) => WORST_FIRST.indexOf(one.health) - WORST_FIRST.indexOf(other.health));
  const place = byId("alarms");
  keyed(place, wrong, (check) => `${check.half} ${check.name}`, createCheck, (element, check) => updateCheck(element, check, chosen));
  place.hidden = wrong.length === 0;
  const mark = byId("health-mark");
  say(mark, wrong.length ? String(wrong.length) : "");
  mark.hidden = wrong.length === 0;
}

function createCheck() {
  return make("li", { class: "check-line" }, make("span", { class: "sign", "aria-hidden": "true" }), make("span", { class: "who" }), make("span", { class: "finding" }), make("span", { class: "advice" }));
}

function updateCheck(element, check, chosen) {
  const health = healthOf(check.health);
  put(element, "data-tone", health.tone);
  const [sign, who, finding, advice] = element.children;
  say(sign, health.sign);
  say(who, `${check.half} ${check.name}${check.health === "ok" ? "" : ` ${check.health}`}`);
  tell(finding, check.finding, chosen);
  tell(advice, check.health === "ok" ? "" : check.advice, chosen);
}

const PATH_OR_CODE = /(\/(?:gateway|world)(?:\/[^\s,;/]+)*|`[^`]+`)/;

// A text with its paths as links and its `commands` as code.
function tell(element, text, chosen) {
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  element.replaceChildren(...text.split(PATH_OR_CODE).flatMap((part, index) => {
    if (index % 2 === 0) return [part];
    if (part.startsWith("`")) return [make("code", {}, part.slice(1, -1))];
    const path = part.replace(/[:.]+$/, "");
    return [linkTo(path, chosen), part.slice(path.length)];
  }));
}

// `letters`: [{half, ...}]; `send` is called with one of them.
export function showLetters(letters, total, { chosen, send }) {
  byId("letters-panel").hidden = total === 0;
  say(byId("letters-count"), total ? `${count(total)} since the start` : "");
  table(byId("letters"), [
    ["number", (row) => row.number, "number"],
    ["age", (row) => age(row.seconds_ago), "number"],
    ["to", (row) => linkTo(row.path, chosen)],
    ["message", (row) => row.message],
    ["why", (row) => row.why],
    ["", (row) => sendButton(row, send)],
  ], letters, (row) => `${row.half} ${row.number}`, "None is kept any more.");
}

function sendButton(row, send) {
  const button = make("button", { type: "button", "aria-label": `Send number ${row.number} again` }, "Send again");
  button.onclick = () => send(row);
  return button;
}
