import asyncio
from dataclasses import replace

import pytest

from gateway.telemetry.live import MAX_WATCHERS, RING, RING_AT_ONCE, WAITING, LiveFeed, TooManyWatchersError
from tests.support.records import BARE


def numbered(count):
    return [replace(BARE, status=number) for number in range(count)]


def test_the_last_requests_are_kept_and_no_more():
    feed = LiveFeed()
    for record in numbered(RING + 10):
        feed.emit([record])
    assert [record.status for record in feed.recent()] == list(range(10, RING + 10))


async def test_a_watcher_gets_what_comes_after_it_began():
    feed = LiveFeed()
    before, first, second = numbered(3)
    feed.emit([before])
    with feed.watched() as watcher:
        feed.emit([first])
        feed.emit([second])
        assert await watcher.next() == (first, second)
        waiting = asyncio.create_task(watcher.next())
        await asyncio.sleep(0)
        assert not waiting.done()
        feed.emit([before])
        assert await waiting == (before,)


async def test_one_that_reads_too_slowly_misses_the_oldest_and_is_told():
    feed = LiveFeed()
    with feed.watched() as slow, feed.watched() as other:
        for record in numbered(WAITING + 7):
            feed.emit([record])
            if record.status % 10 == 0:
                await other.next()
        assert [record.status for record in await slow.next()] == list(range(7, WAITING + 7))
        assert (slow.missed, other.missed) == (7, 0)
        assert feed.dropped == 7
    assert feed.dropped == 7


def test_who_has_left_costs_nothing_more():
    feed = LiveFeed()
    with feed.watched() as watcher:
        pass
    feed.emit([BARE])
    assert (watcher.missed, len(watcher._records), feed.dropped) == (0, 0, 0)


def test_watchers_are_limited_in_number():
    feed = LiveFeed()
    contexts = [feed.watched() for _ in range(MAX_WATCHERS)]
    for each in contexts:
        each.__enter__()
    with pytest.raises(TooManyWatchersError), feed.watched():
        pass
    contexts[0].__exit__(None, None, None)
    with feed.watched():
        pass


def test_who_looks_sees_the_records_that_waited():
    waiting = numbered(2)
    feed = LiveFeed(lambda: feed.emit([waiting.pop()]) if waiting else None)
    assert len(feed.recent()) == 1
    with feed.watched() as watcher:
        assert len(feed.recent()) == 2
        assert watcher.missed == 0


async def test_what_waited_before_somebody_watched_is_not_news():
    before, after = numbered(2)
    waiting = [before]
    feed = LiveFeed(lambda: feed.emit([waiting.pop()]) if waiting else None)
    with feed.watched() as watcher:
        feed.emit([after])
        assert await watcher.next() == (after,)


def test_of_those_that_come_at_once_the_last_few_are_kept():
    feed = LiveFeed()
    records = [replace(BARE, at=float(number)) for number in range(RING_AT_ONCE + 5)]
    with feed.watched():
        feed.emit(records)
    assert feed.recent() == tuple(records[5:])
