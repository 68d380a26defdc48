import pytest

from gateway.admin.api import Route, json_answer
from tests.support.admin import served

TOKEN = "a-token"


async def hello(_):
    return json_answer("hello")


ROUTES = [Route("GET", "/", hello), Route("GET", "/healthz", hello, public=True)]


async def status(headers, path="/", **section):
    async with served(ROUTES, **section) as client:
        return (await client.get(path, headers=headers)).status


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:9901", 200),
        ("10.1.2.3", 200),
        ("[::1]:9901", 200),
        ("localhost", 200),
        ("LOCALHOST:9901", 200),
        ("gateway.internal:9901", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("", 403),
        ("[", 403),
        ("evil.example@127.0.0.1.evil", 403),
    ],
)
async def test_a_host_that_a_page_had_resolved_to_us_is_refused(host, expected):
    assert await status({"Host": host}, allowed_hosts=("gateway.internal",)) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Origin": "http://localhost:9901"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost:3000"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Origin": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:9901"}, 200),
    ],
)
async def test_a_page_of_another_origin_is_refused(headers, expected):
    assert await status({"Host": "localhost:9901"} | headers) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, 401),
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        ("Bearer wrong", 401),
        ("Bearer ", 401),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
    ],
)
async def test_where_there_is_a_token_it_is_asked_for(given, expected):
    headers = {} if given is None else {"Authorization": given}
    assert await status(headers, token=TOKEN) == expected


async def test_a_wrong_token_is_told_what_is_wanted_and_not_what_it_is():
    async with served(ROUTES, token=TOKEN) as client:
        answer = await client.get("/", headers={"Authorization": "Bearer wrong"})
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert TOKEN not in await answer.text()


@pytest.mark.parametrize(("path", "expected"), [("/healthz", 200), ("/", 401), ("/nothing", 401)])
async def test_probes_need_no_token_and_nobody_else_learns_what_there_is(path, expected):
    assert await status({}, path, token=TOKEN) == expected


async def test_the_host_is_checked_for_probes_too():
    assert await status({"Host": "evil.example"}, "/healthz", token=TOKEN) == 403
