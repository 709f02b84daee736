// The restart log in words.

import { cut, duration, plural } from "./words.js";

const ERROR_LIMIT = 220;

export function errorOf(record) {
  if (record.exc_type) return cut(`${record.exc_type}${record.exc_msg ? `: ${record.exc_msg}` : ""}`, ERROR_LIMIT);
  const reason = record.reason_class ?? record.event.replaceAll("_", " ");
  return record.exc_msg ? `${reason} ${record.exc_msg}` : reason;
}

export function decisionOf(record) {
  switch (record.decision) {
    case "restart_now": return "restart at once";
    case "restart_in_ms": return record.delay_ms === undefined ? "restart later" : `restart in ${duration(record.delay_ms / 1000)}`;
    case "leave": return `leave it, it is ${record.restart_type ?? "not restarted"}`;
    case "stop": return "start it no more";
    case "quarantine": return "quarantine, try now and then";
    case "escalate": return `escalate: ${record.supervisor} gives up`;
    case "abandon": return "abandon, it does not die";
    default: return (record.decision ?? "").replaceAll("_", " ");
  }
}

const OUTCOMES = {
  answered: (record) => `answered again after ${duration(record.down_ms / 1000)}`,
  restarted: (record) => `up again after ${duration(record.down_ms / 1000)}`,
  escalated_restarted: (record) => `${nameOf(record.path)} restarted after ${duration(record.down_ms / 1000)}`,
  escalated: (record) => `escalated, ${record.path} has ended`,
  gave_up: (record) => `${nameOf(record.path)} gave up`,
  quarantined: () => "quarantined",
  leaked: () => "does not end, left behind",
  restart_now: () => "is being restarted",
  restart_in_ms: (record) => `waits ${duration((record.delay_ms ?? 0) / 1000)}`,
  leave: () => "ended, stays so",
  stop: () => "not started again",
  quarantine: () => "quarantined",
  escalate: (record) => `escalated to ${record.supervisor}`,
  dead_letter: () => "message put aside",
};

export function outcomeText({ word, record }) {
  return OUTCOMES[word]?.(record) ?? word.replaceAll("_", " ");
}

// One record as a step of a story.
export function sentence(record) {
  const repeated = record.repeated ? ` (${record.repeated} more like it)` : "";
  return what(record) + repeated;
}

function what(record) {
  const error = errorOf(record);
  const during = record.message_type ? ` while handling ${record.message_type}` : "";
  const decided = record.decision && record.decision !== "none" ? `; decided: ${decisionOf(record)}` : "";
  const others = record.group?.length ? `, together with ${record.group.join(", ")}` : "";
  const down = record.down_ms === undefined ? "" : ` after ${duration(record.down_ms / 1000)}`;
  switch (record.event) {
    case "child_terminated": return `ended: ${error}${during}${decided}${others}`;
    case "start_error": return `did not start: ${error}${decided}${others}`;
    case "restarted": return `started as incarnation ${record.incarnation}${down}`;
    case "answered": return `answered again${down}`;
    case "gave_up": return `gave up after ${plural(record.restarts_in_window ?? 0, "restart")}${record.intensity ? ` (limit ${record.intensity})` : ""}${decided}`;
    case "escalated": return `ended, and with it the process: ${error}`;
    case "quarantined": return `is quarantined${decided}`;
    case "leaked": return `does not end and is left behind: ${error}`;
    case "shutdown_error": return `did not stop in order: ${error}`;
    case "stuck": return `is stuck${during}${decided}`;
    case "dead_letter": return `${record.message_type ?? "a message"} was put aside`;
    default: return `${record.event.replaceAll("_", " ")}: ${error}${during}${decided}${others}`;
  }
}

export function nameOf(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

// What stands in facts or in the steps already; all else of a record is shown by its own name.
const TOLD = new Set([
  "event", "supervisor", "path", "time", "incarnation", "uptime_s", "down_ms", "reason_class", "exc_type", "exc_msg", "stack",
  "message_type", "message_id", "message_fate", "restarts_in_window", "intensity", "consecutive", "decision", "delay_ms",
  "group", "restart_type", "strategy", "repeated", "others", "level", "mailbox_depth", "oldest_ms", "id", "cause", "occurrences", "actor",
]);

// Names and values about the cause of a story, the unknown ones last.
export function factsOf(record) {
  const facts = [
    ["message", record.message_type && `${record.message_type}${record.message_id ? ` ${record.message_id}` : ""}${record.message_fate ? `, ${record.message_fate}` : ""}`],
    ["decision", record.decision === "none" ? "" : decisionOf(record)],
    ["restarted with it", record.group?.join(", ")],
    ["this bug", record.occurrences > 1 && `seen ${record.occurrences} times, cause ${record.cause}`],
    ["supervisor", record.supervisor && `${record.supervisor}${record.strategy ? `, ${record.strategy}` : ""}`],
    ["incarnation", record.incarnation && `${record.incarnation}${record.uptime_s === undefined ? "" : `, up ${duration(record.uptime_s)}`}`],
    ["in a row", record.consecutive > 1 && `${record.consecutive} failures`],
    ["restarts", record.restarts_in_window && `${record.restarts_in_window}${record.intensity ? `, limit ${record.intensity}` : ""}`],
    ["mailbox", record.mailbox_depth && `${plural(record.mailbox_depth, "message")}, the oldest for ${duration((record.oldest_ms ?? 0) / 1000)}`],
    ["not told one by one", record.repeated && `${record.repeated} more like it${record.others?.length ? `, also of ${record.others.join(", ")}` : ""}`],
  ];
  for (const [name, value] of Object.entries(record)) {
    if (!TOLD.has(name)) facts.push(...(name === "affected" ? affected(value) : [[name.replaceAll("_", " "), value]]));
  }
  return facts.filter(([, value]) => value);
}

function affected(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [["affected", value]];
  return Object.entries(value).map(([name, content]) => [`affected ${name.replaceAll("_", " ")}`, content]);
}
