// Typed lines on their way: numbered when first sent, forgotten when the server has acknowledged the number.
//
// A line typed while nobody listens waits here; a line sent but not acknowledged is sent again, under the same
// number, after a reconnect. A secret line is never kept: it is sent now or not at all.

const KEY = "wyld.number";
const LIMIT = 256; // what the server keeps for a session as well

export class Outbox {
  constructor(storage) {
    this.storage = storage;
    this.waiting = []; // {text, number | null, shown}
    this.number = readNumber(storage);
  }

  get isFull() {
    return this.waiting.length >= LIMIT;
  }

  get count() {
    return this.waiting.length;
  }

  // `shown` is the line in the log that tells that this one waits.
  keep(text, shown) {
    this.waiting.push({ text, number: null, shown });
  }

  // Number a line and remember it until it is acknowledged.
  post(text, shown) {
    const entry = { text, number: this.#next(), shown };
    this.waiting.push(entry);
    return entry;
  }

  // A secret is numbered, for the order's sake, and forgotten at once.
  postSecret(text) {
    return { text, number: this.#next(), shown: null };
  }

  // Everything to send after a reconnect, in order.
  resend() {
    for (const entry of this.waiting) entry.number ??= this.#next();
    return this.waiting;
  }

  acknowledge(number) {
    this.waiting = this.waiting.filter((entry) => entry.number === null || entry.number > number);
  }

  refuse(number) {
    this.waiting = this.waiting.filter((entry) => entry.number !== number);
  }

  // The server has ended the session: what it was sent is over, what it never saw still waits.
  forgetSent() {
    this.waiting = this.waiting.filter((entry) => entry.number === null);
  }

  // The connection is a new one and its server knows nothing of the old numbers.
  renumber() {
    for (const entry of this.waiting) entry.number = null;
  }

  #next() {
    this.number += 1;
    try {
      this.storage.setItem(KEY, String(this.number));
    } catch {
      // numbers then start anew with the page
    }
    return this.number;
  }
}

function readNumber(storage) {
  try {
    return Number.parseInt(storage.getItem(KEY) ?? "0", 10) || 0;
  } catch {
    return 0;
  }
}
