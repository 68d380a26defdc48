import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.http_writer import StreamWriter
from aiohttp.test_utils import TestServer
from yarl import URL

from gateway.providers.provider import build_provider
from gateway.upstream.client import UpstreamClient
from tests.support.gateway import config_text, load


@pytest.fixture
async def server():
    async def handler(request):
        return web.json_response(
            {"headers": dict(request.headers), "from": request.transport.get_extra_info("peername")[1]},
            headers={"set-cookie": "a=b"},
        )

    app = web.Application()
    app.router.add_get("/", handler)
    async with TestServer(app, host="127.0.0.1") as started:
        yield f"http://127.0.0.1:{started.port}/"


async def fetch(session, url):
    async with session.get(url) as answer:
        return await answer.json()


async def test_the_session_lives_as_long_as_the_application():
    client = UpstreamClient()
    with pytest.raises(RuntimeError):
        client.session()
    async for _ in client.lifespan(web.Application()):
        session = client.session()
        assert not session.closed
    assert session.closed
    with pytest.raises(RuntimeError):
        client.session()


async def test_connections_are_kept_and_nothing_of_one_caller_is_carried_to_another(server):
    client = UpstreamClient()
    async for _ in client.lifespan(web.Application()):
        named = server.replace("127.0.0.1", "localhost")  # no jar of aiohttp's keeps a cookie of an address
        first, second = await fetch(client.session(), named), await fetch(client.session(), named)
    assert first["from"] == second["from"]
    assert "Cookie" not in second["headers"]
    assert "User-Agent" not in second["headers"]


async def test_there_is_no_limit_of_connections_and_no_total_timeout(server):
    client = UpstreamClient()
    async for _ in client.lifespan(web.Application()):
        assert client.session().timeout.total is None
        answers = await asyncio.gather(*(fetch(client.session(), server) for _ in range(150)))
    assert len({answer["from"] for answer in answers}) > aiohttp.TCPConnector.__init__.__kwdefaults__["limit"]


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class RawProvider:
    """Answers the first request of each connection, and does `then` with every later one."""

    def __init__(self, then):
        self.then = then
        self.connections = 0
        self.requests = 0

    async def serve(self, reader, writer):
        self.connections += 1
        first = True
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                if not first and not await self.then(writer):
                    break
                writer.write(ANSWER)
                await writer.drain()
                first = False
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def closes(_):
    return False


async def resets(writer):
    writer.transport.abort()
    return False


async def begins_and_closes(writer):
    writer.write(ANSWER[:-1])
    await writer.drain()
    return False


@asynccontextmanager
async def raw(then):
    provider = RawProvider(then)
    async with await asyncio.start_server(provider.serve, "127.0.0.1", 0) as server:
        provider.url = URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x")
        yield provider


@pytest.fixture
def entry(tmp_path):
    config = load(tmp_path, config_text([{"model": "own/m", "base_url": "http://h"}]))
    return build_provider(config.model_providers[0], config.limits)


async def ask(client, entry, url):
    response = await client.request(entry, "POST", url, body=b"", headers={})
    try:
        return await response.read()
    finally:
        client.release(response, complete=False)


@pytest.mark.parametrize("then", [closes, resets])
async def test_a_kept_connection_that_the_provider_has_closed_is_replaced(entry, then):
    client = UpstreamClient()
    async for _ in client.lifespan(web.Application()):
        async with raw(then) as provider:
            assert [await ask(client, entry, provider.url) for _ in range(4)] == [b"ok"] * 4
            assert provider.connections > 1


async def test_one_that_has_begun_to_answer_is_not_asked_again(entry):
    client = UpstreamClient()
    async for _ in client.lifespan(web.Application()):
        async with raw(begins_and_closes) as provider:
            assert await ask(client, entry, provider.url) == b"ok"
            with pytest.raises(aiohttp.ClientPayloadError):
                await ask(client, entry, provider.url)
            assert (provider.connections, provider.requests) == (1, 2)


async def test_a_new_connection_that_gives_nothing_is_not_replaced(entry):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        served.append(1)
        writer.close()

    served = []
    client = UpstreamClient()
    async for _ in client.lifespan(web.Application()):
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await ask(client, entry, URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
    assert served == [1]


@pytest.mark.parametrize("more", [b"more", None])
async def test_a_stream_that_is_not_over_soon_loses_its_connection(entry, more, monkeypatch):
    monkeypatch.setattr("gateway.upstream.client._LINGER", 0.05)

    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"said all")
        if more:
            await asyncio.sleep(0.01)
            await response.write(more)
        await asyncio.Event().wait()

    app = web.Application(handler_args={"handler_cancellation": True})
    app.router.add_post("/", handler)
    client = UpstreamClient()
    async with TestServer(app, host="127.0.0.1") as started:
        async for _ in client.lifespan(web.Application()):
            url = URL(f"http://127.0.0.1:{started.port}/")
            response = await client.request(entry, "POST", url, body=b"", headers={})
            assert await response.content.readany() == b"said all"
            client.release(response, complete=True)
            assert not response.closed
            await asyncio.sleep(0.15)
            assert response.closed


async def test_the_end_of_the_application_does_not_wait_for_what_lingers(entry, server):
    client = UpstreamClient()
    async for _ in client.lifespan(web.Application()):
        response = await client.session().get(server)
        client.release(response, complete=True)
    assert client._lingering == set()


@pytest.mark.parametrize("size", [1000, 262_145, 3_000_000])
async def test_a_body_of_any_size_arrives_whole_and_is_handed_over_in_pieces(tmp_path, monkeypatch, size):
    arrived, written = [], []
    monkeypatch.setattr(StreamWriter, "_write", noting(StreamWriter._write, written))

    async def handler(request):
        arrived.append((request.headers["Content-Length"], request.headers["Content-Type"], await request.read()))
        return web.Response()

    app = web.Application(client_max_size=10**8)
    app.router.add_post("/", handler)
    body = bytes(range(250)) * (size // 250)
    async with TestServer(app, host="127.0.0.1") as started:
        url = URL(f"http://127.0.0.1:{started.port}/")
        text = config_text([{"model": "mine/m", "base_url": url, "access_key": "k"}])
        provider = load(tmp_path, text).providers[0]
        client = UpstreamClient()
        async for _ in client.lifespan(web.Application()):
            headers = {"Content-Type": "application/json"}
            response = await client.request(provider, "POST", url, body=body, headers=headers)
            await response.read()
    assert arrived == [(str(len(body)), "application/json", body)]
    assert max(written, default=0) <= 262_144


def noting(write, sizes):
    def noted(writer, chunk):
        sizes.append(len(chunk))
        write(writer, chunk)

    return noted
