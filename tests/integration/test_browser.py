"""Pages in a real browser: a foreign one reaches nothing, one that is named calls as it likes."""

import asyncio
import json
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from tests.support.gateway import config_text, load, running
from tests.support.upstream import says, upstream

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed"), pytest.mark.timeout(240)]
ANSWER = b'{"id": "1", "choices": [{"message": {"content": "hi there"}, "finish_reason": "stop"}]}'
PAGE = """<!doctype html><body>waiting<script>
const body = JSON.stringify({model: "mine/m", messages: [{role: "user", content: "hello"}]});
const headers = {"Content-Type": "application/json", "Authorization": "Bearer k"};
const url = "%s/v1/chat/completions";
const tries = {
  plain: () => fetch(url, {method: "POST", body, headers: {"Content-Type": "text/plain"}}),
  opaque: () => fetch(url, {method: "POST", body, mode: "no-cors"}),
  json: () => fetch(url, {method: "POST", body, headers}),
  models: () => fetch("%s/v1/models"),
};
(async () => {
  const told = {};
  for (const [name, attempt] of Object.entries(tries)) {
    try {
      const answer = await attempt();
      const model = answer.headers.get("x-pointsman-model");
      told[name] = [answer.type, answer.status, model, (await answer.text()).length > 0];
    } catch (error) { told[name] = error.name; }
  }
  document.body.textContent = "told:" + JSON.stringify(told) + ":end";
})();
</script></body>"""


class Page:
    """The page, on an origin of its own; `gateway` is whom it calls."""

    origin = gateway = ""

    async def answer(self, _):
        return web.Response(text=PAGE.replace("%s", self.gateway), content_type="text/html")


@asynccontextmanager
async def page():
    served = Page()
    app = web.Application()
    app.router.add_get("/{path:.*}", served.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield served
    finally:
        await runner.cleanup()


async def browsed(url, folder):
    """Open a page and return what it tells."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}"]
    process = await asyncio.create_subprocess_exec(
        BROWSER, *options, "--virtual-time-budget=20000", "--dump-dom", url, stdout=PIPE, stderr=DEVNULL, env={}
    )
    try:
        async with asyncio.timeout(120):
            dom, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    told = re.search(r"told:(.*):end", dom.decode())
    assert told, dom.decode()[-500:]
    return json.loads(told[1])


def configured(tmp_path, provider, origins=""):
    entry = {"model": "mine/m", "base_url": provider.url, "access_key": "k"}
    return load(tmp_path, config_text([entry], cors=f"{{allowed_origins: [{origins}]}}"))


async def test_a_foreign_page_spends_nothing_and_reads_nothing(tmp_path):
    async with (
        upstream(says(ANSWER)) as provider,
        running(configured(tmp_path, provider)) as gateway,
        page() as served,
    ):
        served.gateway = gateway.url
        told = await browsed(served.origin, tmp_path / "browser")
    assert told.pop("opaque") == ["opaque", 0, None, False]
    assert set(told.values()) == {"TypeError"}
    assert provider.requests == []


async def test_a_page_that_is_named_calls_and_reads(tmp_path):
    async with upstream(says(ANSWER)) as provider, page() as served:
        config = configured(tmp_path, provider, f'"{served.origin}"')
        async with running(config) as gateway:
            served.gateway = gateway.url
            told = await browsed(served.origin, tmp_path / "browser")
    assert told["json"] == told["plain"] == ["cors", 200, "mine/m", True]
    assert told["models"] == ["cors", 200, None, True]
    assert len(provider.requests) == 3
