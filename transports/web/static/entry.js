// The field that is typed into: its keys, its history, and the hiding of passwords.

import { History } from "./history.js";

const PASTE_LIMIT = 50; // lines of one paste; a whole file is a mistake

export class Entry {
  constructor({ form, input, onLine, onSecret, onPage, onEscape, onLongPaste }) {
    this.input = input;
    this.onLine = onLine;
    this.onSecret = onSecret;
    this.onPage = onPage;
    this.onEscape = onEscape;
    this.onLongPaste = onLongPaste;
    this.history = new History();
    this.isMasked = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    input.addEventListener("keydown", (event) => this.#pressed(event));
    input.addEventListener("paste", (event) => this.#pasted(event));
    // Typing anywhere writes into the field.
    document.addEventListener("keydown", (event) => {
      if (isTyping(event) && event.key !== " " && document.activeElement !== input) input.focus();
    });
  }

  focus() {
    this.input.focus({ preventScroll: true });
  }

  mask(on) {
    if (this.isMasked === on) return;
    this.isMasked = on;
    // What was typed for the eye is not for the password, and the other way round.
    this.input.value = "";
    this.input.type = on ? "password" : "text";
  }

  #submit() {
    const text = this.input.value;
    this.input.value = "";
    if (this.isMasked) this.onSecret(text);
    else this.#line(text);
    this.focus();
  }

  #line(text) {
    this.history.add(text);
    this.onLine(text);
  }

  #pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    switch (event.key) {
      case "ArrowUp":
        this.#recall(this.history.earlier(this.input.value));
        break;
      case "ArrowDown":
        this.#recall(this.history.later());
        break;
      case "PageUp":
        this.onPage(-1);
        break;
      case "PageDown":
        this.onPage(1);
        break;
      case "Escape":
        this.input.value = "";
        this.onEscape();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  #recall(line) {
    if (this.isMasked || line === null) return;
    this.input.value = line;
    this.input.setSelectionRange(line.length, line.length);
  }

  // Several pasted lines are several commands; the last one may still be changed.
  #pasted(event) {
    const lines = (event.clipboardData?.getData("text") ?? "").split(/\r\n|\r|\n/);
    if (lines.length < 2 || this.isMasked) return;
    event.preventDefault();
    const last = lines.pop();
    if (lines.length > PASTE_LIMIT) {
      this.onLongPaste(lines.length, PASTE_LIMIT);
      return;
    }
    lines[0] = this.input.value + lines[0];
    this.input.value = last;
    for (const line of lines) this.#line(line);
  }
}

function isTyping(event) {
  return event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
}
