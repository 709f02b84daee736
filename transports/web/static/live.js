// A live region is read out when it is written to, even with the same words: it is written to when they change.

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
