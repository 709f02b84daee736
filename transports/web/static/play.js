// The player's page: puts together the link, the log, the input and the outbox.

import { History } from "./history.js";
import { Link } from "./link.js";
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";

const PASTE_LIMIT = 50; // lines of one paste; a whole file is a mistake
const SETTLING = 1500; // milliseconds a new connection has to say where we are before kept lines go out
const TICK = 500;

const settings = document.body.dataset;
const element = (id) => document.getElementById(id);
const input = element("line");
const promptLabel = element("prompt");
const ownLabel = promptLabel.firstElementChild;

const history = new History(sessionStorage);
const outbox = new Outbox(sessionStorage);
const log = new Log(element("log"), {
  lines: Number(settings.logLines),
  newer: element("newer"),
  newerText: element("newer-text"),
  onWay: (way) => submit(way),
});
const link = new Link(socketUrl(), {
  heartbeat: Number(settings.heartbeatSeconds) * 1000,
  reconnect: settings.reconnect === "yes",
  onState: changed,
  onObject: received,
  onRoundTrip: (milliseconds) => {
    element("round-trip").textContent = `answer in ${Math.max(1, Math.round(milliseconds))} ms`;
  },
});

let masked = false;
let worldIsAway = false;
// null: the server has not said whether lines go to the game; kept lines wait while it is false.
let playing = null;
let isSettled = false;
let settling = 0;
let state = "connecting";
let details = {};
let hasBeenConnected = false;
let hasLostConnection = false;
let unseen = 0;

// From the server

const takers = {
  text: (object) => {
    log.write(object.spans);
    if (document.hidden) showUnseen(unseen + 1);
  },
  prompt: (object) => {
    showPrompt(object.spans);
    settled();
  },
  echo: (object) => setMasked(object.on === false),
  status: (object) => {
    worldIsAway = object.world === "away";
    show();
  },
  ack: (object) => outbox.acknowledge(object.n),
  error: (object) => {
    outbox.refuse(object.n);
    console.warn(object.code, object.message);
  },
  data: (object) => {
    if (object.package === "session" && typeof object.value?.playing === "boolean") {
      // A new login, not the old session: nobody there knows the numbers of before.
      if (playing === null && !object.value.playing) outbox.renumber();
      playing = object.value.playing;
      sendKept();
    }
  },
};

function received(object) {
  takers[object?.t]?.(object);
}

// To the server

function submit(text) {
  if (masked) sendSecret(text);
  else sendLine(text);
}

function sendLine(text) {
  history.add(text);
  const mayGo = link.isOpen && (isSettled || playing === false || outbox.count === 0);
  if (!mayGo && outbox.isFull) {
    log.note("Too many lines are waiting: this one was not kept.");
    return;
  }
  const shown = log.typed(text, { kept: !mayGo });
  if (mayGo) dispatch(outbox.post(text, shown));
  else outbox.keep(text, shown);
  log.toEnd();
  show();
}

function sendSecret(text) {
  if (!link.isOpen) {
    log.note("There is no connection: the password was not kept. Type it again later.");
    return;
  }
  dispatch(outbox.postSecret(text));
}

function dispatch(entry) {
  link.send({ t: "line", n: entry.number, text: entry.text });
}

// Lines that were typed without a connection, or whose arrival nobody confirmed.
function sendKept() {
  if (!link.isOpen || !isSettled || playing === false) return;
  for (const entry of outbox.resend()) {
    entry.shown?.classList.remove("kept");
    dispatch(entry);
  }
  show();
}

function settled() {
  if (isSettled) return;
  clearTimeout(settling);
  isSettled = true;
  sendKept();
}

// The state of the connection

function changed(next, more) {
  const before = state;
  state = next;
  details = more;
  if (next === "connected") begin();
  else if (before === "connected") end();
  show();
}

function begin() {
  if (hasLostConnection) log.note("Connected again.");
  hasBeenConnected = true;
  hasLostConnection = false;
  isSettled = false;
  playing = null;
  worldIsAway = false;
  setMasked(false);
  link.send({ t: "hello", ...log.columns(), client: "Wyld Actors page", version: "1" });
  clearTimeout(settling);
  settling = setTimeout(settled, SETTLING);
}

function end() {
  clearTimeout(settling);
  isSettled = false;
  setMasked(false);
  showPrompt([]);
  element("round-trip").textContent = "";
  if (state === "ended") {
    outbox.forgetSent();
    log.note(details.reason ? `The connection has ended: ${details.reason}` : "The connection has ended.");
  } else {
    hasLostConnection = true;
    log.note("The connection is lost.");
  }
}

