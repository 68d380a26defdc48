"""One live feed of several workers, each with a feed of its own behind a Unix socket."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from filters.errors import DownstreamError
from filters.formats.sse import SseParser
from gateway.admin import live_of_workers as module
from gateway.admin.api import Route
from gateway.admin.application import build_admin
from gateway.admin.live_of_workers import LiveOfWorkers, numbered
from gateway.admin.ui.api import api_routes
from gateway.admin.workers import fanout_routes
from gateway.config.sections import Admin
from gateway.telemetry.live import WAITING, LiveFeed
from tests.support.admin import ports
from tests.support.logged import HOUR, record
from tests.support.waiting import until


@asynccontextmanager
async def worker(path, feed):
    """Serve the admin application of a worker."""
    runner = web.AppRunner(build_admin(Admin(), api_routes(ports(live=feed))), shutdown_timeout=0.05)
    await runner.setup()
    await web.UnixSite(runner, str(path)).start()
    try:
        yield
    finally:
        await runner.cleanup()
        path.unlink(missing_ok=True)


@pytest.fixture
def feeds():
    return [LiveFeed(), LiveFeed()]


@pytest.fixture
def sockets(tmp_path):
    return [tmp_path / f"{number}.sock" for number in range(2)]


@pytest.fixture
async def client(feeds, sockets):
    async with (
        worker(sockets[0], feeds[0]),
        worker(sockets[1], feeds[1]),
        TestClient(TestServer(build_admin(Admin(), fanout_routes(sockets)))) as made,
    ):
        yield made


class Watching:
    """Reads a live feed."""

    def __init__(self, answer):
        self._answer = answer
        self._parser = SseParser(comments=True)
        self.missed = 0

    async def requests(self, count):
        """Return when the next requests came, sorted, so many at least."""
        found = []
        async with asyncio.timeout(20):
            while len(found) < count:
                for event in self._parser.feed(await self._answer.content.readany()):
                    if not event.comment:
                        told = orjson.loads(event.data)
                        self.missed = told["missed"]
                        found += [each["at"] for each in told["requests"]]
        return sorted(found)


async def watching(client, path="/api/live"):
    answer = await client.get(path)
    assert (answer.status, answer.content_type) == (200, "text/event-stream")
    return Watching(answer)


async def test_a_watcher_sees_what_every_worker_serves(client, feeds):
    watcher = await watching(client)
    await until(lambda: all(feed._watchers for feed in feeds))
    for number in range(4):
        feeds[number % 2].emit([record(HOUR + number)])
    assert await watcher.requests(4) == [HOUR, HOUR + 1, HOUR + 2, HOUR + 3]


async def test_one_worker_can_be_watched_alone(client, feeds):
    watcher = await watching(client, "/api/live?worker=1")
    await until(lambda: feeds[1]._watchers)
    assert not feeds[0]._watchers
    for number, feed in enumerate(feeds):
        feed.emit([record(HOUR + number)])
    assert await watcher.requests(1) == [HOUR + 1]


@pytest.mark.parametrize("number", ["2", "x", "-1"])
async def test_a_worker_that_there_is_not_is_a_404(client, number):
    answer = await client.get(f"/api/live?worker={number}")
    assert (answer.status, "there are 0 to 1" in (await answer.json())["error"]["message"]) == (404, True)


async def test_what_the_feeds_left_out_is_added_up(client, feeds):
    watcher = await watching(client)
    await until(lambda: all(feed._watchers for feed in feeds))
    for feed in feeds:
        for number in range(WAITING + 5):
            feed.emit([record(HOUR + number)])
    assert len(await watcher.requests(2 * WAITING)) == 2 * WAITING
    assert watcher.missed == 10


async def test_a_worker_that_takes_the_place_of_another_is_watched_too(client, feeds, sockets, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.02)
    away, new = tmp_path / "2.sock", LiveFeed()
    async with TestClient(TestServer(build_admin(Admin(), fanout_routes([sockets[0], away])))) as made:
        watcher = await watching(made)
        await until(lambda: feeds[0]._watchers)
        feeds[0].emit([record(HOUR)])
        assert await watcher.requests(1) == [HOUR]
        async with worker(away, new):
            await until(lambda: new._watchers)
            new.emit([record(HOUR + 1)])
            assert await watcher.requests(1) == [HOUR + 1]
        newer = LiveFeed()
        async with worker(away, newer):
            await until(lambda: newer._watchers)
            newer.emit([record(HOUR + 2)])
            assert await watcher.requests(1) == [HOUR + 2]


async def test_there_are_so_many_watchers_at_most_and_one_that_leaves_makes_place(sockets, monkeypatch):
    monkeypatch.setattr(module, "_KEEPALIVE_SECONDS", 0.05)
    live = LiveOfWorkers(sockets, most=1)
    app = build_admin(Admin(), [Route("GET", "/api/live", live.serve)])
    async with TestClient(TestServer(app)) as made:
        first = await made.get("/api/live")
        assert (await made.get("/api/live")).status == 503
        assert b"still here" in await first.content.readuntil(b"still here\n\n")
        first.close()
        await until(lambda: not live._watchers)
        assert (await made.get("/api/live")).status == 200


async def test_who_leaves_is_no_longer_watched_for(client, feeds, monkeypatch):
    monkeypatch.setattr(module, "_KEEPALIVE_SECONDS", 0.05)
    answer = await client.get("/api/live")
    await until(lambda: all(feed._watchers for feed in feeds))
    answer.close()
    await asyncio.sleep(0.1)
    for feed in feeds:
        feed.emit([record()])  # a worker learns by its next frame that nobody reads
    await until(lambda: not any(feed._watchers for feed in feeds) or emitted(feeds))


def emitted(feeds):
    for feed in feeds:
        feed.emit([record()])


@pytest.mark.parametrize("number", ["2", "-1", "", "x", "1.0", "9" * 5000, "²", "٣"])
def test_a_worker_is_named_by_its_number_and_by_nothing_else(number):
    sockets = [Path("0.sock"), Path("1.sock")]
    assert [numbered(sockets, each) for each in ("0", "1")] == sockets
    with pytest.raises(DownstreamError, match="There is no such worker; there are 0 to 1") as caught:
        numbered(sockets, number)
    assert caught.value.status == 404
