import asyncio
import gzip

import brotli
import orjson
import pytest
from aiohttp import web

from filters.api import Filter
from filters.format_detection.body import BodyReader
from filters.format_detection.in_flight import SMALL, BodiesInFlight
from filters.format_detection.limits import BodyLimits

READ = web.RequestKey("read", bytes)


class Reading(Filter):
    """Reads the body, and waits for `go` with it in hand."""

    def __init__(self, reader=None):
        self._reader = reader or BodyReader()
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, request, handler):
        with self._reader.reading() as body:
            request[READ] = await body.read(request)
            await self.go.wait()
            return await handler(request)


async def error_of(answer):
    return (await answer.json())["error"]["message"]


async def trickle(*pieces, then=None):
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)
    if then:
        await then.wait()


async def test_the_body_comes_without_its_byte_order_mark(serve):
    client = await serve([Reading()], lambda request: request[READ].decode())
    assert await (await client.post("/", data=b"\xef\xbb\xbf{}")).json() == "{}"
    packed = {"data": brotli.compress(b"\xef\xbb\xbf{}"), "headers": {"Content-Encoding": "br"}}
    assert await (await client.post("/", **packed)).json() == "{}"


async def test_no_body_is_an_empty_one_whatever_its_coding(serve):
    client = await serve([Reading()], lambda request: request[READ].decode())
    assert await (await client.post("/", headers={"Content-Encoding": "gzip"})).json() == ""


@pytest.mark.parametrize("encode", [lambda data: data, trickle])
async def test_a_body_over_the_limit_is_a_413_that_names_the_setting(serve, encode):
    client = await serve([Reading(BodyReader(BodyLimits(max_bytes=100)))])
    answer = await client.post("/", data=encode(b"x" * 101))
    assert answer.status == 413
    assert "limits.max_body_bytes" in await error_of(answer)
    assert (await client.post("/", data=encode(b"x" * 100))).status == 200


async def test_a_body_that_is_over_the_limit_once_it_is_unpacked_is_a_413_too(serve):
    client = await serve([Reading(BodyReader(BodyLimits(max_bytes=1000)))])
    headers = {"Content-Encoding": "gzip"}
    assert (await client.post("/", data=gzip.compress(b"x" * 1001), headers=headers)).status == 413
    assert (await client.post("/", data=gzip.compress(b"x" * 1000), headers=headers)).status == 200


async def test_a_body_that_is_not_what_its_content_encoding_says_is_a_400(serve):
    client = await serve([Reading()])
    answer = await client.post("/", data=b"not gzip", headers={"Content-Encoding": "gzip"})
    assert answer.status == 400
    assert "Content-Encoding" in orjson.loads(await answer.read())["error"]["message"]


async def test_a_body_that_stops_coming_is_a_408_that_names_the_setting(serve):
    client = await serve([Reading(BodyReader(BodyLimits(timeout_seconds=0.1)))])
    never = asyncio.Event()
    answer = await client.post("/", data=trickle(b"half of it", then=never))
    assert answer.status == 408
    assert "limits.body_timeout_seconds" in await error_of(answer)
    never.set()


async def test_bodies_that_are_held_are_limited_in_all_and_small_ones_are_served_all_the_same(serve):
    in_flight, limits = BodiesInFlight(), BodyLimits(max_in_flight=100_000)
    reading = Reading(BodyReader(limits, in_flight))
    client = await serve([reading])
    reading.go.clear()
    large = asyncio.create_task(client.post("/", data=b"x" * (SMALL + 90_000)))
    async with asyncio.timeout(5):
        while in_flight.held < 90_000:  # noqa: ASYNC110 - a counter has no event
            await asyncio.sleep(0.01)
    refused = await client.post("/", data=b"x" * (SMALL + 10_001))
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert "limits.max_bodies_bytes" in await error_of(refused)
    assert in_flight.held == 90_000
    reading.go.set()
    assert (await large).status == 200
    assert in_flight.held == 0
    assert (await client.post("/", data=b"x" * SMALL)).status == 200


async def test_what_is_counted_is_what_is_held_packed_or_not(serve):
    in_flight, limits = BodiesInFlight(), BodyLimits(max_in_flight=50_000)
    client = await serve([Reading(BodyReader(limits, in_flight))])
    packed = gzip.compress(b"x" * (SMALL + 50_001))
    assert (await client.post("/", data=packed, headers={"Content-Encoding": "gzip"})).status == 503
    assert in_flight.held == 0
