import pytest
from aiohttp import web

from filters.section import Section, Text
from gateway.admin.api import Route
from gateway.admin.ui.body import read_body
from tests.support.admin import served


class Asked(Section):
    name: Text


async def echo(request):
    return web.json_response({"name": (await read_body(request, Asked)).name})


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b'{"name": "x"}', 200, None),
        (b"{", 400, "not JSON"),
        (b"[]", 400, "the body: "),
        (b'{"name": 3}', 400, "name: "),
        (b'{"nome": "x"}', 400, "name: "),
    ],
)
async def test_a_body_is_read_or_the_field_is_named(body, status, said):
    async with served([Route("POST", "/x", echo)]) as client:
        answer = await client.post("/x", data=body)
        told = await answer.json()
    assert answer.status == status
    assert said is None or said in told["error"]["message"]
