// What the game asks for: a short prompt beside the field, a question above it, where it has room.

import { setText } from "./live.js";

const LONGEST_BESIDE = 24; // letters; on a phone a longer one would leave no room to type

export class Prompt {
  constructor({ beside, above }) {
    this.beside = beside;
    this.above = above;
    this.spans = [];
    this.isAsking = false;
  }

  // The question that the next line answers; empty in the game.
  get question() {
    return this.above.textContent;
  }

  show(spans) {
    this.spans = spans;
    this.#place();
  }

  // Whether what is typed answers a question instead of being a command.
  ask(isAsking) {
    this.isAsking = isAsking;
    this.#place();
  }

  #place() {
    const text = this.spans.map(([, piece]) => piece).join("").trim();
    const isQuestion = this.isAsking || text.length > LONGEST_BESIDE;
    setText(this.above, isQuestion ? text : "");
    setText(this.beside, isQuestion ? "" : text);
  }
}
