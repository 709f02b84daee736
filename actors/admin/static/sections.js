// On a narrow screen one section is shown at a time; a wide one shows all of them (see operator.css).

import { byId, put } from "./dom.js";

export function installSections() {
  for (const button of byId("sections").children) button.onclick = () => showSection(button.dataset.section);
  showSection("tree");
}

export function showSection(name) {
  document.body.dataset.section = name;
  for (const button of byId("sections").children) put(button, "aria-pressed", String(button.dataset.section === name));
}

// Show it, and put the focus on its heading's panel.
export function goTo(name, focus) {
  showSection(name);
  focus.focus();
  focus.scrollIntoView({ block: "nearest" });
}
