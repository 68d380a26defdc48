from datetime import UTC, datetime

import pytest

from filters.counters import Addition
from gateway.admin.ui.callers import callers_routes
from gateway.storage.counters import MemoryCounters
from tests.support.admin import figures, ports, served
from tests.support.counters import Away
from tests.support.gateway import config_text, load

PROVIDERS = [{"model": "openai/gpt", "base_url": "http://127.0.0.1:9", "access_key": "k", "default": "true"}]
KEYS = f"""
api_keys:
  - name: ann
    hash: "sha256:{"a" * 64}"
    models: [gpt]
    requests_per_minute: 60
    budgets: [{{per: month, usd: 20}}]
  - name: bob
    hash: "sha256:{"b" * 64}"
    expires: 2020-01-01
    model_limits: [{{model: gpt, tokens_per_minute: 500}}]
"""
COUNTED = {
    "requests": {("POST", "/v1/messages", "x", "2xx", "none", "m", "ann"): 5},
    "tokens": {("m", "ann", "input"): 100, ("m", "ann", "output"): 20, ("m", "ann", "cache_read"): 50},
    "cost": {("m", "ann"): 0.5},
    "unpriced": {("m", "ann"): 1},
    "refusals": {("429", "ann"): 2, ("401", "none"): 7},
}


@pytest.fixture
def config(tmp_path):
    return load(tmp_path, config_text(PROVIDERS) + KEYS)


async def asked(config, counters):
    async with served(callers_routes(ports(config, figures=figures(**COUNTED), counters=lambda: counters))) as client:
        return await (await client.get("/api/callers")).json()


async def test_each_caller_has_what_it_used_and_was_refused(config):
    answer = await asked(config, MemoryCounters())
    ann, bob = answer["callers"]
    assert (ann["name"], ann["requests"], ann["input_tokens"], ann["output_tokens"]) == ("ann", 5, 100, 20)
    assert (ann["cost"], ann["unknown"], ann["refused"], ann["models"]) == (0.5, 1, {"429": 2}, ["gpt"])
    assert (bob["requests"], bob["cost"], bob["refused"], bob["models"]) == (0, 0, {}, None)
    assert (ann["expired"], bob["expired"], bob["expires"]) == (False, True, 1577836800)
    assert answer["without_key"]["refused"] == {"401": 7}


async def test_limits_are_shown_with_what_is_used_of_them(config):
    counters = MemoryCounters()
    await counters.acquire("requests:ann", 60, 60)
    ann, bob = (await asked(config, counters))["callers"]
    assert ann["limits"] == [
        {"what": "requests", "per": "minute", "limit": 60, "used": 1, "model": None},
        {"what": "usd", "per": "month", "limit": 20.0, "used": 0.0, "model": None},
    ]
    assert bob["limits"] == [{"what": "tokens", "per": "minute", "limit": 500, "used": 0, "model": "openai/gpt"}]


async def test_while_the_counters_are_away_nothing_is_made_up(config):
    ann, _ = (await asked(config, Away()))["callers"]
    assert (ann["limits"], ann["requests"]) == (None, 5)


async def test_without_keys_there_is_no_caller(tmp_path):
    answer = await asked(load(tmp_path, config_text(PROVIDERS)), MemoryCounters())
    assert answer["callers"] == []


async def test_what_was_spent_is_in_dollars(config):
    counters = MemoryCounters()
    month = datetime.now(UTC).strftime("%Y-%m")
    counters.add([Addition(f"usd:ann:{month}", 2_500_000_000, 60)])
    ann, _ = (await asked(config, counters))["callers"]
    assert ann["limits"][1]["used"] == 2.5
