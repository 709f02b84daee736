// Single keys that do something anywhere on the page, except where one types; they can be switched off (WCAG 2.1.4).

import { byId, make } from "./dom.js";
import { STATE_NAMES, stateOf } from "./states.js";

// `keys`: [[key, what it does, function]]
export function installKeys(keys) {
  const table = new Map(keys.map(([key, , act]) => [key, act]));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!byId("keys-on").checked || document.querySelector("dialog[open]") || isTyping(event.target)) return;
    const act = table.get(event.key);
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  byId("help-keys").replaceChildren(...keys.map(([key, meaning]) => make("div", {}, make("dt", {}, make("kbd", {}, key)), make("dd", {}, meaning))));
  byId("help-states").replaceChildren(...STATE_NAMES.map((name) => {
    const { sign, tone, meaning } = stateOf(name);
    return make("li", { "data-tone": tone }, make("span", { class: "sign", "aria-hidden": "true" }, sign), make("strong", {}, name), ` ${meaning}`);
  }));
  byId("help").onclick = showHelp;
  byId("help-close").onclick = () => byId("help-sheet").close();
}

export function showHelp() {
  byId("help-sheet").showModal();
}

function isTyping(element) {
  return element.matches("input:not([type=checkbox]), select, textarea");
}
