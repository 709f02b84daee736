// The connection to the server: opens it, notices when it is dead, opens it again.
//
// A browser shows a page neither pings nor a network that silently stopped: so the page asks "ping" itself and
// closes a socket that stays silent. States: connecting, connected, reconnecting, offline, ended.

const SUBPROTOCOL = "json.wyld-actors";
const FIRST_DELAY = 500; // milliseconds; doubled for each attempt
const LAST_DELAY = 15_000;
const OPENING_LIMIT = 10_000;
const NORMAL_CLOSURE = 1000;

export class Link {
  constructor(url, { heartbeat, reconnect, onState, onObject, onRoundTrip }) {
    this.url = url;
    this.heartbeat = heartbeat;
    this.reconnect = reconnect;
    this.onState = onState;
    this.onObject = onObject;
    this.onRoundTrip = onRoundTrip;
    this.socket = null;
    this.attempt = 0;
    this.timer = 0;
    this.retryAt = 0;
    this.again = null; // what the server's "bye" said
    this.reason = "";
    this.heardAt = 0;
    this.askedAt = null;
    setInterval(() => this.#beat(), heartbeat);
    addEventListener("online", () => this.#wake());
    addEventListener("offline", () => this.#ask());
    document.addEventListener("visibilitychange", () => !document.hidden && this.#wake());
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  open() {
    clearTimeout(this.timer);
    this.#drop();
    this.again = null;
    this.reason = "";
    this.onState(this.attempt === 0 ? "connecting" : "reconnecting", {});
    const socket = new WebSocket(this.url, [SUBPROTOCOL]);
    this.socket = socket;
    this.timer = setTimeout(() => this.#lost(socket), OPENING_LIMIT);
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (event) => this.#received(socket, event.data);
    socket.onclose = (event) => this.#closed(socket, event);
  }

  get secondsToRetry() {
    return Math.max(0, Math.ceil((this.retryAt - performance.now()) / 1000));
  }

  // Nothing is sent when nobody is there.
  send(object) {
    if (this.isOpen) this.socket.send(JSON.stringify(object));
  }

  retryNow() {
    if (!this.isOpen) this.open();
  }

  // Let go, and come back after so many milliseconds.
  rest(milliseconds) {
    this.#drop();
    this.attempt += 1;
    this.#later(milliseconds);
  }

  #opened(socket) {
    if (socket !== this.socket) return;
    clearTimeout(this.timer);
    this.heardAt = performance.now();
    this.askedAt = null;
    this.onState("connected", {});
    this.#ask();
  }

  #received(socket, data) {
    if (socket !== this.socket) return;
    this.heardAt = performance.now();
    this.attempt = 0; // not before: a server that opens and falls silent is not asked ever faster
    let objects;
    try {
      objects = JSON.parse(data);
    } catch (error) {
      console.warn("not JSON", error);
      return;
    }
    for (const object of Array.isArray(objects) ? objects : [objects]) {
      if (socket === this.socket) this.#take(object); // one of them may be the end of it
    }
  }

  #take(object) {
    if (object.t === "pong") {
      this.onRoundTrip(performance.now() - object.at);
    } else if (object.t === "bye") {
      this.again = object.again === true;
      this.reason = String(object.reason ?? "");
    }
    this.onObject(object);
  }

  #closed(socket, event) {
    if (socket !== this.socket) return;
    this.again ??= event.code !== NORMAL_CLOSURE;
    this.reason ||= event.reason;
    this.#lost(socket);
  }

  #lost(socket) {
    if (socket !== this.socket) return;
    this.#drop();
    if (this.again === false || !this.reconnect) {
      this.attempt = 0;
      this.onState("ended", { reason: this.reason });
      return;
    }
    this.attempt += 1;
    // Jitter: after a restart of the server not everybody knocks at the same moment.
    this.#later(Math.min(LAST_DELAY, FIRST_DELAY * 2 ** (this.attempt - 1)) * (0.5 + Math.random()));
  }

  #later(delay) {
    this.retryAt = performance.now() + delay;
    this.timer = setTimeout(() => this.open(), delay);
    this.onState(navigator.onLine ? "reconnecting" : "offline", { seconds: this.secondsToRetry });
  }

  #drop() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #beat() {
    if (this.isOpen) this.#ask();
  }

  // Ask whether the server is there. A question unanswered for two heartbeats means that it is not.
  #ask() {
    if (!this.isOpen) return;
    const now = performance.now();
    if (this.askedAt !== null && this.heardAt < this.askedAt) {
      // Timers of a sleeping tab come late, and their answers with them: only an old question counts.
      if (now - this.askedAt >= this.heartbeat * 1.9) this.#lost(this.socket);
      return;
    }
    this.askedAt = now;
    this.send({ t: "ping", at: now });
  }

  #wake() {
    if (this.isOpen) this.#ask();
    else if (this.socket === null && this.retryAt > performance.now() && this.attempt > 0) this.open();
  }
}
