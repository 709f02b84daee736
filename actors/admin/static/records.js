// The records of the restart log that this page knows: the latest of each process, none twice.

import { stories } from "./stories.js";

const LIMIT = 400; // of each process: an evening's worth, and regrouped in a millisecond

export class Records {
  constructor() {
    this.halves = new Map(); // name -> {last, records, keys}
    this.version = 0;
  }

  // How far the log of this process was read, for the next question; "" when its history is to be asked for.
  last(half) {
    return this.halves.get(half)?.last ?? "";
  }

  // What a look told. Says whether the history has to be asked for: the first time, and after a new start.
  hear(half, news) {
    const isOther = life(this.last(half)) !== life(news.last);
    this.add(half, news.records);
    this.#of(half).last = news.last;
    return isOther || news.missed > 0;
  }

  add(half, records) {
    const known = this.#of(half);
    const fresh = records.map((record) => [key(record), record]).filter(([name]) => !known.keys.has(name));
    if (fresh.length === 0) return;
    for (const [name, record] of fresh) {
      known.keys.add(name);
      known.records.push(record);
    }
    known.records.sort((one, other) => one.time - other.time); // stable: same times stay in order
    for (const record of known.records.splice(0, known.records.length - LIMIT)) known.keys.delete(key(record));
    this.version += 1;
  }

  // Of all processes, the latest first.
  stories() {
    const told = [...this.halves.values()].flatMap(({ records }) => stories(records));
    return told.sort((one, other) => other.cause.time - one.cause.time);
  }

  // The stack of a bug: the log tells it once an hour, so it may stand in another record of the same cause.
  stackOf(record) {
    if (record.stack || !record.cause) return record.stack;
    const all = [...this.halves.values()].flatMap(({ records }) => records);
    return all.findLast((other) => other.cause === record.cause && other.stack)?.stack;
  }

  #of(half) {
    if (!this.halves.has(half)) this.halves.set(half, { last: "", records: [], keys: new Set() });
    return this.halves.get(half);
  }
}

function life(last) {
  return last.slice(0, last.lastIndexOf(":"));
}

function key(record) {
  return record.id ?? `${record.time} ${record.event} ${record.path} ${record.incarnation} ${record.decision} ${record.message_id ?? ""}`;
}
