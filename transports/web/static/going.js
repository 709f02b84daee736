// How the page goes on with its session by itself: the token for it, what has been seen, and the moment of
// waiting in which it is not known whether the server finds the session again.
//
// A new connection begins at the login. What that says is held back until the server has answered: nobody is to
// see questions that are not theirs.
//
// A token opens once, and the answer with the next one may be lost. So the page makes the secret of the next one
// itself, keeps it, and says it with the token: once that one is used the other is good.

const SEEN_DELAY = 250; // milliseconds: one word for all that comes in a burst
const ANSWER_LIMIT = 8000; // milliseconds; a server that does not know of tokens never answers

const USED = "already_used";
// Of a token, those letters that name its session; the rest is its secret.
const NAME_LETTERS = 12;
const SECRET_BYTES = 32;

const HELD = new Set(["text", "prompt", "echo", "data"]);

export class Going {
  constructor(kept, { say, onHeld }) {
    this.kept = kept;
    this.say = say; // sends an object
    this.onHeld = onHeld; // takes an object that was held back
    this.seen = Number(kept.get("seen")) || 0;
    this.isUnsaid = false; // whether the server has yet to hear what was seen
    this.isPending = false;
    this.wasSaid = false; // whether the next secret was said before this connection
    this.held = [];
    this.answer = 0;
    this.timer = 0;
    addEventListener("pagehide", () => this.flush());
  }

  get hasToken() {
    return this.#known !== null;
  }

  get #known() {
    const known = this.kept.get("token");
    return typeof known?.token === "string" && known.until > Date.now() ? known : null;
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
    const known = this.#known;
    if (known === null) {
      this.#see(0);
      this.isUnsaid = false;
      return {};
    }
    return this.#show(known);
  }

  // The token is refused: what another hello is to say, null if there is no other.
  another(reason) {
    const known = this.#known;
    if (reason !== USED || !this.wasSaid || known === null) return null;
    return this.#show({ token: known.token.slice(0, NAME_LETTERS) + known.next, until: known.until });
  }

  #show({ token, until, next }) {
    this.wasSaid = typeof next === "string";
    const secret = this.wasSaid ? next : randomSecret();
    this.kept.set("token", { token, until, next: secret });
    this.isPending = true;
    clearTimeout(this.answer);
    this.answer = setTimeout(() => this.release(), ANSWER_LIMIT);
    return { resume: token, seen: this.seen, next: secret };
  }

  end() {
    this.#settle();
    clearTimeout(this.timer);
    this.timer = 0;
  }

  // Whether the object is held back until the server has answered.
  holds(object) {
    if (!this.isPending) return false;
    // Which lines have come is for the session to say, when it is found.
    if (object?.t === "taken") return true;
    if (!HELD.has(object?.t)) return false;
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

// As the server writes tokens: URL-safe base64 without padding.
function randomSecret() {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
}
