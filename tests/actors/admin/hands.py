"""The hands of an operator on the page, in a real browser. See `tests.transports.web.hands`."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.transports.web.hands import Stage, Visitor

__all__ = ["Operator"]

# WCAG 2.2, 1.4.3: every visible text against the nearest ground that is not transparent.
_POOR_CONTRAST = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const found = numbers(getComputedStyle(e).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("#desk *")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!text || !element.checkVisibility() || element.disabled) continue;
    const lights = [light(numbers(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    const name = `${element.className || element.tagName} ${element.textContent.slice(0, 20)}`;
    if (ratio < 4.5) poor.push(`${name} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


class Operator(Visitor):
    """The hands on the operators' page."""

    def __init__(self, page: Page, server: Stage, pictures: Path) -> None:
        super().__init__(page, server, pictures)
        self.tree = page.locator("#tree")
        self.stories = page.locator("#stories")
        self.sheet = page.locator("#actor")
        self.alarms = page.locator("#alarms")
        self.problem = page.locator("#sign-in-problem")
        self.live = page.locator("#live")

    def arrives(self) -> None:
        expect(self.page.locator("#token")).to_be_visible()

    def signs_in(self, token: str | None = None, name: str = "ann") -> None:
        self.page.locator("#token").fill(self.server.call("give_token") if token is None else token)
        self.page.locator("#operator-name").fill(name)
        self.page.keyboard.press("Enter")

    def is_in(self) -> None:
        self.signs_in()
        expect(self.live).to_have_text("Live")

    def line(self, path: str) -> Locator:
        """The line of one actor in the tree."""
        return self.page.locator(f'#tree [data-key="{path}"]')

    def opens(self, *paths: str) -> None:
        """Unfold these branches."""
        for path in paths:
            self.line(path).locator(".twist").click()
            expect(self.line(path)).to_have_attribute("aria-expanded", "true")

    def story(self, text: str) -> Locator:
        """The latest story with this text."""
        return self.stories.locator(".story", has_text=text).first

    def agrees(self) -> None:
        self.page.locator("#confirm-yes").click()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self) -> str:
        """What of the page has the focus: a key or an id."""
        found: str = self.page.evaluate("document.activeElement.dataset.key ?? document.activeElement.id")
        return found

    def poor_contrast(self) -> list[str]:
        """Texts that are hard to read."""
        found: list[str] = self.page.evaluate(_POOR_CONTRAST)
        return found
