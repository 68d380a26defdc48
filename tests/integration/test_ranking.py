"""Plano's demo with its selection policies: prices and latencies from real sockets and files decide who answers."""

import asyncio
import re
import time
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from gateway.config.load import load_config
from tests.support.gateway import CODE, load, running
from tests.support.metrics_server import MetricsServer

PAGE = Path(__file__).parents[2] / "docs/ranking.md"
REASONING = "Explain step by step how inflation, interest rates and unemployment affect one another"
MINI, GPT, SONNET = "openai/gpt-4o-mini", "openai/gpt-4o", "anthropic/claude-sonnet-4-20250514"
DEMO = """
version: v0.4.0
listeners:
  - type: model
    name: model_listener
    port: 12000
model_providers:
  - model: openai/gpt-4o-mini
    access_key: $OPENAI_API_KEY
    default: true
  - model: openai/gpt-4o
    access_key: $OPENAI_API_KEY
  - model: anthropic/claude-sonnet-4-20250514
    access_key: $ANTHROPIC_API_KEY
routing_preferences:
  - name: complex_reasoning
    description: complex reasoning tasks, multi-step analysis, or detailed explanations
    models: [openai/gpt-4o, openai/gpt-4o-mini]
    selection_policy:
      prefer: cheapest
  - name: code_generation
    description: generating new code, writing functions, or creating boilerplate
    models: [anthropic/claude-sonnet-4-20250514, openai/gpt-4o]
    selection_policy:
      prefer: fastest
model_metrics_sources:
"""
PROMETHEUS = """
  - type: prometheus_metrics
    url: {url}
    query: model_latency_p95_seconds
    refresh_interval: 1
"""
CUSTOM = """
  - type: cost_metrics
    url: {url}/costs
    refresh_interval: 1
"""
DIGITALOCEAN = """
  - type: digitalocean_pricing
    url: {url}/catalog
    refresh_interval: 1
    model_aliases:
      openai-gpt-4o: openai/gpt-4o
      openai-gpt-4o-mini: openai/gpt-4o-mini
"""
MODELS_DEV = """
  - type: cost
    provider: models.dev
    url: {url}/api.json
    refresh_interval: 1
"""


def custom(prices):
    return {model: {"input_per_million": price, "output_per_million": price} for model, price in prices.items()}


def digitalocean(prices):
    return {
        "data": [
            {
                "model_id": model.replace("/", "-"),
                "pricing": {"input_price_per_million": price / 1e6, "output_price_per_million": price / 1e6},
            }
            for model, price in prices.items()
        ]
    }


def models_dev(prices):
    return {"openai": {"models": {model[7:]: {"cost": {"input": p, "output": p}} for model, p in prices.items()}}}


SHAPES = {
    "custom": (CUSTOM, custom),
    "digitalocean": (DIGITALOCEAN, digitalocean),
    "models.dev": (MODELS_DEV, models_dev),
}
GPT_IS_CHEAPER = {GPT: 1.0, MINI: 2.0}
MINI_IS_CHEAPER = {GPT: 5.0, MINI: 0.15}
SONNET_IS_FASTER = {SONNET: 0.85, GPT: 1.2}
GPT_IS_FASTER = {SONNET: 1.85, GPT: 1.2}


@pytest.fixture
async def prices():
    async with MetricsServer() as server:
        yield server


@pytest.fixture
async def prometheus():
    async with MetricsServer() as server:
        yield server


@asynccontextmanager
async def demo(tmp_path, *sources):
    async with running(load(tmp_path, DEMO + "".join(sources))) as gateway:
        yield gateway


async def decided(gateway, prompt, **options):
    body = {"messages": [{"role": "user", "content": prompt}]}
    status, _, answer = await gateway.post("/routing/v1/chat/completions", body, **options)
    assert status == 200
    return answer["model"]


async def becomes(gateway, prompt, model):
    """Wait until a prompt is decided so: sources are read every second."""
    async with asyncio.timeout(10):
        while await decided(gateway, prompt) != model:  # noqa: ASYNC110 - asking is the only way to know
            await asyncio.sleep(0.05)


async def is_read_again(server):
    before = len(server.requests)
    async with asyncio.timeout(10):
        while len(server.requests) < before + 2:  # noqa: ASYNC110 - the server lists what came and tells nobody
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_answers_model_changes_with_the_prices(tmp_path, prices, shape):
    source, written = SHAPES[shape]
    prices.document = written(MINI_IS_CHEAPER)
    async with demo(tmp_path, source.format(url=prices.url)) as gateway:
        await becomes(gateway, REASONING, MINI)
        prices.document = written(GPT_IS_CHEAPER)
        await becomes(gateway, REASONING, GPT)


async def test_the_answers_model_changes_with_the_latencies(tmp_path, prometheus):
    prometheus.latencies = GPT_IS_FASTER
    async with demo(tmp_path, PROMETHEUS.format(url=prometheus.url)) as gateway:
        await becomes(gateway, CODE, GPT)
        prometheus.latencies = SONNET_IS_FASTER
        await becomes(gateway, CODE, SONNET)
    assert prometheus.requests[0].query["query"] == "model_latency_p95_seconds"


