// The player's page: puts its parts together, and says what each kind of message from the server does.

import { Entry } from "./entry.js";
import { Link } from "./link.js";
import { Log } from "./log.js";
import { followKeyboard, windowSize } from "./measure.js";
import { Prompt } from "./prompt.js";
import { Fate, Sending } from "./sending.js";
import { Status } from "./status.js";
import { Unseen } from "./unseen.js";
import { Ways } from "./ways.js";

const COUNTDOWN = 500; // milliseconds between two looks at the time until the next attempt
const RESIZED = 300; // milliseconds of rest after which a window has its new size

const settings = document.body.dataset;
const element = (id) => document.getElementById(id);

const ways = new Ways(element("log"), go);
const log = new Log(element("log"), {
  limit: Number(settings.logLines),
  newer: element("newer"),
  newerText: element("newer-text"),
  ways,
});
const prompt = new Prompt({ beside: element("prompt"), above: element("question") });
const entry = new Entry({
  form: element("form"),
  input: element("line"),
  onLine: typed,
  onSecret: typedInHiding,
  onPage: (direction) => log.scrollByPage(direction),
  onEscape: () => log.toEnd(),
  onLongPaste: (count, limit) => log.note(`A paste of ${count} lines is too long: ${limit} at a time.`),
});
const status = new Status({
  pill: element("state"),
  label: element("state-text"),
  countdown: element("countdown"),
  notice: element("notice"),
  text: element("notice-text"),
  count: element("notice-count"),
  retry: element("retry"),
});
const unseen = new Unseen(settings.title);
const link = new Link(socketUrl(), {
  heartbeat: Number(settings.heartbeatSeconds) * 1000,
  reconnect: settings.reconnect === "yes",
  onState: changed,
  onObject: (object) => takers[object?.t]?.(object),
  onRoundTrip: (milliseconds) => {
    element("round-trip").textContent = `${Math.max(1, Math.round(milliseconds))} ms`;
  },
});
const sending = new Sending(link, show);

let state = "connecting";
let seconds = 0;
let isWorldAway = false;
let wasHere = false;

// From the server

const takers = {
  text: ({ spans }) => {
    log.write(spans);
    unseen.add();
  },
  prompt: ({ spans }) => {
    prompt.show(spans);
    sending.settle();
  },
  echo: ({ on }) => entry.mask(on === false),
  status: ({ world }) => {
    isWorldAway = world === "away";
    show();
  },
  taken: ({ n }) => sending.taken(n),
  ack: ({ n }) => sending.acknowledge(n),
  error: ({ message, n }) => {
    sending.refuse(n);
    log.note(message);
  },
  data: ({ package: name, value }) => {
    if (name === "session" && typeof value?.playing === "boolean") {
      prompt.ask(!value.playing);
      sending.goTo(value.playing);
    }
  },
};

// From the player

const UNSENT = {
  [Fate.FULL]: "Too many lines are waiting: this one was not kept.",
  [Fate.NOBODY]: "There is no connection: this line was not kept. Type it again later.",
};

function typed(text) {
  if (state === "ended" && text === "") {
    link.retryNow();
    return;
  }
  const refusal = UNSENT[sending.fate];
  if (refusal) log.note(refusal);
  else sending.send(text, log.typed(text, { question: prompt.question }));
}

function typedInHiding(text) {
  log.typedInHiding({ question: prompt.question });
  sending.sendSecret(text);
}

function go(way) {
  // An exit is no answer to a question.
  if (sending.playing !== false) typed(way);
}

// The connection

function changed(next, details) {
  const before = state;
  state = next;
  seconds = details.seconds ?? 0;
  if (next === "connected") begin();
  else if (before === "connected") end();
  if (next === "ended") finish(details.reason);
  show();
}

function begin() {
  if (wasHere) log.note("Connected again.");
  wasHere = true;
  isWorldAway = false;
  link.send(hello());
  sending.begin();
}

function end() {
  sending.end();
  entry.mask(false);
  prompt.show([]);
  element("round-trip").textContent = "";
  if (state !== "ended") log.note("The connection is lost.");
}

function finish(reason) {
  wasHere = false;
  sending.finish();
  log.note(reason ? `The connection has ended: ${reason}` : "The connection has ended.");
}

function hello() {
  return { t: "hello", ...windowSize(element("log")), client: "Wyld Actors page", version: "1", id: sending.id };
}

function socketUrl() {
  const url = new URL(settings.socket || "/", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

// What is shown of it

function show() {
  status.show({
    state: state === "connected" && isWorldAway ? "away" : state,
    seconds,
    waiting: sending.waiting,
    wasHere,
    isAsking: sending.playing === false,
  });
}

// The window

// A click into the output goes on typing, unless it selects text. A finger wants to scroll, and no keyboard.
element("log").addEventListener("pointerup", (event) => {
  if (event.pointerType === "mouse" && getSelection()?.isCollapsed) entry.focus();
});

element("retry").addEventListener("click", () => {
  link.retryNow();
  entry.focus();
});

let resizing = 0;
addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(() => link.send(hello()), RESIZED);
});

// Lines that wait live as long as the page does.
addEventListener("beforeunload", (event) => {
  if (sending.waiting > 0) event.preventDefault();
});

setInterval(() => {
  if (state !== "reconnecting" || link.retryAt <= performance.now()) return;
  seconds = link.secondsToRetry;
  show();
}, COUNTDOWN);

followKeyboard(document.documentElement);
show();
link.open();
