"""Headless Chromium with the network closed, one for the whole folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    sync_playwright,
)

from maps.foliummap import TILE_HOSTS

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Listens before anything of the page runs. A hostile text that ran would set `ran`.
_WATCH = """
window.ran = undefined;
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI}`);
});
"""


@dataclass(slots=True)
class Visit:
    """A page that is open, what it asked the network for, and what went wrong in it."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def drawn(self) -> dict[str, int]:
        """Return how many zones, faces, signs, stops and legs stand on the map."""
        result: dict[str, int] = self.page.evaluate("placarde.drawn()")
        return result

    def table(self, caption: str) -> list[list[str]]:
        """Return the rows of the table whose caption begins like this, as a person reads them."""
        table = self.page.locator("table", has=self.page.locator("caption", has_text=caption))
        rows = table.locator("tbody tr")
        return [row.locator("th, td").all_inner_texts() for row in rows.all()]

    def show_all_rows(self) -> None:
        """Press every button that shows the rest of a table."""
        self.page.evaluate(
            "for (const b of document.querySelectorAll('button.more')) while (!b.hidden) b.click()"
        )

    def choose_period(self, period: int) -> None:
        """Move the slider over the periods with the keyboard, 0 for all of them."""
        slider = self.page.get_by_role("slider", name="Vague")
        slider.press("Home")
        for _ in range(period):
            slider.press("ArrowRight")


Open = Callable[..., Visit]
Look = Callable[[str], Visit]

WIDTH, HEIGHT = 1280, 900


def find_chromium() -> str:
    """Return the browser to drive: `PLACARDE_CHROMIUM`, else the first one on PATH."""
    named = os.environ.get("PLACARDE_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        pytest.fail(
            "These tests drive Chromium and none was found: install the package `chromium`, or "
            "set PLACARDE_CHROMIUM to the path of one.",
            pytrace=False,
        )
    return found


# A package, not the session: Playwright keeps an event loop running in this thread as long as it is
# open, and the tests of other folders may want their own.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    executable = find_chromium()
    with sync_playwright() as playwright:
        # Containers run as root and share little memory; both options are for them.
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=executable, args=options)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the HTML of a page from a file, without any network."""
    context = new_context(chromium)

    def open_it(html: str, *, width: int = WIDTH, height: int = HEIGHT, link: str = "") -> Visit:
        path = tmp_path / f"page-{len(context.pages)}.html"
        path.write_text(html, encoding="utf-8")
        return _visit(context, path, width=width, height=height, link=link)

    yield open_it
    context.close()


@pytest.fixture(scope="module")
def shared(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    """Return a function that gives the visit of an HTML text, open since it was first asked for.

    What a test changes it puts back by `renewed`, which reads the page again.
    """
    folder = tmp_path_factory.mktemp("pages")
    context = new_context(chromium)
    visits: dict[str, Visit] = {}

    def look(html: str) -> Visit:
        if html not in visits:
            path = folder / f"page-{len(visits)}.html"
            path.write_text(html, encoding="utf-8")
            visits[html] = _visit(context, path, width=WIDTH, height=HEIGHT, link="")
        return visits[html]

    yield look
    context.close()


def renewed(visit: Visit, *, link: str = "") -> Visit:
    """Return the visit with its page read again: nothing chosen, nothing open."""
    page = visit.page
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    visit.errors.clear()
    page.goto("about:blank")
    page.goto(f"{visit.address}{link}")
    page.wait_for_selector("html[data-ready]")
    return visit


def new_context(chromium: Browser) -> BrowserContext:
    """Return a context that reads French and waits for nothing long."""
    context = chromium.new_context(locale="fr-FR", reduced_motion="reduce")
    context.set_default_timeout(15_000)
    return context


def _visit(context: BrowserContext, path: Path, *, width: int, height: int, link: str) -> Visit:
    visit = Visit(context.new_page(), path.as_uri())
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.page.add_init_script(_WATCH)
    visit.page.route("**/*", lambda route: _close_network(visit, route))
    visit.page.on("console", lambda message: _note(visit, message))
    visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
    visit.page.goto(f"{path.as_uri()}{link}")
    visit.page.wait_for_selector("html[data-ready]")
    return visit


def _close_network(visit: Visit, route: Route) -> None:
    if route.request.url.startswith(("file:", "data:", "about:", "blob:")):
        route.continue_()
    else:
        visit.requests.append(route.request.url)
        route.abort()


def _note(visit: Visit, message: ConsoleMessage) -> None:
    is_tile = message.location.get("url", "").startswith(TILE_HOSTS)
    if message.type in ("error", "warning") and not is_tile:
        visit.errors.append(message.text)
