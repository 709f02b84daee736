// How it stands with the connection: a word in the bar above, and a notice when something is to be known.
//
// A screen reader is told by the notice, once for each change: the bar counts seconds and is not read out.

import { setText } from "./live.js";

const LABELS = {
  connecting: "Connecting",
  connected: "Connected",
  away: "World away",
  reconnecting: "Reconnecting",
  offline: "Offline",
  ended: "Not connected",
  elsewhere: "Elsewhere",
};

// What the button says that connects.
const RETRIES = {
  reconnecting: "Try now",
  offline: "Try now",
  ended: "Connect again",
  elsewhere: "Play here",
};

export class Status {
  constructor({ pill, label, countdown, notice, text, count, retry }) {
    Object.assign(this, { pill, label, countdown, notice, text, count, retry });
  }

  // state: one of LABELS; seconds until the next attempt; reason of the end; waiting lines; whether the
  // connection was ever there (wasHere); whether lines wait for a login (isAsking).
  show(now) {
    this.pill.dataset.state = now.state;
    setText(this.label, LABELS[now.state]);
    setText(this.countdown, now.seconds > 0 ? `in ${now.seconds} s` : "");
    const [text, count] = [noticeText(now), countText(now)];
    this.notice.hidden = text === "" && count === "";
    setText(this.text, text);
    setText(this.count, count);
    this.retry.hidden = !Object.hasOwn(RETRIES, now.state);
    setText(this.retry, RETRIES[now.state] ?? "");
  }
}

function noticeText({ state, wasHere }) {
  switch (state) {
    case "away":
      return "The world holds its breath. What you type is kept, and happens when it is back.";
    case "ended":
      return "You are no longer connected.";
    case "elsewhere":
      return "You are playing in another window or on another device. Log in to go on here.";
    case "offline":
      return "Your device is offline. What you type is kept and sent when you are back.";
    case "reconnecting":
      return wasHere
        ? "The connection is lost. What you type is kept and sent when it is back."
        : "The server does not answer yet.";
    default:
      return "";
  }
}

function countText({ state, waiting, isAsking }) {
  if (waiting === 0 || (state === "connected" && !isAsking)) return "";
  const lines = waiting === 1 ? "One line is waiting" : `${waiting} lines are waiting`;
  return isAsking && state === "connected" ? `${lines} until you are back in the game.` : `${lines}.`;
}
