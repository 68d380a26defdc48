"""The page in a real browser: every view in both themes, on a wide and a narrow screen, without a mouse, for axe-core.

`make test-page` installs what it needs and runs it; it is skipped without.
"""

import asyncio
import hashlib
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from typer.testing import CliRunner

from devtools.fake_provider.server import FakeProvider
from gateway.cli.main import app as command_line
from gateway.config.load import load_config
from gateway.runtime.app import Process, build_app
from gateway.runtime.gateway import GATEWAY
from gateway.runtime.listener import Listener
from tests.support.browser import CHROMIUM, opened
from tests.support.gateway import CODE, Gateway

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: make test-page"),
    # Playwright leaves its own pipes to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
VIEWS = ("live", "traffic", "routes", "playground", "providers", "sessions", "callers", "configuration")
THEMES = ("light", "dark")
PLANTED = "xyzzyplover"
CONFIG = """
model_providers:
  - {{model: openai/gpt-4o-mini, base_url: {url}, access_key: k, default: true}}
  - {{model: openai/fake-429, base_url: {url}, access_key: k}}
routing_preferences:
  - name: code_generation
    description: generating new code, writing functions, or creating boilerplate
    models: [openai/gpt-4o-mini]
    examples: examples/code.jsonl
  - name: verse
    description: poems, haiku and songs
    models: [openai/fake-429, openai/gpt-4o-mini]
admin: {{port: {port}, test_results: last.json{admin}}}
{more}
"""
KEYS = f"""
api_keys:
  - name: ann
    hash: "sha256:{hashlib.sha256(b"secret").hexdigest()}"
    requests_per_minute: 30
    budgets: [{{per: month, tokens: 100000}}]
    expires: 2199-01-01
"""


@pytest.fixture
async def start(tmp_path, unused_tcp_port):
    """Return what runs a gateway with its page, from a file as `pointsman up` does."""
    path = tmp_path / "config.yaml"
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/code.jsonl").write_text('"a parser for dates"\n')

    @asynccontextmanager
    async def start(more="", admin=""):
        async with FakeProvider() as provider:
            path.write_text(CONFIG.format(url=provider.url, port=unused_tcp_port, more=more, admin=admin))
            process = Process(load=lambda: load_config(path, {}), file=path)
            app = build_app(load_config(path, {}).config, process=process)
            runner = Listener(app, shutdown_timeout=0.2)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            async with aiohttp.ClientSession() as session:
                served = Gateway(f"http://127.0.0.1:{runner.addresses[0][1]}", session)
                served.admin, served.path, served.app = f"http://127.0.0.1:{unused_tcp_port}", path, app
                try:
                    yield served
                finally:
                    await runner.cleanup()

    return start


async def ask(gateway, text=CODE, path="/v1/chat/completions", **headers):
    body = {"model": "auto", "messages": [{"role": "user", "content": text}]}
    return (await gateway.post(path, body, headers))[0]


async def examples_are(gateway, *examples):
    """Wait until the first route in service has these examples."""
    async with asyncio.timeout(10):
        while gateway.app[GATEWAY].runtime.config.routes()[0].examples != examples:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.05)


async def some_traffic(gateway, **headers):
    for text in (CODE, "Write a haiku about trains", "hello there", CODE):
        assert await ask(gateway, text, **headers) == 200
    status, _, _ = await gateway.post("/v1/chat/completions", {"messages": 3}, headers)
    assert status == 400


@pytest.mark.parametrize("theme", THEMES)
async def test_every_view_is_for_all_people_before_the_first_request(start, theme):
    async with start() as gateway, opened(gateway.admin, theme) as browser:
        await browser.page.wait_for_selector("text=No requests yet")
        for name in VIEWS:
            await browser.view(name)
            await browser.looked_at(f"{name}-empty")


@pytest.mark.parametrize("theme", THEMES)
async def test_every_view_is_for_all_people_with_traffic(start, theme):
    key = {"Authorization": "Bearer secret"}
    async with start(KEYS + "decision_log: {store_prompts: true}\n") as gateway:
        labels = gateway.path.with_name("routing_tests.yaml")
        labels.write_text(f"- {{prompt: {CODE}, route: code_generation}}\n- {{prompt: good morning, route: null}}\n")
        tested = await asyncio.to_thread(CliRunner().invoke, command_line, ["test", "--config", str(gateway.path)])
        assert tested.exit_code == 0
        await some_traffic(gateway, **key)
        assert await ask(gateway, Authorization="Bearer wrong") == 401
        async with opened(gateway.admin, theme) as browser:
            page = browser.page
            await page.get_by_role("button", name="Open the request").nth(2).click()
            await page.wait_for_selector("text=Scores, and the threshold")
            await page.get_by_text("Label it").click()
            await page.wait_for_selector("aside option[value=verse]", state="attached")
            await browser.looked_at("live")
            for name, said in (
                ("traffic", "From the decision log."),
                ("routes", "100 % of 2 cases right"),
                ("providers", "1 left for the next"),
                ("callers", "of 30 requests"),
                ("configuration", "in service"),
            ):
                await browser.view(name)
                await page.get_by_text(said).first.wait_for()
                await browser.looked_at(name)


