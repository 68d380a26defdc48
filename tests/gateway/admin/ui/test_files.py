import re

import pytest

from gateway.admin.ui.files import POLICY, file_routes
from tests.support.admin import served


@pytest.fixture
async def client():
    async with served(file_routes(), token="t" * 16) as client:
        yield client


async def test_the_page_and_all_that_it_names_are_served_without_a_token_and_under_its_policy(client):
    answer = await client.get("/")
    assert (answer.status, answer.headers["Content-Security-Policy"]) == (200, POLICY)
    named = re.findall(r'(?:src|href)="(/[^"]+)"', await answer.text())
    assert {"/ui/app.js", "/ui/style.css", "/ui/parts.css", "/ui/icon.svg"} == set(named)
    for path in named:
        assert (await client.get(path)).status == 200


async def test_modules_import_nothing_that_is_not_served(client):
    seen, todo = set(), ["/ui/app.js"]
    while todo:
        path = todo.pop()
        seen.add(path)
        answer = await client.get(path)
        assert (answer.status, answer.content_type) == (200, "text/javascript")
        todo += set(re.findall(r'from "([^"]+)"', await answer.text())) - seen
    assert seen == {route.path for route in file_routes() if route.path.endswith(".js")}


@pytest.mark.parametrize("route", file_routes(), ids=lambda route: route.path)
async def test_no_file_names_another_host(client, route):
    text = await (await client.get(route.path)).text()
    hosts = set(re.findall(r"https?://([\w.]+)", text)) - {"localhost", "www.w3.org"}
    assert hosts == set()
