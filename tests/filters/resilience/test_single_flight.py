import asyncio

import pytest

from filters.resilience.single_flight import SingleFlight


@pytest.fixture(autouse=True)
async def nothing_left_running():
    yield
    assert asyncio.all_tasks() == {asyncio.current_task()}


class Call:
    """A call that counts how often it was made, and waits until told to end."""

    def __init__(self):
        self.made = 0
        self.cancelled = 0
        self.end = asyncio.Event()

    async def __call__(self):
        self.made += 1
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.made


@pytest.fixture
def flights():
    return SingleFlight()


async def waiters(flights, call, count):
    tasks = [asyncio.create_task(flights.join("key", call, 5)) for _ in range(count)]
    await asyncio.sleep(0.01)
    return tasks


async def test_identical_calls_are_made_once_and_all_get_the_result(flights):
    call = Call()
    tasks = await waiters(flights, call, 5)
    call.end.set()
    assert await asyncio.gather(*tasks) == [1] * 5


async def test_calls_with_different_keys_are_made_each(flights):
    call = Call()
    call.end.set()
    assert await asyncio.gather(flights.join("a", call, 5), flights.join("b", call, 5)) == [1, 2]


async def test_a_later_call_is_made_anew(flights):
    call = Call()
    call.end.set()
    assert await flights.join("key", call, 5) == 1
    assert await flights.join("key", call, 5) == 2


async def test_a_cancelled_first_does_not_fail_those_who_joined(flights):
    call = Call()
    first, *others = await waiters(flights, call, 3)
    first.cancel()
    await asyncio.sleep(0.01)
    assert first.cancelled()
    call.end.set()
    assert await asyncio.gather(*others) == [1, 1]
    assert call.cancelled == 0


async def test_the_call_ends_when_the_last_one_leaves(flights):
    call = Call()
    tasks = await waiters(flights, call, 2)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await asyncio.sleep(0)
    assert call.cancelled == 1


async def test_whoever_comes_after_everybody_left_starts_a_call_of_its_own(flights):
    call = Call()
    (only,) = await waiters(flights, call, 1)
    only.cancel()
    await asyncio.wait([only])
    (next_one,) = await waiters(flights, call, 1)
    call.end.set()
    assert await next_one == 2


async def test_a_failure_is_everybodys(flights):
    async def fail():
        await asyncio.sleep(0.01)
        raise LookupError

    results = await asyncio.gather(*(flights.join("key", fail, 5) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [LookupError] * 3


async def test_one_who_joined_leaves_when_its_own_time_is_up(flights):
    call = Call()
    (first,) = await waiters(flights, call, 1)
    with pytest.raises(TimeoutError):
        await flights.join("key", call, 0.02)
    call.end.set()
    assert await first == 1
