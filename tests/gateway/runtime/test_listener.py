"""Bytes that are no HTTP, over a real socket."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from filters.format_detection.body import BodyReader
from gateway.runtime.boundary import Boundary
from gateway.runtime.connections import ConnectionLimits
from gateway.runtime.listener import Listener
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.sinks import Sinks
from gateway.upstream.drain import DRAINED, is_drained
from gateway.version import VERSION
from tests.support.chain import reraise

SECRET = b"sk-secret-7f3a"
POST = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\n"
LENGTH = b"Content-Length: 5\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
MALFORMED = {
    "no http": SECRET + b"\r\n\r\n",
    "a bad request line": b"POST " + SECRET + b"\r\n\r\n",
    "a method of odd bytes": b"P\x00ST / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a version that is none": b"GET /" + SECRET + b" HTTP/x\r\nHost: x\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + SECRET,
    "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a long path": b"GET /" + SECRET * 1000 + b" HTTP/1.1\r\n\r\n",
    "a long header": POST + b"X-Key: " + SECRET * 1000 + b"\r\n\r\n",
    "many headers": POST + b"".join(b"X-%d: y\r\n" % number for number in range(500)) + b"\r\n",
    "a header without a name": POST + b": " + SECRET + b"\r\n\r\n",
    "a blank in a header's name": POST + b"X-Key : " + SECRET + b"\r\n\r\n",
    "a null in a header": POST + b"X-Key: \x00" + SECRET + b"\r\n\r\n",
    "a folded header": POST + b"X-Key: a\r\n " + SECRET + b"\r\n\r\n",
    "a bare return in a header": POST + b"X-Key: a\r" + SECRET + b"\r\n\r\n",
    "two lengths": POST + LENGTH + b"Content-Length: 6\r\n\r\nhello!",
    "a length that is none": POST + b"Content-Length: +5\r\n\r\nhello",
    "a negative length": POST + b"Content-Length: -5\r\n\r\nhello",
    "a length and chunks": POST + LENGTH + CHUNKED + b"\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
    "chunks, then not": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a coding that is none": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a chunk size that is none": POST + CHUNKED + b"\r\nzz\r\nhello\r\n0\r\n\r\n",
    "a chunk that is longer": POST + CHUNKED + b"\r\n2\r\nhello\r\n0\r\n\r\n",
    "a negative chunk": POST + CHUNKED + b"\r\n-1\r\nhello\r\n0\r\n\r\n",
    "a huge chunk size": POST + CHUNKED + b"\r\n" + b"f" * 40 + b"\r\nhello",
}


@pytest.fixture
async def served():
    """Give the paths that come to the application, and the port on which they do."""
    seen = asyncio.Queue()

    async def handler(request):
        seen.put_nowait(request.path)
        with BodyReader().reading() as body:
            await body.read(request)
        return web.json_response({})

    app = web.Application(middlewares=[Boundary(Sinks((AccessLog(),)).emit, reraise)])
    app.router.add_route("*", "/{path:.*}", handler)
    listener = Listener(app, shutdown_timeout=0.1)
    await listener.setup()
    await web.TCPSite(listener, "127.0.0.1", 0).start()
    yield seen, listener.addresses[0][1]
    await listener.cleanup()


async def answers(port, sent):
    """Send bytes and return all that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("way", MALFORMED)
async def test_what_is_no_request_is_a_400_that_either_vendors_clients_can_read(served, log_lines, way):
    seen, port = served
    head, _, body = (await answers(port, MALFORMED[way])).partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == b"400"
    error = json.loads(body)
    assert (error["type"], error["error"]["type"]) == ("error", "invalid_request_error")
    assert error["error"]["message"]
    assert seen.empty() or seen.get_nowait() == "/v1/messages"
    assert {line["event"] for line in log_lines} <= {"request", "malformed_request", "connection_closed"}
    assert SECRET.decode() not in f"{head} {body} {log_lines}"


async def test_our_name_is_the_servers_whatever_comes(served):
    head, _, _ = (await answers(served[1], MALFORMED["no http"])).partition(b"\r\n\r\n")
    assert f"\r\nServer: pointsman/{VERSION}".encode() in head
    assert b"Python" not in head
    assert head.startswith(b"HTTP/1.1 400 ")


