"""Take the pictures of the documentation: ``python -m tests.browser.pictures DIR``.

The embedded Isère is planned, and its three pages are photographed in Chromium without a network.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from app.usecases import plan_campaign
from data.isere import campaign_folder
from tests.browser.conftest import find_chromium

PAGES = ("carte-elus", "carte-regie", "carte-interne")
WIDTH, HEIGHT = 1280, 1330


def main() -> None:
    """Write one PNG a page into the folder named on the command line."""
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan"
        plan_campaign(campaign_folder(), plan, created=datetime.now(UTC), progress=_in_silence)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
            )
            for name in PAGES:
                _photograph(browser, plan / f"{name}.html", target / f"{name}.png")
            browser.close()


def _in_silence(_message: str) -> None:
    """Say nothing of the progress."""


def _photograph(browser: Browser, page_file: Path, picture: Path) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.route("http*://**", lambda route: route.abort())
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.screenshot(path=picture)
    page.close()


if __name__ == "__main__":
    main()
