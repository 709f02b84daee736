// The output: lines of text, bounded, held still while the reader has scrolled back.

import { hang, styled } from "./spans.js";

const PINNED_PIXELS = 40; // this near the end counts as reading the newest line
const HIDDEN_ANSWER = "\u2022".repeat(8); // as many for each: not even its length is told
// While somebody reads back, the oldest lines stay for longer, but not for ever.
const PATIENCE = 1.5;

export class Log {
  constructor(element, { limit, newer, newerText, ways }) {
    this.element = element;
    this.lines = element.firstElementChild;
    this.limit = limit;
    this.newer = newer;
    this.newerText = newerText;
    this.ways = ways;
    this.open = null; // the line that has not ended yet
    this.pinned = true;
    this.unread = 0;
    this.mark = null; // the first line that came while nobody looked
    this.isMarked = false; // and nobody has looked since
    this.anchor = null; // where somebody reads who has scrolled back: {line, above}
    this.size = sizeOf(element);
    element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    newer.addEventListener("click", () => this.toEnd());
    // A phone's keyboard, a notice or a rotated screen changes the size: what is being read stays in sight.
    new ResizeObserver(() => this.#resized()).observe(element);
  }

  // The spans of one text object, [[styles, text], ...]. A line ends only where the text says so.
  write(spans) {
    const nodes = [];
    for (const [styles, text] of spans) {
      text.split("\n").forEach((piece, index) => {
        if (index > 0) this.#endLine();
        if (piece !== "") nodes.push(this.#append(styled(styles, piece)));
      });
    }
    this.ways.take(nodes);
    this.#settle();
  }

  // What the player typed, after the question it answers. Returns the line, so that it can be marked as kept.
  typed(text, { question = "" } = {}) {
    this.mark?.classList.remove("unread");
    const line = this.#wholeLine("line typed");
    if (question !== "") {
      line.classList.add("answer");
      line.append(styled("prompt", `${question} `));
    }
    line.append(text);
    this.toEnd();
    return line;
  }

  // That something was typed which is not to be seen.
  typedInHiding({ question = "" } = {}) {
    this.typed(HIDDEN_ANSWER, { question });
  }

  // What the page itself has to say.
  note(text) {
    this.#wholeLine("line note").textContent = text;
    this.#settle();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.#caughtUp();
  }

  scrollByPage(direction) {
    this.element.scrollBy({ top: direction * this.element.clientHeight * 0.85 });
  }

  #append(node) {
    this.open ??= this.#begin("line");
    this.open.append(node);
    return node;
  }

  #endLine() {
    const line = this.open ?? this.#begin("line");
    const columns = hang(line.textContent);
    if (columns > 0) {
      line.classList.add("hanging");
      line.style.setProperty("--hang", `${columns}ch`);
    }
    this.open = null;
  }

  #wholeLine(className) {
    if (this.open !== null) this.#endLine();
    return this.#begin(className);
  }

  #begin(className) {
    const line = document.createElement("div");
    line.className = className;
    this.lines.append(line);
    if (!this.pinned) this.unread += 1;
    if (!this.pinned || document.hidden) this.#markUnread(line);
    return line;
  }

  #markUnread(line) {
    if (this.isMarked) return;
    this.isMarked = true;
    this.mark?.classList.remove("unread");
    this.mark = line;
    line.classList.add("unread");
  }

  #settle() {
    this.#trim();
    if (this.pinned) this.toEnd();
    else if (this.unread > 0) {
      this.newerText.textContent = this.unread === 1 ? "1 new line" : `${this.unread} new lines`;
      this.newer.hidden = false;
    }
  }

  #trim() {
    const limit = this.pinned ? this.limit : this.limit * PATIENCE;
    const excess = this.lines.childElementCount - limit;
    if (excess <= 0) return;
    for (let count = 0; count < excess; count += 1) this.lines.firstElementChild.remove();
    this.#hold();
  }

  #scrolled() {
    if (this.pinned && sizeOf(this.element) !== this.size) return; // the observer's turn, not the reader's
    const left = this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight;
    this.pinned = left < PINNED_PIXELS;
    if (this.pinned) this.#caughtUp();
    else this.anchor = this.#topmost();
  }

  #resized() {
    this.size = sizeOf(this.element);
    if (this.pinned) this.toEnd();
    else this.#hold();
  }

  #caughtUp() {
    this.pinned = true;
    this.unread = 0;
    this.newer.hidden = true;
    if (!document.hidden) this.isMarked = false;
  }

  // The line at the upper edge, and how far it reaches above it.
  #topmost() {
    const { scrollTop } = this.element;
    const lines = this.lines.children;
    let [least, most] = [0, lines.length - 1];
    while (least < most) {
      const middle = (least + most) >> 1;
      if (lines[middle].offsetTop + lines[middle].offsetHeight > scrollTop) most = middle;
      else least = middle + 1;
    }
    return { line: lines[least], above: scrollTop - lines[least].offsetTop };
  }

  #hold() {
    if (!this.pinned && this.anchor?.line.isConnected) {
      this.element.scrollTop = this.anchor.line.offsetTop + this.anchor.above;
    }
  }
}

function sizeOf(element) {
  return `${element.clientWidth} ${element.clientHeight}`;
}
