// Finding actors by a part of their name, in all processes.

import { Away, Refused } from "./api.js";
import { byId, make } from "./dom.js";
import { stateOf } from "./states.js";

const LIMIT = 20;

// `halves` gives the names of the processes; `reveal` is called with the path that was chosen.
export function installFind(api, halves, reveal) {
  const list = byId("found");
  const input = byId("find");

  function clear() {
    list.hidden = true;
    list.replaceChildren();
  }

  async function find() {
    const name = input.value.trim();
    if (name === "") return clear();
    const found = [];
    for (const half of halves()) {
      try {
        found.push(...(await api.get(half, "find", { name, limit: LIMIT })));
      } catch (error) {
        if (!(error instanceof Away || error instanceof Refused)) throw error;
      }
    }
    if (name !== input.value.trim()) return undefined;
    const items = found.slice(0, LIMIT).map((actor) => make("li", {}, button(actor)));
    list.replaceChildren(...(items.length ? items : [make("li", { class: "empty" }, `Nobody has ${name} in its name.`)]));
    list.hidden = false;
    return undefined;
  }

  function button(actor) {
    const { sign, tone } = stateOf(actor.state);
    const found = make("button", { type: "button", "data-tone": tone }, make("span", { class: "sign", "aria-hidden": "true" }, sign), make("span", { class: "path" }, actor.path), make("span", { class: "kind" }, `${actor.actor}, ${actor.state}`));
    found.onclick = () => {
      clear();
      input.value = "";
      reveal(actor.path);
    };
    return found;
  }

  byId("find-form").onsubmit = (event) => {
    event.preventDefault();
    find();
  };
  input.oninput = () => { if (input.value === "") clear(); };
  for (const element of [input, list]) {
    element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        clear();
        input.focus();
      }
    });
  }
}
