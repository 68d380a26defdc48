"""The page in a real browser: every view in both themes, a decision seen live and explained, an edit previewed.

It needs Chromium (Debian's package `chromium`) and Playwright (`pip install playwright`), and is skipped without them.
Screenshots are left in the folder that PAGE_SCREENSHOTS names, if any.
"""

import os
import shutil
from pathlib import Path

import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import CODE, config_text, load, running

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    # Playwright leaves its own pipes to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
VIEWS = ("live", "traffic", "routes", "playground", "providers", "sessions", "configuration")
CHAT = {"model": "auto", "messages": [{"role": "user", "content": CODE}]}


@pytest.fixture
async def provider():
    async with FakeProvider(default=lambda _: Answer.text("hello")) as served:
        yield served


@pytest.fixture
async def gateway(tmp_path, provider, unused_tcp_port):
    providers = [{"model": "openai/gpt-4o", "base_url": provider.url, "access_key": "k", "default": "true"}]
    config = load(tmp_path, config_text(providers, ("openai/gpt-4o",), admin=f"{{port: {unused_tcp_port}}}"))
    async with running(config) as served:
        served.admin = f"http://127.0.0.1:{unused_tcp_port}"
        yield served


@pytest.fixture(params=["light", "dark"])
async def page(request, gateway):
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(color_scheme=request.param, viewport={"width": 1100, "height": 800})
        opened = await context.new_page()
        opened.theme, opened.wrong, opened.hosts = request.param, [], set()
        opened.on("console", lambda said: opened.wrong.append(said.text) if said.type in {"error", "warning"} else None)
        opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
        opened.on("request", lambda asked: opened.hosts.add(asked.url.split("/")[2]))
        await opened.goto(gateway.admin)
        yield opened
        assert opened.wrong == []
        assert opened.hosts == {gateway.admin.removeprefix("http://")}
        await browser.close()


async def view(page, name):
    await page.goto(f"{page.url.split('#')[0]}#{name}")
    await page.wait_for_selector("nav a[aria-current]")
    await page.wait_for_load_state("networkidle") if name != "live" else None


async def shoot(page, name):
    if folder := os.environ.get("PAGE_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}-{page.theme}.png", full_page=True)


async def test_every_view_opens_and_a_decision_is_seen_live_and_explained(page, gateway):
    await page.wait_for_selector("text=No requests yet")
    status, _, _ = await gateway.post("/v1/chat/completions", CHAT, {"X-Session-Id": "s"})
    assert status == 200
    await page.get_by_role("button", name="Open the request").click()
    await page.wait_for_selector("text=Scores, and the threshold")
    assert "code_generation" in await page.inner_text("section")
    assert "openai/gpt-4o" in await page.inner_text("section")
    assert CODE not in await page.content()
    await shoot(page, "live")
    for name in VIEWS[1:]:
        await view(page, name)
        await page.wait_for_selector("main > :nth-child(2)")
        await shoot(page, name)


async def test_an_edit_is_previewed_before_anything_is_saved(page):
    await view(page, "playground")
    await page.fill("#said", CODE)
    await page.select_option("#route", "code_generation")
    await page.fill("#threshold", "1")
    await page.click("button.primary")
    await page.wait_for_selector("text=The edit changes the decision: code_generation → no route.")
    await shoot(page, "playground-edited")


async def test_a_pin_is_looked_up_and_dropped(page, gateway):
    await gateway.post("/v1/chat/completions", CHAT, {"X-Session-Id": "s"})
    await view(page, "sessions")
    await page.fill("#ident", "s")
    await page.keyboard.press("Enter")
    await page.click("text=Drop this pin")
    await page.wait_for_selector("text=Dropped")


async def test_it_works_without_a_mouse_and_names_every_field(page):
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to content"
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.getAttribute('aria-current')") == "page"
    for name in VIEWS:
        await view(page, name)
        await page.wait_for_selector("main > :nth-child(2)")
        unnamed = await page.evaluate(
            "[...document.querySelectorAll('input,textarea,select')].filter(f => !f.labels.length).length"
        )
        assert unnamed == 0, name
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


async def test_it_fits_on_a_phone(page):
    await page.set_viewport_size({"width": 390, "height": 800})
    for name in VIEWS:
        await view(page, name)
        await page.wait_for_selector("main > :nth-child(2)")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