// Showing

const labels = {
  connecting: () => "Connecting",
  connected: () => (worldIsAway ? "World away" : "Connected"),
  reconnecting: ({ seconds }) => (seconds > 0 ? `Reconnecting in ${seconds} s` : "Reconnecting"),
  offline: () => "Offline",
  ended: () => "Not connected",
};

function show() {
  const pill = element("state");
  pill.dataset.state = state === "connected" && worldIsAway ? "away" : state;
  setText(element("state-text"), labels[state](details));
  const notice = noticeText();
  element("notice").hidden = notice === "";
  setText(element("notice-text"), notice);
  const retry = element("retry");
  retry.hidden = state === "connected" || state === "connecting";
  setText(retry, state === "ended" ? "Connect again" : "Try now");
}

function noticeText() {
  const kept = outbox.waiting.filter((entry) => entry.number === null).length;
  const waiting = kept === 0 ? "" : kept === 1 ? " One line is waiting." : ` ${kept} lines are waiting.`;
  switch (state) {
    case "connected":
      if (worldIsAway) return "The world holds its breath. What you type is kept, and happens when it is back.";
      return playing === false && kept > 0 ? `${waiting.trim()} They are sent once you are back in the game.` : "";
    case "connecting":
      return "";
    case "ended":
      return `You are no longer connected.${waiting}`;
    case "offline":
      return `Your device is offline. What you type is kept and sent when you are back.${waiting}`;
    default:
      return hasBeenConnected
        ? `The connection is lost. What you type is kept and sent when it is back.${waiting}`
        : `The server does not answer yet.${waiting}`;
  }
}

// A live region is read out when it is written to, even with the same words.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function showPrompt(spans) {
  const text = spans.map(([, piece]) => piece).join("").trim();
  promptLabel.replaceChildren(ownLabel, document.createTextNode(text));
  promptLabel.classList.toggle("has-text", text !== "");
}

function setMasked(on) {
  if (masked === on) return;
  masked = on;
  // What was typed for the eye is not for the password, and the other way round.
  input.value = "";
  input.type = on ? "password" : "text";
}

function showUnseen(count) {
  unseen = count;
  document.title = count > 0 ? `(${count}) ${settings.title}` : settings.title;
}

// The input

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value;
  if (state === "ended" && text === "") {
    link.retryNow();
    return;
  }
  input.value = "";
  submit(text);
  input.focus();
});

input.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const act = keys[event.key];
  if (act && act() !== false) event.preventDefault();
});

const keys = {
  ArrowUp: () => recall(history.earlier(input.value)),
  ArrowDown: () => recall(history.later()),
  PageUp: () => log.scrollByPage(-1),
  PageDown: () => log.scrollByPage(1),
  Escape: () => {
    input.value = "";
    log.toEnd();
  },
};

function recall(line) {
  if (masked || line === null) return;
  input.value = line;
  input.setSelectionRange(line.length, line.length);
}

// Several pasted lines are several commands.
input.addEventListener("paste", (event) => {
  const lines = (event.clipboardData?.getData("text") ?? "").split(/\r\n|\r|\n/);
  if (lines.length < 2 || masked) return;
  event.preventDefault();
  const last = lines.pop();
  if (lines.length > PASTE_LIMIT) {
    log.note(`A paste of ${lines.length} lines is too long: ${PASTE_LIMIT} at a time.`);
    return;
  }
  lines[0] = input.value + lines[0];
  input.value = last;
  for (const line of lines) submit(line);
});

// Typing anywhere writes into the input; a click into the output does too, unless it selects text.
document.addEventListener("keydown", (event) => {
  const isPlain = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
  if (isPlain && event.key !== " " && document.activeElement !== input) input.focus();
});

element("log").addEventListener("pointerup", (event) => {
  if (event.pointerType === "mouse" && getSelection()?.isCollapsed) input.focus({ preventScroll: true });
});

element("retry").addEventListener("click", () => {
  link.retryNow();
  input.focus();
});

document.addEventListener("visibilitychange", () => !document.hidden && showUnseen(0));

let resizing = 0;
addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(() => link.send({ t: "hello", ...log.columns(), client: "Wyld Actors page", version: "1" }), 300);
});

setInterval(() => {
  if (state === "reconnecting" && link.retryAt > performance.now()) {
    details = { ...details, seconds: Math.ceil((link.retryAt - performance.now()) / 1000) };
    show();
  }
}, TICK);

function socketUrl() {
  const url = new URL(settings.socket || "/", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

show();
link.open();
