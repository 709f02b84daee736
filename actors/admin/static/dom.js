// Making and changing elements. Text is only ever given as text: nothing here, or elsewhere, makes markup of it.

// make("p", {class: "note", hidden: true}, "some text", anElement)
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) put(element, name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// An attribute; false and null take it away. Unchanged ones are not touched, so that nothing is announced twice.
export function put(element, name, value) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function byId(id) {
  return document.getElementById(id);
}

// The children of `parent`, one for each item: those that stay are the same elements, so focus, selection and what
// was unfolded stay too. `create(item)` makes an element, `update(element, item)` brings it up to date.
export function keyed(parent, items, keyOf, create, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const keys = new Set(items.map((item) => String(keyOf(item))));
  for (const [key, child] of old) if (!keys.has(key)) child.remove();
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let child = old.get(key);
    if (child === undefined) {
      child = create(item);
      child.dataset.key = key;
    }
    if (child === next) next = child.nextElementSibling;
    else parent.insertBefore(child, next);
    update?.(child, item);
  }
}
