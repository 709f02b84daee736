// The output: styled text in lines, bounded, held still while the reader has scrolled back.
//
// Text goes in by textContent only: nothing the server or another player says can become markup.

const PINNED_PIXELS = 40; // this near the end counts as reading the newest line
const STYLE_NAME = /^[a-z][a-z0-9-]*$/;
const COLOUR = /^#[0-9a-f]{6}$/i;
const WAY = /^[a-z]{1,12}$/i; // an exit whose text is its command

export class Log {
  constructor(element, { lines, newer, newerText, onWay }) {
    this.element = element;
    this.limit = lines;
    this.newer = newer;
    this.newerText = newerText;
    this.onWay = onWay;
    this.open = null; // the line that has not ended yet
    this.pinned = true;
    this.unread = 0;
    this.ways = [];
    element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    element.addEventListener("click", (event) => this.#clicked(event.target));
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#clicked(event.target);
    });
    newer.addEventListener("click", () => this.toEnd());
    // A phone's keyboard, a notice or a rotated screen changes the height: the newest line stays in sight.
    this.height = element.clientHeight;
    new ResizeObserver(() => {
      this.height = element.clientHeight;
      if (this.pinned) this.toEnd();
    }).observe(element);
  }

  // Spans of one text object: [[styles, text], ...]. A line ends only where the text says so.
  write(spans) {
    const ways = [];
    for (const [styles, text] of spans) {
      const pieces = text.split("\n");
      pieces.forEach((piece, index) => {
        if (index > 0) this.#endLine();
        if (piece !== "") this.#append(piece, styles, ways);
      });
    }
    if (ways.length) this.#replaceWays(ways);
    this.#settle();
  }

  // What the player typed. Returns the line, so that it can be marked as kept.
  typed(text, { kept = false } = {}) {
    return this.#wholeLine(text, kept ? "line typed kept" : "line typed");
  }

  // What the page itself has to say.
  note(text) {
    return this.#wholeLine(text, "line note");
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.#caughtUp();
  }

  scrollByPage(direction) {
    this.element.scrollBy({ top: direction * this.element.clientHeight * 0.85 });
  }

  columns() {
    const probe = document.createElement("span");
    probe.className = "line";
    probe.style.position = "absolute";
    probe.textContent = "m".repeat(50);
    this.element.append(probe);
    const width = probe.getBoundingClientRect().width / 50;
    const height = probe.getBoundingClientRect().height || 20;
    probe.remove();
    const style = getComputedStyle(this.element);
    const room = this.element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const within = (number, least, most) => Math.max(least, Math.min(most, Math.floor(number) || least));
    return { columns: within(room / width, 20, 500), rows: within(this.element.clientHeight / height, 5, 500) };
  }

  #append(text, styles, ways) {
    const line = this.#openLine();
    if (styles === "") {
      line.append(document.createTextNode(text));
      return;
    }
    const span = document.createElement("span");
    span.textContent = text;
    for (const name of styles.split(" ")) {
      if (STYLE_NAME.test(name)) span.classList.add(`s-${name}`);
      else if (COLOUR.test(name)) span.style.color = name;
    }
    if (span.classList.contains("s-exit") && WAY.test(text)) {
      span.classList.add("way");
      span.setAttribute("role", "link");
      span.title = `Go ${text}`;
      ways.push(span);
    }
    line.append(span);
  }

  #openLine() {
    if (this.open === null) {
      this.open = document.createElement("div");
      this.open.className = "line";
      this.element.append(this.open);
    }
    return this.open;
  }

  #endLine() {
    this.#openLine();
    this.open = null;
    this.unread += 1;
  }

  #wholeLine(text, className) {
    if (this.open !== null) this.#endLine();
    const line = document.createElement("div");
    line.className = className;
    line.textContent = text;
    this.element.append(line);
    this.#settle();
    return line;
  }

  #replaceWays(ways) {
    // Only the exits of where one stands now are stops for the Tab key.
    for (const old of this.ways) old.removeAttribute("tabindex");
    for (const way of ways) way.tabIndex = 0;
    this.ways = ways;
  }

  #clicked(target) {
    if (target instanceof HTMLElement && target.classList.contains("way")) this.onWay(target.textContent);
  }

  #settle() {
    // While somebody reads back, removing lines would move the text under their eyes: wait, but not for ever.
    const limit = this.pinned ? this.limit : this.limit * 1.5;
    while (this.element.childElementCount > limit) this.element.firstElementChild.remove();
    if (this.pinned) this.toEnd();
    else if (this.unread > 0) {
      this.newerText.textContent = this.unread === 1 ? "1 new line" : `${this.unread} new lines`;
      this.newer.hidden = false;
    }
  }

  #scrolled() {
    if (this.pinned && this.element.clientHeight !== this.height) return; // the observer's turn, not the reader's
    const left = this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight;
    this.pinned = left < PINNED_PIXELS;
    if (this.pinned) this.#caughtUp();
  }

  #caughtUp() {
    this.pinned = true;
    this.unread = 0;
    this.newer.hidden = true;
  }
}
