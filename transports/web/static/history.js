// Lines typed before, for the arrow keys; kept for this tab only. Passwords are never given to it.

const KEY = "wyld.history";
const LIMIT = 200;

export class History {
  constructor() {
    this.lines = read();
    this.at = this.lines.length; // one past the newest: what is being typed
    this.draft = "";
  }

  add(line) {
    if (line !== "" && line !== this.lines.at(-1)) {
      this.lines.push(line);
      this.lines.splice(0, this.lines.length - LIMIT);
      write(this.lines);
    }
    this.at = this.lines.length;
    this.draft = "";
  }

  // The line before or after the one shown; null at either end.
  earlier(shown) {
    if (this.at === 0) return null;
    if (this.at === this.lines.length) this.draft = shown;
    this.at -= 1;
    return this.lines[this.at];
  }

  later() {
    if (this.at === this.lines.length) return null;
    this.at += 1;
    return this.at === this.lines.length ? this.draft : this.lines[this.at];
  }
}

function read() {
  try {
    const lines = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(lines) ? lines.filter((line) => typeof line === "string").slice(-LIMIT) : [];
  } catch {
    return []; // storage is off or holds something else: history lives as long as the page
  }
}

function write(lines) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(lines));
  } catch {
    // as above
  }
}
