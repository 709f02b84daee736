// What this tab keeps over a reload: by name, as JSON. Where storage is off, it lives as long as the page.

const PREFIX = "wyld.";

export class Kept {
  constructor() {
    this.memory = new Map();
  }

  get(name) {
    try {
      return JSON.parse(sessionStorage.getItem(PREFIX + name)) ?? null;
    } catch {
      return this.memory.get(name) ?? null; // storage is off, or holds something else
    }
  }

  set(name, value) {
    try {
      sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
      this.memory.set(name, value); // off, or full
    }
  }

  remove(name) {
    this.memory.delete(name);
    try {
      sessionStorage.removeItem(PREFIX + name);
    } catch {
      // as above
    }
  }

  // All that begins like this: [rest of the name, value].
  all(beginning) {
    try {
      const names = Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX + beginning));
      return names.map((name) => [
        name.slice(PREFIX.length + beginning.length),
        this.get(name.slice(PREFIX.length)),
      ]);
    } catch {
      return [];
    }
  }
}
