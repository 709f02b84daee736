// Typed lines on their way: numbered when they are sent, forgotten when the server has taken the number.
//
// Numbers go upwards for as long as the page lives: the server takes none twice (`hello.id`). They are kept in
// memory only: after a reload it is another page, whose lines nobody waits for.

const LIMIT = 256; // what the server keeps for a session as well

export class Outbox {
  constructor() {
    this.entries = []; // {text, number, shown}; number is null for a line that was not sent
    this.number = 0;
  }

  get isFull() {
    return this.entries.length >= LIMIT;
  }

  // How many lines wait to be sent.
  get waiting() {
    return this.entries.filter((entry) => entry.number === null).length;
  }

  next() {
    this.number += 1;
    return this.number;
  }

  // `shown` is the line of the log that tells of this one.
  keep(text, shown) {
    this.entries.push({ text, number: null, shown });
  }

  post(text, shown) {
    const entry = { text, number: this.next(), shown };
    this.entries.push(entry);
    return entry;
  }

  // Give numbers to all that waits, and return it in order.
  release() {
    const released = this.entries.filter((entry) => entry.number === null);
    for (const entry of released) entry.number = this.next();
    return released;
  }

  acknowledge(number) {
    this.entries = this.entries.filter((entry) => entry.number === null || entry.number > number);
  }

  refuse(number) {
    this.entries = this.entries.filter((entry) => entry.number !== number);
  }

  // The connection they were sent on is gone, and they did not arrive: they wait again, in their order.
  takeBack() {
    for (const entry of this.entries) entry.number = null;
    return this.entries;
  }

  // The server has ended the session: what it was sent is over, what it never saw still waits.
  forgetSent() {
    this.entries = this.entries.filter((entry) => entry.number === null);
  }
}
