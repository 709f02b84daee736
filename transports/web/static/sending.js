// When a typed line may go: at once, later, or not at all.
//
// A new connection says first how far the lines of earlier ones were taken ("taken"), then whether lines go to
// the game ("session"), then that it is ready (the first prompt). Lines for the game wait for all three. While
// a login asks its questions, what is typed answers them, and goes at once or not at all: a command must not
// become a name, and a name must not become a command. An answer has no number, as it is never sent again: with
// one it would overtake the lines that wait.

import { Outbox } from "./outbox.js";

const SETTLING_MILLISECONDS = 1500; // for a new connection to say where lines go; a bare server never does

export const Fate = Object.freeze({ SENT: "sent", KEPT: "kept", FULL: "full", NOBODY: "nobody" });

export class Sending {
  // `show` gives the line of the log for one that was typed before the page was loaded.
  constructor(link, kept, { onChange, show }) {
    this.link = link;
    this.onChange = onChange;
    this.show = show;
    this.outbox = new Outbox(kept);
    this.id = randomName();
    this.isHeard = false; // the server has said what it has taken
    this.isSettled = false;
    this.isSame = false; // the session is the one of the connection before
    this.timer = 0;
    // Whether lines go to the game; null: nobody has said so. After a loss it says where they went before.
    this.playing = null;
    this.#mark();
  }

  get waiting() {
    return this.outbox.waiting;
  }

  // What becomes of a line typed now.
  get fate() {
    if (this.playing === false) return this.isHeard ? Fate.SENT : Fate.NOBODY;
    if (this.outbox.isFull) return Fate.FULL;
    return this.#isReady ? Fate.SENT : Fate.KEPT;
  }

  get #isReady() {
    return this.isHeard && this.isSettled;
  }

  // `shown` is the line of the log that tells of this one. Its fate is neither FULL nor NOBODY.
  send(text, shown) {
    if (this.playing === false) this.link.send({ t: "line", text });
    else if (this.#isReady) this.#dispatch(this.outbox.post(text, shown).number, text);
    else this.#keep(text, shown);
    this.onChange();
  }

  // A secret is sent now or not at all, and kept nowhere.
  sendSecret(text) {
    this.link.send({ t: "line", text });
  }

  // What happens to the connection

  begin() {
    this.playing = null;
    this.isSame = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), SETTLING_MILLISECONDS);
  }

  end() {
    clearTimeout(this.timer);
    this.isHeard = false;
    this.isSettled = false;
  }

  // The session has ended, or is not found again. How many of its lines may not have arrived.
  finish() {
    const unsure = this.outbox.forgetSent();
    this.outbox.untilDone = false;
    this.onChange();
    return unsure;
  }

  // What the server says

  resumed() {
    this.isSame = true;
  }

  // It gives a token: so it says as well what is saved.
  trusts() {
    this.outbox.untilDone = true;
  }

  taken(number) {
    this.outbox.taken(number, this.isSame);
    this.#mark();
    this.isHeard = true;
    this.#release();
  }

  acknowledge(number) {
    this.outbox.acknowledge(number);
  }

  done(number) {
    this.outbox.done(number);
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
    if (this.#isReady && this.playing !== false) {
      for (const { number, text, shown } of this.outbox.release()) {
        shown.classList.remove("kept");
        this.#dispatch(number, text);
      }
    }
    this.onChange();
  }

  #keep(text, shown) {
    this.outbox.keep(text, shown);
    this.#mark();
  }

  // The lines of the log that tell of what waits.
  #mark() {
    for (const entry of this.outbox.toSend()) {
      entry.shown ??= this.show(entry.text);
      entry.shown.classList.add("kept");
    }
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