async def test_a_decision_is_seen_live_explained_labelled_and_the_reload_makes_it_count(start):
    async with start("decision_log: {store_prompts: true}\n") as gateway, opened(gateway.admin) as browser:
        page = browser.page
        await page.wait_for_selector("text=watching")
        assert await ask(gateway, f"hello {PLANTED}") == 200
        await page.get_by_role("button", name="Open the request").click()
        await page.wait_for_selector(f"aside >> text=hello {PLANTED}")
        await page.get_by_text("Label it").click()
        await page.select_option("aside select", "code_generation")
        await page.click("aside >> text=Make it an example")
        await page.wait_for_selector("text=An example of code_generation now, in code.jsonl.")
        await examples_are(gateway, "a parser for dates", f"hello {PLANTED}")
        await browser.view("playground")
        await page.fill("#said", f"hello {PLANTED}")
        await page.click("text=Decide")
        await page.wait_for_selector("text=As configured: code_generation")
        await browser.view("routes")
        await page.get_by_role("button", name=f"Take back: hello {PLANTED}").click()
        await page.wait_for_selector("text=None yet.")
        await examples_are(gateway, "a parser for dates")


async def test_what_was_said_is_nowhere_unless_it_is_stored_and_is_typed_to_be_labelled(start):
    async with start("decision_log: {}\n") as gateway, opened(gateway.admin) as browser:
        page = browser.page
        assert await ask(gateway, f"{CODE} {PLANTED}") == 200
        for name in VIEWS:
            await browser.view(name)
            await page.wait_for_timeout(200)
            assert PLANTED not in await page.content(), name
        await browser.view("live")
        await page.get_by_role("button", name="Open the request").click()
        assert PLANTED not in await page.content()
        await page.get_by_text("Label it").click()
        await page.fill("aside textarea", "reverse a string")
        await page.select_option("aside select", "code_generation")
        await page.click("aside >> text=Make it an example")
        await page.wait_for_selector("text=An example of code_generation now")
        assert "reverse a string" in gateway.path.with_name("examples").joinpath("code.jsonl").read_text()
        for file in gateway.path.parent.rglob("*"):
            assert file.is_dir() or PLANTED.encode() not in file.read_bytes(), file


async def test_what_cannot_be_labelled_is_told(start):
    async with start() as gateway, opened(gateway.admin) as browser:
        page = browser.page
        await browser.view("playground")
        await page.fill("#said", "a parser for dates")
        await page.click("text=Decide")
        await page.select_option("form:has-text('It belongs to') select >> nth=-1", "code_generation")
        browser.wrong.clear()
        await page.click("text=Make it an example")
        await page.wait_for_selector("text=is an example of 'code_generation' already")
        assert await page.locator("option", has_text="verse: its examples are in no file").count() == 1
        browser.wrong[:] = [each for each in browser.wrong if "409" not in each]


@pytest.mark.parametrize("theme", THEMES)
async def test_an_edit_is_previewed_before_anything_is_saved(start, theme):
    async with start() as gateway, opened(gateway.admin, theme) as browser:
        page, before = browser.page, gateway.path.read_text()
        await browser.view("playground")
        await page.fill("#said", CODE)
        await page.select_option("#route", "code_generation")
        await page.fill("#threshold", "1")
        await page.click("text=Decide")
        await page.wait_for_selector("text=The edit changes the decision: code_generation → no route.")
        await browser.looked_at("playground-edited")
        await page.select_option("#kind", "prompts")
        await page.fill("#said", f"{CODE}\nhello there\n\nWrite a haiku about trains")
        await page.click("text=Decide")
        await page.wait_for_selector("text=1 of 3 flip.")
        await browser.looked_at("playground-several")
        await page.click("text=Discard the edits")
        await page.click("text=Decide")
        await page.wait_for_selector("text=Edit a route to see which of them flip.")
        assert gateway.path.read_text() == before


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/responses"])
async def test_a_body_of_each_format_is_decided_about(start, path):
    async with start() as gateway, opened(gateway.admin) as browser:
        page = browser.page
        await browser.view("playground")
        await page.select_option("#kind", path)
        await page.click("text=Put an example in")
        await page.click("text=Decide")
        await page.wait_for_selector("text=As configured: code_generation")
        await page.fill("#said", "{")
        await page.click("text=Decide")
        await page.wait_for_selector("text=The body is not JSON")


