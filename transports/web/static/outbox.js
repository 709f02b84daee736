// Typed lines on their way: numbered, kept until nothing can lose them any more, and over a reload.
//
// A number is given once and goes upwards for as long as the tab lives: the server runs none twice, whatever
// dies between. The server says which lines it has ("ack", "taken") and which are saved for good ("done"). A
// server that gives no token to go on with saves none for this page: then a line is over when it is taken.

const LIMIT = 256; // what the server keeps for a session as well
// Lines that are taken and not saved. Only a server whose database is away leaves so many; beyond it the oldest
// are taken on trust.
const TAKEN_LIMIT = 2048;

const WAITING = "waiting"; // never sent
const SENT = "sent"; // and whether it arrived is not known
const AGAIN = "again"; // was sent and did not arrive
const TAKEN = "taken"; // is there, and not saved yet

export class Outbox {
  constructor(kept) {
    this.kept = kept;
    this.untilDone = false; // whether the server says what is saved
    this.entries = kept
      .all("line.")
      .filter(([number, line]) => Number(number) > 0 && typeof line?.text === "string")
      .map(([number, line]) => ({
        number: Number(number),
        text: line.text,
        state: line.wasSent ? SENT : WAITING,
        shown: null, // the line of the log that tells of it
      }))
      .sort((one, other) => one.number - other.number);
    // The time, so that a tab that was copied does not give the numbers of the other one.
    this.number = Math.max(Date.now(), Number(kept.get("number")) || 0, this.entries.at(-1)?.number ?? 0);
  }

  get isFull() {
    return this.entries.filter(({ state }) => state !== TAKEN).length >= LIMIT;
  }

  // How many lines wait to be sent.
  get waiting() {
    return this.toSend().length;
  }

  toSend() {
    return this.entries.filter(({ state }) => state === WAITING || state === AGAIN);
  }

  next() {
    this.number += 1;
    this.kept.set("number", this.number);
    return this.number;
  }

  keep(text, shown) {
    return this.#add({ number: this.next(), text, state: WAITING, shown });
  }

  post(text, shown) {
    return this.#add({ number: this.next(), text, state: SENT, shown });
  }

  // All that is to be sent now, in order; it counts as sent.
  release() {
    const released = this.toSend();
    for (const entry of released) this.#put(entry, SENT);
    return released;
  }

  // Every line up to this number has arrived.
  acknowledge(number) {
    for (const entry of this.entries) {
      if (entry.number <= number && entry.state !== WAITING) this.#arrived(entry);
    }
    this.#tidy();
  }

  // The same, on a new connection: what is beyond it did not arrive. `isSame` if it is the session of before,
  // which may have had them from a copy of this tab.
  taken(number, isSame) {
    for (const entry of this.entries) {
      const hasCome = entry.number <= number;
      if (hasCome && (isSame || entry.state !== WAITING)) this.#arrived(entry);
      else if (!hasCome && entry.state !== WAITING) this.#put(entry, AGAIN);
    }
    this.#tidy();
    this.#numberBeyond(number);
  }

  // Every line up to this number is saved.
  done(number) {
    this.#drop((entry) => entry.number <= number && entry.state !== WAITING);
  }

  refuse(number) {
    this.#drop((entry) => entry.number === number);
  }

  // The session is over, or cannot be found again: what it was sent is not for another one. How many lines of
  // that may never have arrived.
  forgetSent() {
    const unsure = this.entries.filter(({ state }) => state === SENT || state === AGAIN).length;
    this.#drop(({ state }) => state !== WAITING);
    return unsure;
  }

  #add(entry) {
    this.entries.push(entry);
    this.#put(entry, entry.state);
    return entry;
  }

  #put(entry, state) {
    entry.state = state;
    this.kept.set(`line.${entry.number}`, { text: entry.text, wasSent: state !== WAITING });
  }

  #arrived(entry) {
    entry.state = TAKEN;
  }

  // The session has lines of others up to this number: those that were never sent come after them.
  #numberBeyond(number) {
    this.number = Math.max(this.number, number);
    const unsent = this.entries.filter(({ state }) => state === WAITING);
    if (!unsent.some((entry) => entry.number <= number)) return;
    for (const entry of unsent) {
      this.kept.remove(`line.${entry.number}`);
      entry.number = this.next();
      this.#put(entry, WAITING);
    }
  }

  #tidy() {
    if (!this.untilDone) this.#drop(({ state }) => state === TAKEN);
    const taken = this.entries.filter(({ state }) => state === TAKEN);
    const old = new Set(taken.slice(0, Math.max(0, taken.length - TAKEN_LIMIT)));
    if (old.size > 0) this.#drop((entry) => old.has(entry));
  }

  #drop(isOver) {
    for (const entry of this.entries) if (isOver(entry)) this.kept.remove(`line.${entry.number}`);
    this.entries = this.entries.filter((entry) => !isOver(entry));
  }
}
