import asyncio
import threading
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from filters.routing.classifier import Route
from gateway.pricing.costs import Costs
from gateway.pricing.price import Price
from gateway.pricing.ranking import Ranking
from gateway.pricing.refresher import Refresher
from gateway.pricing.sources import Source
from gateway.pricing.table import SourceError, Table
from tests.support.virtual_time import elapsed, virtual_time

MODELS = ("p/a", "p/b")
B_IS_CHEAPER = Table({"p/a": 2.0, "p/b": 1.0}, skipped=3)
A_IS_CHEAPER = Table({"p/a": 1.0, "p/b": 2.0})
AWAY = SourceError("it answered 503")


class Told:
    """A source that gives, or raises, what the test hands it, and nothing until then."""

    def __init__(self):
        self.asked = asyncio.Event()
        self._answers = asyncio.Queue()

    async def __call__(self):
        self.asked.set()
        answer = await self._answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def gives(self, *answers):
        """Hand over one answer after another, and wait until the next one is asked for."""
        for answer in answers:
            self.asked.clear()
            self._answers.put_nowait(answer)
            async with asyncio.timeout(5):
                await self.asked.wait()


@pytest.fixture
def ranking():
    return Ranking((Route("r", "", (*MODELS, "p/c"), prefer="cheapest"),), {}.get)


@asynccontextmanager
async def refreshing(ranking, *reads, interval=0.001, first_retry=0.001):
    sources = [Source(f"source {at}", "cheapest", interval, read) for at, read in enumerate(reads)]
    with capture_logs() as logs:
        lifespan = Refresher(sources, ranking, first_retry).lifespan(web.Application())
        await anext(lifespan)
        yield logs
        assert [one async for one in lifespan] == []


async def test_start_up_does_not_wait_for_a_source(ranking):
    read = Told()
    async with asyncio.timeout(1), refreshing(ranking, read):
        assert ranking.rank(MODELS, "cheapest") == MODELS


async def test_the_ranking_follows_the_source(ranking):
    read = Told()
    async with refreshing(ranking, read):
        await read.asked.wait()
        await read.gives(B_IS_CHEAPER)
        assert ranking.rank(MODELS, "cheapest") == ("p/b", "p/a")
        await read.gives(A_IS_CHEAPER)
        assert ranking.rank(MODELS, "cheapest") == ("p/a", "p/b")


async def test_the_last_good_data_is_kept_and_the_first_failure_of_a_row_is_logged(ranking):
    read = Told()
    async with refreshing(ranking, read) as logs:
        await read.asked.wait()
        await read.gives(AWAY, AWAY, B_IS_CHEAPER, AWAY, AWAY, AWAY)
        assert ranking.rank(MODELS, "cheapest") == ("p/b", "p/a")
        await read.gives(A_IS_CHEAPER, A_IS_CHEAPER, AWAY)
        assert ranking.rank(MODELS, "cheapest") == ("p/a", "p/b")
    told = ["failed", "read", "failed", "read", "failed"]
    assert [entry["event"] for entry in logs] == [f"metrics_source_{word}" for word in told]
    assert (logs[0]["source"], logs[0]["reason"], logs[0]["log_level"]) == ("source 0", "it answered 503", "warning")


async def test_the_first_reading_is_logged_with_the_models_that_it_leaves_without_data(ranking):
    read = Told()
    async with refreshing(ranking, read) as logs:
        await read.asked.wait()
        await read.gives(B_IS_CHEAPER, A_IS_CHEAPER)
    (entry,) = logs
    assert (entry["models"], entry["skipped"], entry["without_data"]) == (2, 3, ["p/c"])


async def test_one_source_does_not_wait_for_another(ranking):
    silent, working = Told(), Told()
    async with refreshing(ranking, silent, working):
        await working.asked.wait()
        await working.gives(B_IS_CHEAPER)
        assert ranking.rank(MODELS, "cheapest") == ("p/b", "p/a")


async def test_a_source_that_fails_is_tried_again_before_its_interval_is_over(ranking):
    read = Told()
    async with refreshing(ranking, read, interval=600):
        await read.asked.wait()
        await read.gives(AWAY, AWAY)


def test_it_waits_twice_as_long_after_each_failure_up_to_its_interval(ranking, monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)
    refresher = Refresher((), ranking, first_retry=5)
    assert [refresher._delay(60, failures) for failures in (0, 1, 2, 3, 4, 5, 10_000)] == [60, 5, 10, 20, 40, 60, 60]


