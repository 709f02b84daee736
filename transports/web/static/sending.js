// When a typed line may go: at once, later, or not at all.
//
// A new connection says first how far the lines of earlier ones were taken ("taken"), then whether lines go to
// the game ("session"), then that it is ready (the first prompt). Lines for the game wait for all three. While
// a login asks its questions, what is typed answers them, and goes at once or not at all: a command must not
// become a name, and a name must not become a command.

import { Outbox } from "./outbox.js";

const SETTLING_MILLISECONDS = 1500; // for a new connection to say where lines go; a bare server never does

export const Fate = Object.freeze({ SENT: "sent", KEPT: "kept", FULL: "full", NOBODY: "nobody" });

export class Sending {
  constructor(link, onChange) {
    this.link = link;
    this.onChange = onChange;
    this.outbox = new Outbox();
    this.id = randomName();
    this.isHeard = false; // the server has said what it has taken
    this.isSettled = false;
    this.timer = 0;
    // Whether lines go to the game; null: nobody has said so. After a loss it says where they went before.
    this.playing = null;
  }

  get waiting() {
    return this.outbox.waiting;
  }

  // What becomes of a line typed now.
  get fate() {
    if (this.playing === false) return this.isHeard ? Fate.SENT : Fate.NOBODY;
    if (this.isHeard && this.isSettled) return Fate.SENT;
    return this.outbox.isFull ? Fate.FULL : Fate.KEPT;
  }

  // `shown` is the line of the log that tells of this one. Its fate is neither FULL nor NOBODY.
  send(text, shown) {
    if (this.playing === false) this.#dispatch(this.outbox.next(), text);
    else if (this.fate === Fate.SENT) this.#post(text, shown);
    else this.#keep(text, shown);
    this.onChange();
  }

  // A secret is sent now or not at all, and kept nowhere.
  sendSecret(text) {
    this.#dispatch(this.outbox.next(), text);
  }

  // What happens to the connection

  begin() {
    this.playing = null;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), SETTLING_MILLISECONDS);
  }

  end() {
    clearTimeout(this.timer);
    this.isHeard = false;
    this.isSettled = false;
  }

  // The server has ended the session.
  finish() {
    this.outbox.forgetSent();
    this.onChange();
  }

  // What the server says

  taken(number) {
    this.outbox.acknowledge(number);
    for (const { shown } of this.outbox.takeBack()) shown.classList.add("kept");
    this.isHeard = true;
    this.#release();
  }

  acknowledge(number) {
    this.outbox.acknowledge(number);
  }

  refuse(number) {
    this.outbox.refuse(number);
  }

  goTo(playing) {
    this.playing = playing;
    this.#release();
  }

  settle() {
    if (this.isSettled) return;
    clearTimeout(this.timer);
    this.isSettled = true;
    this.#release();
  }

  #release() {
    if (this.isHeard && this.isSettled && this.playing !== false) {
      for (const { number, text, shown } of this.outbox.release()) {
        shown.classList.remove("kept");
        this.#dispatch(number, text);
      }
    }
    this.onChange();
  }

  #post(text, shown) {
    this.#dispatch(this.outbox.post(text, shown).number, text);
  }

  #keep(text, shown) {
    shown.classList.add("kept");
    this.outbox.keep(text, shown);
  }

  #dispatch(number, text) {
    this.link.send({ t: "line", n: number, text });
  }
}

// Nobody else may guess it: who knows it can end this page's connection. (`randomUUID` needs HTTPS.)
function randomName() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
