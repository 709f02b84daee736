// The states of actors and the health of checks: each has a word, a sign, and a colour (by `data-tone`).

const STATES = {
  running: ["●", "good", "works on its mail"],
  starting: ["◐", "busy", "is being started"],
  stopping: ["◑", "busy", "is being stopped"],
  suspended: ["‖", "warn", "its mail waits, an operator wanted it"],
  backoff: ["↻", "warn", "crashed, is started again after a delay"],
  quarantined: ["⊘", "bad", "crashed too often, is tried now and then only"],
  stopped: ["■", "bad", "is not started again"],
  done: ["✓", "quiet", "has done its work and ended in order"],
  discarded: ["□", "quiet", "has ended for good"],
  new: ["○", "quiet", "was never started"],
  away: ["✕", "bad", "this process does not answer"],
};

const HEALTH = {
  ok: ["✓", "good"],
  warning: ["!", "warn"],
  failing: ["✕", "bad"],
};

export const STATE_NAMES = Object.keys(STATES);

export function stateOf(name) {
  const [sign, tone, meaning] = STATES[name] ?? ["?", "warn", ""];
  return { sign, tone, meaning };
}

export function healthOf(name) {
  const [sign, tone] = HEALTH[name] ?? ["?", "warn"];
  return { sign, tone };
}