async def test_a_pin_is_looked_up_and_dropped(start):
    async with start() as gateway, opened(gateway.admin) as browser:
        await ask(gateway, **{"X-Session-Id": "s"})
        await browser.view("sessions")
        await browser.page.fill("#ident", "s")
        await browser.page.keyboard.press("Enter")
        await browser.page.click("text=Drop this pin")
        await browser.page.wait_for_selector("text=Dropped")
        async with gateway.session.get(f"{gateway.admin}/sessions") as answer:
            assert (await answer.json())["entries"] == 0


async def test_everything_is_reached_without_a_mouse(start):
    async with start() as gateway, opened(gateway.admin) as browser:
        page = browser.page
        await ask(gateway)
        await page.wait_for_selector("text=watching")
        focused = "document.activeElement.textContent"
        await page.keyboard.press("Tab")
        assert await page.evaluate(focused) == "Skip to content"
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"
        for _ in range(6):
            await page.keyboard.press("Tab")
            if (await page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")).startswith("Open"):
                break
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Scores, and the threshold")
        await ask(gateway)
        await page.wait_for_selector("tbody tr:nth-child(2).chosen")
        assert (await page.evaluate("document.activeElement.getAttribute('aria-label')")).startswith("Open")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("aside", state="hidden")
        await page.focus("nav li:nth-child(2) a")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("h2 >> text=Traffic")
        assert await page.evaluate("document.activeElement.id") == "main"


async def test_the_list_is_filtered_and_held(start):
    async with start() as gateway, opened(gateway.admin) as browser:
        page = browser.page
        await page.wait_for_selector("text=watching")
        await some_traffic(gateway)
        await page.wait_for_selector("tbody tr:nth-child(5)")
        await page.fill("#filter", "verse")
        assert await page.locator("tbody tr:visible").count() == 1
        await page.fill("#filter", "nothing is called so")
        await page.wait_for_selector("text=Nothing here matches the filter")
        await page.fill("#filter", "")
        await page.click("text=Pause")
        await ask(gateway)
        await page.wait_for_selector("text=paused, 1 wait")
        assert await page.locator("tbody tr").count() == 5
        await page.click("text=Go on")
        await page.wait_for_selector("tbody tr:nth-child(6)")


async def test_traffic_says_where_it_is_from_and_reaches_back_where_there_is_a_log(start):
    async with start("decision_log: {}\n") as gateway, opened(gateway.admin) as browser:
        page = browser.page
        await some_traffic(gateway)
        await browser.view("traffic")
        await page.wait_for_selector("text=From the decision log.")
        for span in ("15 min", "30 days"):
            await page.get_by_label(span).check()
            await page.wait_for_selector("figure")
        await page.hover("figure svg", position={"x": 600 / 2, "y": 60})
        await page.locator("figure summary").first.click()
        await page.wait_for_selector("figure >> nth=0 >> tbody tr:nth-child(30)")
        await page.get_by_label("15 min").check()
        await page.wait_for_selector("figure >> nth=0 >> tbody tr:nth-child(30)")
        assert await page.evaluate("document.querySelectorAll('figure details[open]').length") == 1
        await page.focus("[data-key='values Requests']")
        await page.mouse.move(0, 0)
        async with page.expect_response("**/api/traffic*", timeout=20_000):
            pass
        await page.wait_for_timeout(300)
        assert await page.evaluate("document.activeElement.dataset.key") == "values Requests"
    async with start() as gateway, opened(gateway.admin) as browser:
        await some_traffic(gateway)
        await browser.view("traffic")
        await browser.page.wait_for_selector("text=these are the last 5 requests that are remembered")
        assert await browser.page.locator("fieldset").is_hidden()


async def test_a_file_that_is_wrong_is_refused_and_that_is_shown(start):
    async with start() as gateway, opened(gateway.admin) as browser:
        await browser.view("configuration")
        gateway.path.write_text(gateway.path.read_text() + "\nlistners: []\n")
        await browser.page.click("text=Read the file again")
        await browser.page.wait_for_selector("text=did you mean 'listeners'?")
        await browser.page.wait_for_selector("text=The old one stays")
        browser.wrong[:] = [each for each in browser.wrong if "422" not in each]


async def test_a_token_is_asked_for_and_kept_for_the_tab(start):
    async with start(admin=", token: sesame") as gateway, opened(gateway.admin) as browser:
        page = browser.page
        await page.wait_for_selector("text=This page needs a token")
        await browser.looked_at("token")
        await page.fill("#token", "wrong")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=That was not the token.")
        await page.fill("#token", "sesame")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=No requests yet")
        await page.reload()
        await page.wait_for_selector("text=watching")
        browser.wrong[:] = [each for each in browser.wrong if "401" not in each]