async def test_with_the_sources_away_the_gateway_starts_and_keeps_the_configured_order(tmp_path, prices, prometheus):
    await prices.stop()
    prometheus.stall = True
    prometheus.latencies = GPT_IS_FASTER
    started = time.monotonic()
    sources = CUSTOM.format(url=prices.url), PROMETHEUS.format(url=prometheus.url)
    async with demo(tmp_path, *sources) as gateway:
        assert await decided(gateway, REASONING) == GPT
        assert await decided(gateway, CODE) == SONNET
        assert time.monotonic() - started < 10


async def test_a_source_that_comes_up_later_is_found(tmp_path, prices):
    prices.status = 503
    prices.document = custom(MINI_IS_CHEAPER)
    async with demo(tmp_path, CUSTOM.format(url=prices.url)) as gateway:
        assert await decided(gateway, REASONING) == GPT
        prices.status = 200
        await becomes(gateway, REASONING, MINI)


async def test_after_a_source_has_died_its_last_good_data_counts(tmp_path, prices):
    prices.document = custom(MINI_IS_CHEAPER)
    async with demo(tmp_path, CUSTOM.format(url=prices.url)) as gateway:
        await becomes(gateway, REASONING, MINI)
        prices.document = b"<html>"
        await is_read_again(prices)
        assert await decided(gateway, REASONING) == MINI
        await prices.stop()
        await asyncio.sleep(1.2)
        assert await decided(gateway, REASONING) == MINI


async def test_a_price_list_on_disk_is_read_again(tmp_path):
    file = tmp_path / "prices.json"
    file.write_bytes(orjson.dumps(custom(MINI_IS_CHEAPER)))
    async with demo(tmp_path, "  - {type: cost, provider: custom, url: prices.json, refresh_interval: 1}\n") as gateway:
        await becomes(gateway, REASONING, MINI)
        file.write_bytes(orjson.dumps(custom(GPT_IS_CHEAPER)))
        await becomes(gateway, REASONING, GPT)


async def test_the_explanation_shows_the_ranked_list(tmp_path, prices):
    prices.document = custom(MINI_IS_CHEAPER)
    async with demo(tmp_path, CUSTOM.format(url=prices.url)) as gateway:
        await becomes(gateway, REASONING, MINI)
        body = {"messages": [{"role": "user", "content": REASONING}]}
        _, _, answer = await gateway.post("/routing/v1/chat/completions?explain=true", body)
    assert answer["explain"]["candidates"] == [MINI, GPT]


async def test_routes_that_a_request_brings_are_ranked_too(tmp_path, prices):
    prices.document = custom(MINI_IS_CHEAPER)
    route = {"name": "r", "description": "generating new code, writing functions", "models": ["gpt-4o", "gpt-4o-mini"]}
    body = {
        "messages": [{"role": "user", "content": CODE}],
        "routing_preferences": [{**route, "selection_policy": {"prefer": "cheapest"}}],
    }
    async with demo(tmp_path, CUSTOM.format(url=prices.url)) as gateway:
        await becomes(gateway, REASONING, MINI)
        _, _, answer = await gateway.post("/routing/v1/chat/completions", body)
    assert answer["model"] == "gpt-4o-mini"


async def test_a_pinned_session_keeps_its_model_when_prices_change(tmp_path, prices):
    prices.document = custom(MINI_IS_CHEAPER)
    async with demo(tmp_path, CUSTOM.format(url=prices.url)) as gateway:
        await becomes(gateway, REASONING, MINI)
        session = {"X-Session-Id": "s"}
        assert await decided(gateway, REASONING, headers=session) == MINI
        prices.document = custom(GPT_IS_CHEAPER)
        await becomes(gateway, REASONING, GPT)
        assert await decided(gateway, REASONING, headers=session) == MINI


MEASURED = """
model_providers:
  - {{model: slow/m, base_url: {slow}}}
  - {{model: quick/m, base_url: {quick}}}
routing:
  apply_to: auto
routing_preferences:
  - name: code_generation
    description: generating new code, writing functions, or creating boilerplate
    models: [slow/m, quick/m]
    selection_policy: {{prefer: fastest}}
model_metrics_sources:
  - {{type: latency, provider: gateway, refresh_interval: 1}}
"""


@pytest.mark.parametrize("stream", [False, True])
async def test_the_gateway_ranks_by_its_own_measurements(tmp_path, stream):
    async with FakeProvider() as slow, FakeProvider() as quick:
        slow.default = lambda _: Answer.text("late", fault=Fault(body_delay=0.2))
        async with running(load(tmp_path, MEASURED.format(slow=slow.url, quick=quick.url))) as gateway:
            for model in ("slow/m", "quick/m"):
                body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": CODE}]}
                status, headers, _ = await gateway.post("/v1/chat/completions", body)
                assert (status, headers["x-pointsman-model"]) == (200, model)
            await becomes(gateway, CODE, "quick/m")


def test_the_example_of_the_page_loads_without_a_warning(tmp_path):
    (example,) = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "config.yaml").write_text(example, encoding="utf-8")
    assert load_config(tmp_path / "config.yaml", {}).warnings == ()
