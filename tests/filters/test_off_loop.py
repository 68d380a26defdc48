import asyncio
import threading
import time

from filters.off_loop import LARGE, off_loop


async def test_work_on_a_small_body_is_done_at_once():
    assert await off_loop(LARGE - 1, threading.current_thread) is threading.main_thread()


async def test_work_on_a_large_body_is_done_in_a_thread_while_the_loop_runs():
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(tick())
    assert await off_loop(LARGE, lambda: time.sleep(0.2) or threading.current_thread()) is not threading.main_thread()
    ticking.cancel()
    assert ticks > 10


async def test_at_most_two_bodies_are_worked_on_at_once():
    at_once, most, lock = 0, 0, threading.Lock()

    def work():
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1

    await asyncio.gather(*(off_loop(LARGE, work) for _ in range(8)))
    assert most == 2
