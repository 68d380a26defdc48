import pytest

from filters.counters import Addition, CountersConfig, Window
from filters.errors import ConfigError
from gateway.storage.counters import CounterStorage, MemoryCounters
from gateway.storage.links import Links
from tests.support.clock import Clock


async def test_a_window_moves_with_the_time():
    clock = Clock(0.0)
    counters = MemoryCounters(clock)
    assert await counters.acquire("k", 2, 60) == Window(True, 1, 60.0)
    clock.now = 30.0
    assert await counters.acquire("k", 2, 60) == Window(True, 2, 30.0)
    assert await counters.acquire("k", 2, 60) == Window(False, 2, 30.0)
    clock.now = 60.0
    assert await counters.acquire("k", 2, 60) == Window(True, 2, 30.0)
    assert not (await counters.acquire("k", 2, 60)).allowed


async def test_a_window_is_looked_at_without_taking_a_place():
    clock = Clock(0.0)
    counters = MemoryCounters(clock)
    assert await counters.window("k", 1, 60) == Window(True, 0, 0.0)
    await counters.acquire("k", 1, 60)
    assert [await counters.window("k", 1, 60) for _ in range(2)] == [Window(False, 1, 60.0)] * 2
    clock.now = 60.0
    assert await counters.window("k", 1, 60) == Window(True, 0, 0.0)


async def test_no_more_than_the_limit_is_let_through_in_any_minute():
    clock = Clock(0.0)
    counters = MemoryCounters(clock)
    let = []
    for step in range(3000):
        clock.now = step * 0.1
        if (await counters.acquire("k", 100, 60)).allowed:
            let.append(clock.now)
    assert all(len([at for at in let if begin <= at < begin + 60]) <= 100 for begin in range(240))
    assert len(let) >= 500


async def test_totals_end_when_their_time_has_come_and_leave_nothing_behind():
    clock = Clock(0.0)
    counters = MemoryCounters(clock)
    counters.add([Addition("a", 2, 60), Addition("b", 5, 600)])
    clock.now = 59.0
    counters.add([Addition("a", 3, 60)])
    assert await counters.totals(["a", "b", "c"]) == [5, 5, 0]
    clock.now = 60.0
    assert await counters.totals(["a", "b"]) == [0, 5]
    counters.add([Addition("d", 1, 60)])
    assert list(counters._totals[60]) == ["d"]


async def test_what_is_counted_in_memory_outlives_a_configuration():
    storage = CounterStorage(Links())
    storage.counting(CountersConfig()).counters.add([Addition("a", 1, 60)])
    again = storage.counting(CountersConfig())
    assert (await again.counters.totals(["a"]), again.link) == ([1], None)


def test_a_url_that_is_none_is_said_with_its_place():
    with pytest.raises(ConfigError, match=r"^counters\.url: "):
        CounterStorage(Links()).counting(CountersConfig(type="redis", url="redis://host?nonsense=s3cret"))
