// "Do you really want this?" Nothing that changes a server happens without it; the safe answer has the focus.

import { byId, say } from "./dom.js";

export function confirmed(title, text, yes) {
  const dialog = byId("confirm");
  say(byId("confirm-title"), title);
  say(byId("confirm-text"), text);
  say(byId("confirm-yes"), yes);
  return new Promise((resolve) => {
    let isYes = false;
    const end = () => {
      dialog.removeEventListener("close", end);
      resolve(isYes);
    };
    byId("confirm-yes").onclick = () => {
      isYes = true;
      dialog.close();
    };
    byId("confirm-no").onclick = () => dialog.close();
    dialog.addEventListener("close", end);
    dialog.showModal();
  });
}