def test_readings_are_spread_a_little_around_the_interval(ranking):
    delays = {Refresher((), ranking)._delay(100, 0) for _ in range(200)}
    assert len(delays) > 100
    assert 90 <= min(delays) < 95
    assert 105 < max(delays) <= 110


async def test_a_stop_ends_the_readings_at_once(ranking):
    read = Told()
    async with asyncio.timeout(5):
        async with refreshing(ranking, read, interval=600):
            await read.asked.wait()
        read.asked.clear()
        await asyncio.sleep(0.02)
    assert not read.asked.is_set()
    assert len(asyncio.all_tasks()) == 1


async def test_a_defect_is_logged_by_its_type_alone_and_the_other_sources_live_on(ranking):
    broken, working = Told(), Told()
    async with refreshing(ranking, broken, working) as logs:
        broken._answers.put_nowait(KeyError("secret"))
        await working.asked.wait()
        await working.gives(B_IS_CHEAPER)
        assert ranking.rank(MODELS, "cheapest") == ("p/b", "p/a")
    assert logs[0] == {"event": "metrics_source_crashed", "error": "KeyError", "log_level": "error"}


async def test_the_prices_of_requests_follow_the_source(ranking):
    read, costs = Told(), Costs(None, {}.get)
    lifespan = Refresher([Source("s", "cheapest", 0.001, read)], ranking, 0.001, costs).lifespan(web.Application())
    await anext(lifespan)
    await read.gives(Table({"p/a": 3.0}, prices={"p/a": Price(1, 2)}))
    assert costs.price("p/a") == Price(1, 2)
    assert [one async for one in lifespan] == []


async def test_prices_are_looked_up_beside_the_event_loop_while_requests_are_served(ranking):
    looked_up, threads, done = [], [], threading.Event()

    def listed(model):
        looked_up.append(model)
        threads.append(threading.current_thread())
        if len(looked_up) == len(MODELS):
            done.set()
        return Price(1, 2)

    costs = Costs(None, listed)
    lifespan = Refresher((), ranking, costs=costs, priced=MODELS).lifespan(web.Application())
    await anext(lifespan)
    assert await asyncio.to_thread(done.wait, 5)
    assert [one async for one in lifespan] == []
    assert looked_up == list(MODELS)
    assert threading.main_thread() not in threads
    assert costs.price("p/a") == Price(1, 2)
    assert looked_up == list(MODELS), "what was looked up is not asked for again"


async def test_a_price_list_that_cannot_be_read_is_a_defect_and_stops_nothing(ranking):
    def broken(model):
        raise LookupError(model)

    with capture_logs() as logs:
        lifespan = Refresher((), ranking, costs=Costs(None, broken), priced=MODELS).lifespan(web.Application())
        await anext(lifespan)
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()}, timeout=5)
        assert [one async for one in lifespan] == []
    assert [(one["event"], one["error"]) for one in logs] == [("metrics_source_crashed", "LookupError")]


@virtual_time
async def test_a_source_is_read_at_its_interval_and_sooner_after_a_failure(monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)
    answers, read_at, done = [AWAY, AWAY, AWAY, A_IS_CHEAPER, AWAY, A_IS_CHEAPER, A_IS_CHEAPER], [], asyncio.Event()

    async def read():
        read_at.append(elapsed())
        if not answers:
            done.set()
            await asyncio.Event().wait()
        if (answer := answers.pop(0)) is AWAY:
            raise answer
        return answer

    ranking = Ranking((Route("r", "", MODELS, prefer="cheapest"),), {}.get)
    lifespan = Refresher([Source("s", "cheapest", 60, read)], ranking).lifespan(web.Application())
    await anext(lifespan)
    await done.wait()
    assert [one async for one in lifespan] == []
    assert read_at == [0, 5, 15, 35, 95, 100, 160, 220]


async def test_a_failure_of_one_source_is_told_by_its_name_and_another_is_read(ranking):
    failing, working = Told(), Told()
    async with refreshing(ranking, failing, working) as logs:
        await failing.asked.wait()
        await failing.gives(AWAY)
        await working.gives(B_IS_CHEAPER)
    assert [(entry["event"], entry["source"]) for entry in logs] == [
        ("metrics_source_failed", "source 0"),
        ("metrics_source_read", "source 1"),
    ]
