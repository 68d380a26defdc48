from io import BytesIO

import pytest
from aiohttp import hdrs

from gateway.admin.api import Route, json_answer
from tests.support.admin import all_routes, served
from tests.support.gateway import config_text, load


@pytest.fixture
def config(tmp_path):
    return load(tmp_path, config_text([{"model": "openai/gpt", "access_key": "sk-secret"}]))


async def test_every_path_that_is_documented_is_served(config):
    async with served(all_routes(config)) as client:
        for path in ("/healthz", "/readyz", "/config", "/clusters", "/stats", "/sessions", "/metrics", "/logging"):
            assert (await client.get(path)).status == 200, path


async def test_a_page_is_one_more_list_of_routes(config):
    async def page(_):
        return json_answer("page")

    async with served([*all_routes(config), Route("GET", "/page", page, public=True)], token="t") as client:
        assert await (await client.get("/page")).json() == "page"
        assert (await client.get("/config")).status == 401


async def test_a_body_has_a_limit(config):
    async def echo(request):
        return json_answer(len(await request.read()))

    async with served([Route("POST", "/echo", echo)]) as client:
        assert (await client.post("/echo", data=BytesIO(b"x" * 1_100_000))).status == 413


async def test_with_a_token_nothing_answers_without_it_but_health_and_the_program_of_the_page(config):
    routes = all_routes(config)
    paths = {route.path for route in routes}
    public = {path for path in paths if path in {"/", "/healthz", "/readyz"} or path.startswith("/ui/")}
    assert {"/config", "/sessions", "/metrics", "/logging", "/api/live"} <= paths - public
    async with served(routes, token="t") as client:
        for path in [*(paths - public), "/nothing", "/ui/../config", "/healthz/"]:
            for method in sorted(hdrs.METH_ALL - {hdrs.METH_CONNECT}):
                async with client.request(method, path) as answer:
                    assert answer.status == 401, (method, path)
        for path in public:
            assert (await client.get(path)).status == 200, path
