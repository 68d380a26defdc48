"""A page in a real Chromium: Debian's, driven by Playwright, with axe-core to look for what keeps people out.

PAGE_SCREENSHOTS names a folder in which pictures are left; it is made where it is not there.
"""

import os
import shutil
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed: make test-page")
axe = pytest.importorskip("axe_playwright_python.async_playwright", reason="axe is not installed: make test-page")
CHROMIUM = shutil.which("chromium")
WIDE, PHONE = 1280, 390
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Browser:
    """One page of one theme. What went wrong in it is in `wrong`, whom it asked in `hosts`."""

    def __init__(self, page, theme, address):
        self.page, self.theme, self.address = page, theme, address
        self.wrong, self.hosts = [], set()
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda asked: self.hosts.add(urlsplit(asked.url).netloc))

    async def view(self, name):
        """Open a view and wait until it is there."""
        await self.page.goto(f"{self.address}/#{name}")
        await self.page.wait_for_selector(f"nav a[aria-current][href='#{name}']")
        await self.page.wait_for_selector("main h2")

    async def looked_at(self, name):
        """Check what is shown, for all people and on a narrow screen, and leave a picture of each."""
        for width in (WIDE, PHONE):
            await self.page.set_viewport_size({"width": width, "height": 860})
            await self.page.wait_for_timeout(100)
            assert await self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
            await self._shoot(f"{name}-{self.theme}{'' if width == WIDE else '-phone'}")
            assert await self.violations() == [], (name, width)
        await self.page.set_viewport_size({"width": WIDE, "height": 860})

    async def violations(self):
        """Return what axe finds wrong at the levels A and AA, a line each."""
        found = await axe.Axe().run(self.page, options={"runOnly": RULES})
        assert found.response["passes"], "axe has looked at something"
        return [
            f"{each['id']}: {node['html'][:200]}: {node['failureSummary']}"
            for each in found.response["violations"]
            for node in each["nodes"]
        ]

    async def _shoot(self, name):
        if folder := os.environ.get("PAGE_SCREENSHOTS"):
            await self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@asynccontextmanager
async def opened(address, theme="light"):
    """Open the page at an address. What it logs, and asks of others, is an error at the end."""
    async with playwright.async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await chromium.new_context(color_scheme=theme, viewport={"width": WIDE, "height": 860})
        browser = Browser(await context.new_page(), theme, address)
        await browser.page.goto(address)
        yield browser
        assert browser.wrong == []
        assert browser.hosts == {urlsplit(address).netloc}
        await chromium.close()