async def test_a_failure_of_the_boundary_itself_is_a_crash_with_its_place_and_no_text(served, log_lines, monkeypatch):
    async def fail(*_):
        raise RuntimeError(SECRET.decode())

    monkeypatch.setattr(Boundary, "_answer", fail)
    head, _, body = (await answers(served[1], POST + LENGTH + b"\r\nhello")).partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == b"500"
    assert json.loads(body)["error"]["type"] == "api_error"
    [line] = [line for line in log_lines if line["event"] != "request"]
    assert (line["event"], line["log_level"], line["error"]) == ("crash", "error", "RuntimeError")
    assert line["at"][-1].endswith(" fail")
    assert SECRET.decode() not in f"{head} {body} {log_lines}"


async def test_the_listener_goes_on_serving(served):
    _, port = served
    await asyncio.gather(*(answers(port, sent) for sent in MALFORMED.values()))
    assert (await answers(port, POST + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_a_caller_that_leaves_in_the_middle_of_its_body_ends_its_handler(served, log_lines):
    seen, port = served
    before = asyncio.all_tasks()
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST + LENGTH + b"\r\nhe")
    assert await seen.get() == "/v1/messages"
    begun = asyncio.all_tasks() - before
    assert begun
    writer.close()
    await asyncio.wait(begun, timeout=5)
    assert all(task.done() for task in begun)
    assert [line["status"] for line in log_lines] == [499]


async def test_at_the_end_of_the_drain_a_handler_is_cut_once_and_again_where_it_lingers(log_lines):
    cuts = []

    async def handler(_):
        while len(cuts) < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError as error:
                cuts.append(is_drained(error))
        raise asyncio.CancelledError(DRAINED)

    app = web.Application(middlewares=[Boundary(Sinks((AccessLog(),)).emit, reraise)])
    app.router.add_route("*", "/{path:.*}", handler)
    listener = Listener(app, shutdown_timeout=0.1)
    await listener.setup()
    await web.TCPSite(listener, "127.0.0.1", 0).start()
    asking = asyncio.create_task(answers(listener.addresses[0][1], POST + b"\r\n"))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await listener.cleanup()
    assert 0.5 < time.monotonic() - began < 10
    assert await asking == b""
    assert cuts == [True, True]
    assert [line["status"] for line in log_lines] == [503]


@asynccontextmanager
async def listening(handler, **limits):
    """Serve a handler under these limits, and give the port."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    listener = Listener(app, ConnectionLimits(**limits), shutdown_timeout=0.1)
    await listener.setup()
    await web.TCPSite(listener, "127.0.0.1", 0).start()
    try:
        yield listener.addresses[0][1]
    finally:
        await listener.cleanup()


async def hello(_):
    return web.Response(body=b"hello")


async def test_headers_that_never_end_end_the_connection():
    async with listening(hello, keepalive_seconds=0.2) as port:
        for sent in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "):
            assert await answers(port, sent) == b""
        assert b"hello" in await answers(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")


class Large:
    """Answers with more than sockets hold, and tells how the writing ended."""

    def __init__(self, size=40_000_000):
        self.ended = asyncio.Event()
        self._size = size

    async def serve(self, request):
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            await response.write(b"x" * self._size)
        finally:
            self.ended.set()
        return response


async def test_a_caller_that_stops_reading_is_cut_off(log_lines):
    large = Large()
    async with listening(large.serve, write_seconds=0.2) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(5):
            await large.ended.wait()
        writer.transport.abort()
    assert [line["event"] for line in log_lines] == ["connection_stalled"]
    assert log_lines[0]["unsent"] > 10_000_000


async def test_a_caller_that_reads_slowly_gets_everything(log_lines):
    async with listening(Large(8_000_000).serve, write_seconds=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=65_536)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        size = 0
        while piece := await reader.read(500_000):
            size += len(piece)
            await asyncio.sleep(0.02)
        writer.close()
    assert size > 8_000_000
    assert log_lines == []


async def test_a_connection_that_idles_makes_room_and_those_that_are_served_stay(log_lines):
    go, serving = asyncio.Event(), asyncio.Semaphore(0)

    async def wait(_):
        serving.release()
        await go.wait()
        return web.Response(body=b"hello")

    async with listening(wait, max_connections=3) as port:
        request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        idle, writer = await asyncio.open_connection("127.0.0.1", port)
        served = [asyncio.create_task(answers(port, request)) for _ in range(3)]
        for _ in served:
            await serving.acquire()
        assert await idle.read() == b""
        writer.close()
        assert await closed_at_once(port)
        go.set()
        assert all(b"hello" in answer for answer in await asyncio.gather(*served))
        assert b"hello" in await answers(port, request)
    assert [line["event"] for line in log_lines] == ["connections_refused"]


async def closed_at_once(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(5):
            return await reader.read() == b""
    except ConnectionError:
        return True
    finally:
        writer.close()
