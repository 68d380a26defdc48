import gzip
import time

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from gateway.pricing import reading
from gateway.pricing.reading import read_file, read_url
from gateway.pricing.table import SourceError
from tests.support.forward_proxy import forward_proxy
from tests.support.metrics_server import MetricsServer


@pytest.fixture
async def server():
    async with MetricsServer() as started:
        yield started


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as made:
        yield lambda: made


async def test_a_document_is_got_with_its_token(server, session):
    server.document = b"as it is"
    assert await read_url(session, URL(server.url + "/costs?v=1"), "a-token") == b"as it is"
    (request,) = server.requests
    assert (request.headers["Accept"], request.headers["User-Agent"]) == ("application/json", "pointsman")
    assert (request.headers["Authorization"], request.path_qs) == ("Bearer a-token", "/costs?v=1")


async def test_without_a_token_none_is_sent(server, session):
    await read_url(session, URL(server.url))
    assert "Authorization" not in server.requests[0].headers


async def test_an_error_status_is_no_document(server, session):
    server.status, server.document = 503, b"secret text"
    with pytest.raises(SourceError, match=r"^it answered 503$"):
        await read_url(session, URL(server.url))


async def test_a_server_that_does_not_answer_is_given_up(server, session):
    server.stall = True
    started = time.monotonic()
    with pytest.raises(SourceError, match=r"^it took longer than 0\.1 s$"):
        await read_url(session, URL(server.url), timeout_seconds=0.1)
    assert time.monotonic() - started < 10


async def test_a_server_that_is_away_is_told_without_its_address(server, session):
    await server.stop()
    with pytest.raises(SourceError) as caught:
        await read_url(session, URL(server.url.replace("//", "//user:password@")))
    assert str(caught.value) == "it cannot be reached (ClientConnectorError)"


async def test_an_address_that_is_none_is_told(session):
    with pytest.raises(SourceError, match="it cannot be reached"):
        await read_url(session, URL("http:///costs"))


async def test_a_document_that_is_too_large_is_refused_also_if_it_is_small_when_compressed(
    session, aiohttp_server, monkeypatch
):
    monkeypatch.setattr(reading, "MAX_BYTES", 100_000)
    app = web.Application()
    app.router.add_get("/{size}", _compressed)
    url = (await aiohttp_server(app)).make_url("/")
    assert len(await read_url(session, url / "100000")) == 100_000
    with pytest.raises(SourceError, match="it is larger than"):
        await read_url(session, url / "100001")


async def _compressed(request):
    size = int(request.match_info["size"])
    return web.Response(body=gzip.compress(b" " * size), headers={"Content-Encoding": "gzip"})


async def test_a_file_is_read(tmp_path):
    (tmp_path / "prices.json").write_bytes(b"{}")
    assert await read_file(tmp_path / "prices.json") == b"{}"


async def test_a_file_that_is_not_there_is_told_without_its_path(tmp_path):
    with pytest.raises(SourceError, match=r"^it cannot be read: No such file or directory$"):
        await read_file(tmp_path / "prices.json")


async def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_BYTES", 3)
    (tmp_path / "prices.json").write_bytes(b"1234")
    with pytest.raises(SourceError, match="it is larger than"):
        await read_file(tmp_path / "prices.json")


@pytest.mark.parametrize("size", [3, 4])
async def test_a_document_may_be_as_large_as_it_says_and_no_larger(tmp_path, monkeypatch, size):
    monkeypatch.setattr(reading, "MAX_BYTES", 3)
    file = tmp_path / "prices.json"
    file.write_bytes(b"1" * size)
    if size == 3:
        assert await read_file(file) == b"111"
        return
    with pytest.raises(SourceError, match=r"^it is larger than 32 MiB$"):
        await read_file(file)


async def test_a_document_is_got_through_a_proxy_where_there_is_one(server, session):
    server.document = b"as it is"
    async with forward_proxy() as proxy:
        assert await read_url(session, URL(server.url + "/costs"), proxy=proxy.url) == b"as it is"
        assert [line for line, _ in proxy.seen] == [f"GET {server.url}/costs HTTP/1.1"]
