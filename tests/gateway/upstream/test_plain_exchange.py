import asyncio

import pytest
from aiohttp import web
from yarl import URL

from filters.errors import UpstreamError
from gateway.upstream.candidates import Candidates
from gateway.upstream.client import UpstreamClient
from gateway.upstream.failures import ProviderAnsweredError
from gateway.upstream.plain_exchange import plain_exchange
from tests.support.gateway import config_text, load
from tests.support.upstream import begins, says
from tests.support.upstream import upstream as serving


@pytest.fixture
async def upstream():
    async with serving(says(b'{"data": []}')) as served:
        yield served


@pytest.fixture
def seconds():
    """How long the provider may be silent, here as long as only one that says nothing is."""
    return 20.0


@pytest.fixture
async def ask(tmp_path, upstream, seconds):
    limits = f"{{first_byte_timeout_seconds: {seconds}, idle_timeout_seconds: {seconds}}}"
    text = config_text([{"model": "openai/e", "base_url": upstream.url}], limits=limits)
    candidate = Candidates(load(tmp_path, text)).of_name("openai/e")
    client = UpstreamClient()

    async def asking(method="POST"):
        made = plain_exchange(client, candidate, "openai_chat", method, URL(upstream.url), {"x-mine": "1"}, b"sent")
        async with made as answer:
            return b"".join([chunk async for chunk in answer.chunks(candidate)])

    async for _ in client.lifespan(web.Application()):
        yield asking


async def fails(ask):
    with pytest.raises(UpstreamError) as raised:
        await ask()
    assert raised.value.provider == "openai/e"
    return raised.value


async def test_the_body_passes_as_it_comes(ask, upstream):
    async def reply(request):
        response = await begins(request, b"one ")
        await asyncio.sleep(0.05)
        await response.write(b"two")
        return response

    upstream.reply = reply
    assert await ask("PUT") == b"one two"
    [came] = upstream.requests
    assert (came.method, came.body, came.headers["x-mine"]) == ("PUT", b"sent", "1")


async def test_an_empty_answer_is_one(ask, upstream):
    upstream.reply = says(b"", status=204)
    assert await ask() == b""


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_an_error_status_is_what_the_provider_said(ask, upstream, status):
    upstream.reply = says(b'{"error": {"message": "no"}}', status=status)
    error = await fails(ask)
    assert isinstance(error, ProviderAnsweredError)
    assert (error.status, error.message, error.retryable) == (status, "no", status == 500)


@pytest.mark.parametrize(("status", "told"), [(302, 302), (999, 999)])
async def test_a_status_that_no_caller_should_see_is_a_bad_gateway(ask, upstream, status, told):
    upstream.reply = says(b"", status=status)
    error = await fails(ask)
    assert (error.status, error.provider_status) == (502, told)


@pytest.mark.parametrize(
    ("body", "is_error"),
    [
        (b'{"error": {"message": "no"}}', True),
        (b'{"error": "no"}', True),
        (b'{"error": null, "data": []}', False),
        (b'{"data": [], "error": "partial"}', False),
        (b'say "error" in plain text', False),
        (b'["error"]', False),
    ],
)
async def test_an_error_that_came_with_status_200_is_no_answer(ask, upstream, body, is_error):
    upstream.reply = says(body)
    if is_error:
        assert (await fails(ask)).cause == "error_event"
    else:
        assert await ask() == body


@pytest.mark.parametrize("seconds", [0.3])
async def test_silence_before_and_within_an_answer_is_a_failure(ask, upstream):
    async def silent(_):
        await asyncio.Event().wait()

    async def midway(request):
        await begins(request, b"one")
        await asyncio.Event().wait()

    for reply in (silent, midway):
        upstream.reply = reply
        assert (await fails(ask)).cause == "timeout"
