// How the page goes on with its session by itself: the token for it, what has been seen, and the moment of
// waiting in which it is not known whether the server finds the session again.
//
// A new connection begins at the login. What that says is held back until the server has answered: nobody is to
// see questions that are not theirs.

const SEEN_DELAY = 250; // milliseconds: one word for all that comes in a burst
const ANSWER_LIMIT = 8000; // milliseconds; a server that does not know of tokens never answers

const HELD = new Set(["text", "prompt", "echo", "data"]);

export class Going {
  constructor(kept, { say, onHeld }) {
    this.kept = kept;
    this.say = say; // sends an object
    this.onHeld = onHeld; // takes an object that was held back
    this.seen = Number(kept.get("seen")) || 0;
    this.isUnsaid = false; // whether the server has yet to hear what was seen
    this.isPending = false;
    this.held = [];
    this.answer = 0;
    this.timer = 0;
    addEventListener("pagehide", () => this.flush());
  }

  get hasToken() {
    return this.#token !== "";
  }

  get #token() {
    const known = this.kept.get("token");
    return typeof known?.token === "string" && known.until > Date.now() ? known.token : "";
  }

  keepToken(token, seconds) {
    this.kept.set("token", { token, until: Date.now() + seconds * 1000 });
  }

  forget() {
    this.kept.remove("token");
  }

  // A new connection: what its hello is to say of this.
  begin() {
    this.#settle();
    const token = this.#token;
    if (token === "") {
      this.#see(0);
      this.isUnsaid = false;
      return {};
    }
    this.isPending = true;
    this.answer = setTimeout(() => this.release(), ANSWER_LIMIT);
    return { resume: token, seen: this.seen };
  }

  end() {
    this.#settle();
    clearTimeout(this.timer);
    this.timer = 0;
  }

  // Whether the object is held back until the server has answered.
  holds(object) {
    if (!this.isPending || !HELD.has(object?.t)) return false;
    this.held.push(object);
    return true;
  }

  // The session goes on: what the login said was not for this page.
  resumed() {
    this.#settle();
  }

  // It does not: show what was held back.
  release() {
    for (const object of this.#settle()) this.onHeld(object);
  }

  // Everything up to this number is in the log.
  saw(number) {
    this.#see(number);
    this.isUnsaid = true;
    this.timer ||= setTimeout(() => this.flush(), SEEN_DELAY);
  }

  flush() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.isUnsaid) this.say({ t: "seen", n: this.seen });
    this.isUnsaid = false;
  }

  #see(number) {
    this.seen = number;
    this.kept.set("seen", number);
  }

  #settle() {
    clearTimeout(this.answer);
    this.isPending = false;
    return this.held.splice(0);
  }
}
