// Numbers and times as people read them.

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds > 0 && seconds < 0.0009995) return `${Math.max(1, Math.round(seconds * 1e6))} µs`;
  if (seconds < 0.9995) return `${Number((seconds * 1000).toPrecision(3))} ms`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

// Whole seconds: what goes up each second should not flicker.
export function age(seconds) {
  if (seconds === null || seconds === undefined) return "";
  return seconds < 120 ? `${Math.floor(Math.max(0, seconds))} s` : duration(seconds);
}

// A wall clock time of the server, in this browser's zone; with the day if it is not today's.
export function moment(seconds, now = Date.now()) {
  const date = new Date(seconds * 1000);
  const time = date.toLocaleTimeString("en-GB");
  const isToday = date.toDateString() === new Date(now).toDateString();
  return isToday ? time : `${date.toLocaleDateString("en-CA")} ${time}`;
}

export function count(number) {
  return number.toLocaleString("en-US");
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

export function cut(text, limit) {
  return text.length > limit ? `${text.slice(0, limit)} ...` : text;
}

export function bytes(number) {
  if (number < 1024) return `${number} B`;
  return number < 1024 * 1024 ? `${(number / 1024).toFixed(1)} KiB` : `${(number / 1024 / 1024).toFixed(1)} MiB`;
}

// Any value of JSON on one line, for fields that this page does not know.
export function plain(value) {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return value.join(", ");
  return JSON.stringify(value);
}
