// The window, in characters and in pixels.

const PROBE = "m".repeat(50);
const LARGEST = 500; // what the server takes for a size

// How many characters fit across and down.
export function windowSize(element) {
  const { width, height } = characterSize(element);
  const style = getComputedStyle(element);
  const across = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return { columns: within(across / width, 20), rows: within(element.clientHeight / height, 5) };
}

// Safari lays its keyboard over the page and says so only here; other browsers make the window smaller.
export function followKeyboard(root) {
  const viewport = window.visualViewport;
  viewport?.addEventListener("resize", () => {
    if (viewport.scale !== 1) return; // zoomed in by two fingers: the page itself keeps its size
    root.style.setProperty("--window-height", `${viewport.height}px`);
    scrollTo(0, 0);
  });
}

function characterSize(element) {
  const probe = document.createElement("span");
  probe.className = "line probe";
  probe.setAttribute("aria-hidden", "true");
  probe.textContent = PROBE;
  element.append(probe);
  const { width, height } = probe.getBoundingClientRect();
  probe.remove();
  return { width: width / PROBE.length || 8, height: height || 20 };
}

function within(number, least) {
  return Math.max(least, Math.min(LARGEST, Math.floor(number) || least));
}
