import pytest

from filters.context import Pin
from filters.session_pinning.memory import MemoryPinStore
from tests.support.clock import Clock

A, B = Pin("openai/gpt-4o", "one"), Pin("anthropic/claude", "two")


@pytest.fixture
def clock():
    return Clock()


async def test_the_first_to_claim_wins_and_the_other_is_told(clock):
    store = MemoryPinStore(600, 10, clock=clock)
    assert await store.claim("s", A) is A
    assert await store.claim("s", B) is A
    assert await store.get("s") is A


async def test_a_fixed_pin_lives_from_the_moment_it_was_made_however_often_it_is_used(clock):
    store = MemoryPinStore(600, 10, clock=clock)
    await store.claim("s", A)
    clock.now = 599
    assert await store.get("s") is A
    clock.now = 600
    assert await store.get("s") is None
    assert len(store) == 0


async def test_a_sliding_pin_lives_from_its_last_use(clock):
    store = MemoryPinStore(600, 10, sliding=True, clock=clock)
    await store.claim("s", A)
    clock.now = 599
    assert await store.get("s") is A
    clock.now = 1198
    assert await store.get("s") is A
    clock.now = 1798
    assert await store.get("s") is None


async def test_when_it_is_full_the_oldest_pin_goes(clock):
    store = MemoryPinStore(600, 2, clock=clock)
    for key in ("a", "b", "c"):
        await store.claim(key, A)
    assert [await store.get(key) for key in ("a", "b", "c")] == [None, A, A]


async def test_in_a_sliding_store_the_least_recently_used_pin_goes(clock):
    store = MemoryPinStore(600, 2, sliding=True, clock=clock)
    await store.claim("a", A)
    await store.claim("b", A)
    await store.get("a")
    await store.claim("c", A)
    assert [await store.get(key) for key in ("a", "b", "c")] == [A, None, A]


async def test_a_claim_of_an_expired_pin_makes_a_new_one(clock):
    store = MemoryPinStore(600, 10, clock=clock)
    await store.claim("s", A)
    clock.now = 700
    assert await store.claim("s", B) is B
    clock.now = 1299
    assert await store.get("s") is B


async def test_a_pin_that_moves_keeps_its_expiry(clock):
    store = MemoryPinStore(600, 10, clock=clock)
    await store.claim("s", A)
    clock.now = 500
    await store.move("s", B)
    assert await store.get("s") is B
    clock.now = 600
    assert await store.get("s") is None


async def test_a_pin_that_moves_after_it_expired_is_made_anew(clock):
    store = MemoryPinStore(600, 10, clock=clock)
    await store.move("s", B)
    assert await store.get("s") is B


async def test_a_dropped_pin_is_gone_and_dropping_twice_is_no_matter(clock):
    store = MemoryPinStore(600, 10, clock=clock)
    await store.claim("s", A)
    await store.drop("s")
    await store.drop("s")
    assert await store.get("s") is None


async def test_expired_pins_do_not_pile_up(clock):
    store = MemoryPinStore(1, 1000, clock=clock)
    for number in range(5000):
        clock.now += 0.01
        await store.claim(f"s{number}", A)
    assert len(store) <= 101


async def test_it_tells_how_many_pins_there_are(clock):
    store = MemoryPinStore(600, 2, clock=clock)
    for key in ("a", "b", "c"):
        await store.claim(key, A)
    assert store.stats() == {"entries": 2}
