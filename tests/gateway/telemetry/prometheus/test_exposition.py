import asyncio

import pytest

from gateway.telemetry.prometheus.exposition import Metrics
from gateway.telemetry.prometheus.gauges import Readings
from tests.support.gateway import config_text, load
from tests.support.metrics import parsed, value
from tests.support.records import DECIDED

DECISIONS = {"decided_by": "embedded", "route": "other", "pinned": "false"}


@pytest.fixture
def make(tmp_path):
    config = load(tmp_path, config_text([{"model": "openai/gpt"}]))
    return lambda shared=None: Metrics(lambda: config, lambda: Readings(in_flight=2), shared)


async def read(metrics):
    return parsed((await metrics.exposition()).body.decode())


async def test_what_was_counted_and_what_is_true_now_are_one_text(make):
    metrics = make()
    metrics.sink.emit([DECIDED])
    found = await read(metrics)
    assert value(found, "pointsman_decisions_total", **DECISIONS) == 1
    assert value(found, "pointsman_requests_in_flight") == 2


async def test_the_form_is_what_the_reader_asks_for(make):
    plain, openmetrics = (
        await make().exposition(),
        await make().exposition("application/openmetrics-text; version=1.0.0"),
    )
    assert plain.content_type.startswith("text/plain; version=0.0.4")
    assert openmetrics.content_type.startswith("application/openmetrics-text")
    assert openmetrics.body.endswith(b"# EOF\n")


async def test_no_time_of_creation_doubles_every_counter(make):
    metrics = make()
    metrics.sink.emit([DECIDED])
    assert b"_created" not in (await metrics.exposition()).body


async def test_workers_answer_for_one_another(make, tmp_path):
    one, other = make(tmp_path), make(tmp_path)
    running = [metrics.lifespan(None) for metrics in (one, other)]
    for each in running:
        await anext(each)
    one.sink.emit([DECIDED])
    for each in running:  # what was counted last is written at the end
        with pytest.raises(StopAsyncIteration):
            await anext(each)
    found = await read(other)
    assert value(found, "pointsman_decisions_total", **DECISIONS) == 1


async def test_the_event_loop_is_measured_while_it_runs(make):
    metrics = make()
    running = metrics.lifespan(None)
    await anext(running)
    await asyncio.sleep(0.4)
    assert value(await read(metrics), "pointsman_event_loop_lag_seconds_count") >= 1
    with pytest.raises(StopAsyncIteration):
        await anext(running)
