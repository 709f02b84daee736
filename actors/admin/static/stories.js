// From the records of the restart log to stories: what happened, what was decided, and how it went on, from the
// first cause to the last consequence. A plain function; `docs/operators.md` says what belongs to what.
//
// A record continues a story when the story waits for its actor:
//   - who ended, or did not start, waits to be started, and then to answer;
//   - so do those who are restarted with it (`group`);
//   - when a supervisor escalates, the story goes on with the supervisor, as a child of the one above it;
//   - while a supervisor is being started again, its children's failures to start are part of it.
// An end of somebody who was already up again is a story of its own.

const FAULTS = new Set(["child_terminated", "start_error", "stuck"]);

// Records of one process in order of time. Stories in the order of their beginnings:
// {cause, records, settled: is nobody waited for, outcome: {kind, text parts}}
export function stories(records) {
  const told = [];
  const waited = new Map(); // path -> {story, stage: "start" | "answer"}
  for (const record of records) {
    const story = continued(record, waited) ?? begin(record, told);
    story.records.push(record);
    note(record, story, waited);
  }
  for (const story of told) story.outcome = outcome(story);
  return told;
}

function begin(record, told) {
  const story = { key: `${record.path} ${record.time} ${record.event} ${record.incarnation}`, cause: record, records: [] };
  told.push(story);
  return story;
}

function continued(record, waited) {
  const entry = waited.get(record.path);
  if (entry !== undefined && !(entry.stage === "answer" && FAULTS.has(record.event))) return entry.story;
  if (record.event !== "start_error") return undefined;
  for (let above = record.supervisor; above; above = above.slice(0, above.lastIndexOf("/"))) {
    if (waited.get(above)?.stage === "start") return waited.get(above).story;
  }
  return undefined;
}

function note(record, story, waited) {
  const wait = (path, stage) => waited.set(path, { story, stage });
  if (record.event === "restarted") wait(record.path, "answer");
  else if (record.event === "answered") waited.delete(record.path);
  else if (FAULTS.has(record.event)) {
    wait(record.path, "start");
    for (const id of record.group ?? []) wait(`${record.supervisor}/${id}`, "start");
  }
  if (record.decision === "escalate") wait(record.supervisor, "start");
}

// How it ended, as far as it has: kind is "good", "wait" or "bad".
function outcome(story) {
  const last = lastOf(story.records, (record) => !(record.event === "answered" && record.path !== story.cause.path));
  const answered = lastOf(story.records, (record) => record.event === "answered" && record.path === story.cause.path);
  const worst = lastOf(story.records, (record) => ["escalated", "leaked", "quarantined"].includes(record.event));
  if (worst) return { kind: "bad", word: worst.event, record: worst };
  const gaveUp = lastOf(story.records, (record) => record.event === "gave_up");
  const back = lastOf(story.records, (record) => record.event === "restarted");
  if (gaveUp && back && back.time >= gaveUp.time) return { kind: "warn", word: "escalated_restarted", record: back };
  if (gaveUp) return { kind: "bad", word: "gave_up", record: gaveUp };
  if (answered) return { kind: "good", word: "answered", record: answered };
  if (last.event === "restarted") return { kind: "good", word: "restarted", record: lastOf(story.records, (record) => record.event === "restarted" && record.path === story.cause.path) ?? last };
  if (last.event === "dead_letter") return { kind: "warn", word: "dead_letter", record: last };
  const kind = { restart_now: "wait", restart_in_ms: "wait", leave: "quiet", none: "quiet" }[last.decision] ?? "bad";
  return { kind, word: last.decision === "none" ? last.event : last.decision, record: last };
}

function lastOf(records, fits) {
  return records.findLast(fits);
}
