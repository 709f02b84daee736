// Asking again and again, without hurry and without crowding: the next question comes a while after the last
// answer, later after each failure, and not at all while nobody looks (another tab is in front, or paused).
//
// Questions instead of a stream that stays open: browsers allow six connections to one server, so the sixth tab
// with a stream would stop all of them; and a question each second costs the server less than it can measure.

const LONGEST_MILLISECONDS = 10_000;

export class Pulse {
  constructor() {
    this.isPaused = false;
    this.isOver = false;
    this.beats = [];
    document.addEventListener("visibilitychange", () => this.wake());
  }

  // Do `work` every so often, now first. Returns what does it at once.
  every(milliseconds, work) {
    const beat = { timer: 0, isBusy: false, isDue: false, failures: 0 };
    beat.now = async () => {
      clearTimeout(beat.timer);
      if (this.isOver) return;
      if (beat.isBusy || this.isResting) {
        beat.isDue = true;
        return;
      }
      beat.isBusy = true;
      beat.isDue = false;
      const isWell = await work();
      beat.isBusy = false;
      beat.failures = isWell === false ? beat.failures + 1 : 0;
      const pause = Math.min(milliseconds * 2 ** Math.min(beat.failures, 5), Math.max(milliseconds, LONGEST_MILLISECONDS));
      beat.timer = setTimeout(beat.now, beat.isDue ? 0 : pause);
    };
    this.beats.push(beat);
    beat.now();
    return beat.now;
  }

  get isResting() {
    return this.isPaused || document.hidden;
  }

  pause(isPaused) {
    this.isPaused = isPaused;
    this.wake();
  }

  // Do now what was put off.
  wake() {
    if (!this.isResting) for (const beat of this.beats) if (beat.isDue && !beat.isBusy) beat.now();
  }

  end() {
    this.isOver = true;
    for (const beat of this.beats) clearTimeout(beat.timer);
  }
}
