"""What every page has: the way around, the verdict, and the second hand that keeps both current."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from yawstring.app.dashboard.reading import Reading
from yawstring.app.dashboard.snapshot import Snapshot
from yawstring.app.dashboard.verdict import SHAPES, TITLES, Verdict, verdict
from yawstring.errors import StoreError

REFRESH_S = 0.5
"""An alert stands on the page less than a second after it was written."""

THEME_COOKIE = "yawstring-theme"

PAGES = {"/": "Now", "/stations": "Stations", "/history": "History", "/health": "Health"}

Theme = Literal["system", "light", "dark"]
THEMES: tuple[Theme, ...] = ("system", "light", "dark")

Refresh = Callable[[Snapshot], None]


class Live:
    """A page that is being built: sections add what has to be done when the store has changed."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._refreshes: list[Refresh] = []
        self._pulse = text("span", "")
        self._pulse.props.update({"id": "pulse", "hidden": True})
        self._beats = 0

    def on_refresh(self, refresh: Refresh) -> None:
        """Call ``refresh`` with the store as it stands: now, and every :data:`REFRESH_S` from now on."""
        self._refreshes.append(refresh)

    def refresh(self, banner: "Banner") -> None:
        """Read the store and bring the page up to date; a store that cannot be read is the verdict."""
        try:
            seen = self.reading.snapshot()
            for each in self._refreshes:
                each(seen)
        except StoreError as error:
            banner.show(Verdict(tone="blind", sentence=f"The record of alerts cannot be read: {error}."))
        else:
            banner.show(verdict(seen))
        self._beats += 1
        self._pulse.text = str(self._beats)  # the page counts as current while this changes


class Banner:
    """The verdict at the top of a page.

    Args:
        heading: Whether it is the page's heading.
    """

    def __init__(self, *, heading: bool) -> None:
        with element("div", "verdict", role="status") as self._box:
            self._shape = text("span", "", "shape")
            self._shape.props["aria-hidden"] = "true"
            self._sentence = text("h1" if heading else "p", "", "sentence")
            self._more = text("p", "", "more")
        self._shown: Verdict | None = None

    def show(self, found: Verdict) -> None:
        """Show a verdict, on the page and in the browser's tab."""
        if found == self._shown:
            return
        self._shown = found
        self._box.classes(replace=f"verdict {found.tone}")
        self._shape.text, self._sentence.text, self._more.text = SHAPES[found.tone], found.sentence, found.more
        ui.page_title(f"{SHAPES[found.tone]} {TITLES[found.tone]} · yawstring")


def element(tag: str, classes: str = "", **attributes: str) -> ui.element:
    """An element of HTML."""
    made = ui.element(tag)
    made.classes(classes)
    for name, value in attributes.items():
        made.props[name.replace("_", "-")] = value
    return made


def text(tag: str, content: str, classes: str = "") -> TextElement:
    """An element with plain text in it, which is never taken for HTML."""
    made = TextElement(tag=tag, text=content)
    made.classes(classes)
    return made


@contextmanager
def page(reading: Reading, here: str, title: str = "") -> Iterator[Live]:
    """Build a page around what is built in the ``with`` block.

    Args:
        reading: The store.
        here: Its address.
        title: Its heading; nothing where the verdict is the heading.
    """
    theme = _theme()
    ui.dark_mode(None if theme == "system" else theme == "dark")
    live = Live(reading)
    _top(here)
    with element("div", "page", id="page", tabindex="-1"):
        banner = Banner(heading=not title)
        if title:
            text("h1", title, "title")
        try:
            yield live
        except StoreError:
            text("p", "What belongs here cannot be read; the reason stands above.", "warning")
    _end(theme, here)
    live.refresh(banner)
    ui.timer(REFRESH_S, lambda: live.refresh(banner))


def _top(here: str) -> None:
    text("a", "Skip to the content", "skip").props["href"] = "#page"
    with element("header", "top"):
        text("span", "yawstring", "brand")
        with element("nav", aria_label="Pages"):
            for address, name in PAGES.items():
                link = ui.link(name, address)
                if address == here:
                    link.props["aria-current"] = "page"


def _theme() -> Theme:
    asked = ui.context.client.request.cookies.get(THEME_COOKIE)
    return next((theme for theme in THEMES if theme == asked), "system")


def _end(theme: Theme, here: str) -> None:
    with element("footer", "end"):
        text("span", "Times are those of the machine that the dashboard runs on.")
        with element("form", method="post", action="/theme", aria_label="Light or dark"):
            element("input", type="hidden", name="then", value=here)
            for name in THEMES:
                button = text("button", {"system": "As the system", "light": "Light", "dark": "Dark"}[name], "plain")
                pressed = "true" if name == theme else "false"
                button.props.update({"name": "theme", "value": name, "type": "submit", "aria-pressed": pressed})
