// The number before the page's title: texts that came while its tab was not to be seen.

export class Unseen {
  constructor(title) {
    this.title = title;
    this.count = 0;
    document.addEventListener("visibilitychange", () => !document.hidden && this.#show(0));
  }

  add() {
    if (document.hidden) this.#show(this.count + 1);
  }

  #show(count) {
    this.count = count;
    document.title = count > 0 ? `(${count}) ${this.title}` : this.title;
  }
}
