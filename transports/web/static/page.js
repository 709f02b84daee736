// The player's page: puts its parts together, and says what each kind of message from the server does.

import { Entry } from "./entry.js";
import { Going } from "./going.js";
import { Kept } from "./kept.js";
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
const SOON = 4000; // milliseconds, about: until a server is asked again that cannot look for a session just now
const TAKEN_OVER = "taken_over"; // the reason of a goodbye: the player went on somewhere else

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
  onObject: (object) => going.holds(object) || take(object),
  onRoundTrip: (milliseconds) => {
    element("round-trip").textContent = `${Math.max(1, Math.round(milliseconds))} ms`;
  },
});
const kept = new Kept();
const going = new Going(kept, { say: (object) => link.send(object), onHeld: take });
const sending = new Sending(link, kept, { onChange: () => show(), show: (text) => log.typed(text) });

let state = "connecting";
let seconds = 0;
let isWorldAway = false;
let wasHere = false;

// From the server

function take(object) {
  takers[object?.t]?.(object);
}

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
  done: ({ n }) => sending.done(n),
  seq: ({ n }) => going.saw(n),
  token: ({ token, seconds }) => {
    going.keepToken(token, seconds);
    sending.trusts();
  },
  resumed: () => {
    going.resumed();
    sending.resumed();
  },
  "resume-failed": stranded,
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
  if (isOver() && text === "") {
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
  state = next === "ended" && details.reason === TAKEN_OVER ? "elsewhere" : next;
  seconds = details.seconds ?? 0;
  if (next === "connected") begin();
  else if (before === "connected") end();
  if (isOver()) finish(details.reason);
  show();
}

function isOver() {
  return state === "ended" || state === "elsewhere";
}

function begin() {
  // Who has a token is told how it went when the server has answered.
  if (wasHere && !going.hasToken) log.note("Connected again.");
  wasHere = true;
  isWorldAway = false;
  sending.begin();
  link.send({ ...hello(), ...going.begin() });
}

function end() {
  going.end();
  sending.end();
  entry.mask(false);
  prompt.show([]);
  element("round-trip").textContent = "";
  if (!isOver()) log.note("The connection is lost.");
}

function finish(reason) {
  wasHere = false;
  going.forget();
  sending.finish();
  // Of a player who went on elsewhere the server has said so, and the notice does.
  if (state !== "elsewhere") log.note(reason ? `The connection has ended: ${reason}` : "The connection has ended.");
}

// The server does not find the session that the page wants to go on with.
function stranded({ reason, message, again }) {
  if (again === true) {
    log.note("Your place in the world cannot be looked up just now. It is tried again.");
    link.rest(SOON * (0.5 + Math.random()));
    return;
  }
  const another = going.another(reason);
  if (another !== null) {
    link.send({ ...hello(), ...another });
    return;
  }
  going.forget();
  if (message) log.note(message);
  const unsure = sending.finish();
  if (unsure > 0) {
    log.note(unsure === 1 ? "Your last line may not have happened." : `Your last ${unsure} lines may not have happened.`);
  }
  going.release();
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

// Lines that wait live as long as the tab does. They outlast a reload, but nobody can tell that from the end.
addEventListener("beforeunload", (event) => {
  if (sending.waiting > 0) event.preventDefault();
});

setInterval(() => {
  if (state !== "reconnecting" || link.retryAt <= performance.now()) return;
  seconds = link.secondsToRetry;
  show();
}, COUNTDOWN);

followKeyboard(document.documentElement);
if (going.hasToken) sending.trusts();
else sending.finish(); // of a session that nobody finds again
show();
link.open();
