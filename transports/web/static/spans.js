// Styled text as nodes. By textContent only: nothing the server or another player says can become markup.

const STYLE_NAME = /^[a-z][a-z0-9-]*$/;
const COLOUR = /^#[0-9a-f]{6}$/i;
// Spaces at the beginning, and the number or sign of a list behind them.
const INDENT = /^ +(?:[\d.)*\u2022-]{1,3} +)?/;
// A word at the left and what it means further right.
const ENTRY = /\S {2,}\S/;
const ENTRY_HANG = 2;
const DEEPEST_HANG = 8; // columns; more would leave a phone too little of its line

// One span of the protocol, [styles, text].
export function styled(styles, text) {
  if (styles === "") return document.createTextNode(text);
  const span = document.createElement("span");
  span.textContent = text;
  for (const name of styles.split(" ")) {
    if (STYLE_NAME.test(name)) span.classList.add(`s-${name}`);
    else if (COLOUR.test(name)) paint(span, name);
  }
  return span;
}

// How far the rest of a wrapped line stands in: under the words of a list, not under its numbers.
export function hang(text) {
  if (!text.startsWith(" ")) return 0;
  const [indent] = INDENT.exec(text);
  const more = ENTRY.test(text.slice(indent.length)) ? ENTRY_HANG : 0;
  return Math.min(indent.length + more, DEEPEST_HANG);
}

// The style sheet keeps a colour of the game's own readable on its ground.
function paint(span, colour) {
  span.classList.add("own");
  span.style.setProperty("--own", colour);
}
