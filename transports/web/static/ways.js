// The exits of the place one stands in: words to click, or to reach with the Tab key. Those of the places
// before are only text again: their directions would lead somewhere else from here.

const EXIT = "s-exit";
const WAY = /^[a-z]{1,12}$/i; // an exit whose text is its command

export class Ways {
  constructor(element, onWay) {
    this.onWay = onWay;
    this.spans = [];
    element.addEventListener("click", (event) => this.#chosen(event.target));
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#chosen(event.target);
    });
  }

  // The nodes of one text: a text without exits shows no place and changes nothing.
  take(nodes) {
    const ways = nodes.filter((node) => node.classList?.contains(EXIT) && WAY.test(node.textContent));
    if (ways.length === 0) return;
    this.spans.forEach(close);
    ways.forEach(open);
    this.spans = ways;
  }

  #chosen(target) {
    if (this.spans.includes(target)) this.onWay(target.textContent);
  }
}

function open(span) {
  span.classList.add("way");
  span.setAttribute("role", "link");
  span.tabIndex = 0;
  span.title = `Go ${span.textContent}`;
}

function close(span) {
  span.classList.remove("way");
  for (const name of ["role", "tabindex", "title"]) span.removeAttribute(name);
}
