import pytest
from aiohttp import web

from filters.errors import ConfigError, DownstreamError
from gateway.admin.api import Route
from tests.support.admin import served

SECRET = "a key that must not be seen"


def raising(error):
    async def handler(_):
        raise error

    return [Route("GET", "/", handler)]


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (DownstreamError(400, "why"), 400, "why"),
        (ConfigError("config.yaml:1: what"), 422, "config.yaml:1: what"),
        (web.HTTPForbidden(), 403, "Forbidden"),
        (ValueError(SECRET), 500, "The admin application failed; the log tells where."),
    ],
)
async def test_what_is_raised_is_answered_in_json(log_lines, error, status, message):
    async with served(raising(error)) as client:
        answer = await client.get("/")
        assert (answer.status, await answer.json()) == (status, {"error": {"status": status, "message": message}})
    assert SECRET not in str(log_lines)
    assert [line["event"] for line in log_lines] == (["crash"] if status == 500 else [])


async def test_the_headers_of_an_error_are_sent():
    async with served(raising(DownstreamError(401, "why", headers={"WWW-Authenticate": "Bearer"}))) as client:
        assert (await client.get("/")).headers["WWW-Authenticate"] == "Bearer"


async def test_unknown_paths_and_methods_are_told_too():
    async with served(raising(DownstreamError(400, "why"))) as client:
        missing, wrong = await client.get("/missing"), await client.post("/")
        assert (missing.status, (await missing.json())["error"]["message"]) == (404, "There is no such path here.")
        assert (wrong.status, wrong.headers["Allow"]) == (405, "GET")


async def test_a_stream_that_has_begun_is_cut_off(log_lines):
    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"begun")
        raise ValueError(SECRET)

    async with served([Route("GET", "/", handler)]) as client:
        answer = await client.get("/")
        assert answer.status == 200
        with pytest.raises(Exception, match="payload"):
            await answer.read()
    assert log_lines[0]["event"] == "crash"
    assert SECRET not in str(log_lines)


async def test_no_answer_is_taken_for_another_type():
    async with served(raising(DownstreamError(400, "why"))) as client:
        assert (await client.get("/")).headers["X-Content-Type-Options"] == "nosniff"
