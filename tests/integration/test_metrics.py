"""Metrics of a gateway that serves, as Prometheus reads them: of one process, and of workers that are killed."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.server import FakeProvider
from gateway.telemetry.prometheus.workers import PUBLISH_SECONDS
from tests.support.fake_redis import FakeRedis
from tests.support.gateway import CODE, config_text, load, running
from tests.support.metrics import parsed, value
from tests.support.processes import up

CHAT = {"model": "auto", "messages": [{"role": "user", "content": CODE}]}
PATH = "/v1/chat/completions"
MODEL = {"provider": "openai", "model": "openai/gpt"}


async def scrape(session, port):
    async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        assert answer.status == 200
        return parsed(await answer.text())


def total(found, name):
    return sum(number for (each, _), number in found.items() if each == name)


async def test_what_a_request_did_is_in_the_metrics(tmp_path, unused_tcp_port):
    async with FakeProvider() as provider, aiohttp.ClientSession() as session:
        provider.script(Answer.error(500), Answer.text("well"))
        entry = {"model": "openai/gpt", "base_url": provider.url, "access_key": "k"}
        config = load(tmp_path, config_text([entry], ("openai/gpt",), admin=f"{{port: {unused_tcp_port}}}"))
        async with running(config) as gateway:
            for stream in (False, True):
                await gateway.post(PATH, CHAT | {"stream": stream}, {"X-Session-Id": "s"})
            await gateway.post(PATH, {"messages": 7})
            found = await scrape(session, unused_tcp_port)
    assert value(found, "pointsman_upstream_attempts_total", outcome="ok", **MODEL) == 2
    assert value(found, "pointsman_upstream_attempts_total", outcome="status", **MODEL) == 1
    assert value(found, "pointsman_upstream_retries_total", **MODEL) == 1
    assert [value(found, "pointsman_pins_total", result=result) for result in ("made", "held")] == [1, 1]
    assert value(found, "pointsman_pins_stored") == 1
    assert value(found, "pointsman_refusals_total", status="400", caller="none") == 1
    assert total(found, "pointsman_tokens_total") > 0
    assert total(found, "gen_ai_server_time_to_first_token_seconds_count") == 2
    assert value(found, "pointsman_sink_dropped_total", sink="AccessLog") == 0


async def decide(session, url, times):
    for _ in range(times):  # a connection of its own, so that any worker may take it
        async with session.post(f"{url}/routing{PATH}", json=CHAT, headers={"Connection": "close"}) as answer:
            assert answer.status == 200


async def test_workers_are_summed_and_no_counter_falls_when_one_is_killed(tmp_path, unused_tcp_port):
    async with FakeRedis() as redis, aiohttp.ClientSession() as session:
        routing = f"{{session_cache: {{type: redis, url: '{redis.url}', timeout_ms: 1000}}}}"
        path = tmp_path / "config.yaml"
        entry = {"model": "openai/gpt", "base_url": "http://127.0.0.1:9", "access_key": "k"}
        path.write_text(config_text([entry], ("openai/gpt",), routing=routing, admin=f"{{port: {unused_tcp_port}}}"))
        async with up(path, "--workers", "2") as gateway:
            await decide(session, gateway.url, 30)
            await asyncio.sleep(PUBLISH_SECONDS * 2)  # until both have published
            assert total(await scrape(session, unused_tcp_port), "pointsman_decisions_total") == 30
            children = Path(f"/proc/{gateway.process.pid}/task/{gateway.process.pid}/children")
            os.kill(int(children.read_text().split()[0]), signal.SIGKILL)  # noqa: ASYNC240 - a file of /proc
            seen = [total(await scrape(session, unused_tcp_port), "pointsman_decisions_total") for _ in range(5)]
            assert seen == [30] * 5
            await decide(session, gateway.url, 10)
            async with asyncio.timeout(60):
                while total(await scrape(session, unused_tcp_port), "pointsman_decisions_total") != 40:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
