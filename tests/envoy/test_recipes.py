"""The recipes of `deploy/envoy`, run by the real Envoy."""

import asyncio
import os
import signal
import subprocess
from asyncio.subprocess import PIPE

import pytest
import yaml
from yarl import URL

from devtools.fake_provider.server import FakeProvider
from tests.support.envoy import (
    ENVOY,
    NEEDS_ENVOY,
    PROMPT_CODE,
    PROMPT_OTHER,
    PROMPT_REASON,
    RECIPES,
    ROOT,
    Served,
    at_ports,
    envoy,
    free_port,
    free_ports,
    recipe,
    served,
)
from tests.support.fake_redis import REAL, RealRedis

pytestmark = NEEDS_ENVOY
CLAUDE = "anthropic/claude-sonnet-4-20250514"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.name)
def test_envoy_takes_every_recipe_as_it_stands(path):
    if path.name == "config.yaml":
        pytest.skip("is Pointsman's")
    done = subprocess.run(
        [ENVOY, "--mode", "validate", "-c", path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower()


def test_the_cluster_of_a_real_provider_is_as_envoy_takes_it(tmp_path):
    page = (ROOT / "docs/envoy.md").read_text()
    [cluster] = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    config = recipe("ext_proc")
    clusters = config["static_resources"]["clusters"]
    clusters[next(at for at, each in enumerate(clusters) if each["name"] == cluster["name"])] = cluster
    path = tmp_path / "envoy.yaml"
    path.write_text(yaml.safe_dump(config))
    done = subprocess.run([ENVOY, "--mode", "validate", "-c", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_the_demo_says_through_envoy_what_it_says_without(deployed):
    async with deployed() as made:
        done = await asyncio.create_subprocess_exec(
            "./demo.sh", cwd=ROOT, env={**os.environ, "POINTSMAN_URL": made.envoy.url}, stdout=PIPE, stderr=PIPE
        )
        said, complaint = await done.communicate()
    assert (done.returncode, complaint) == (0, b"")
    expected = (ROOT / "tests/integration/demo_output.txt").read_text()
    assert _without_traces(said.decode()) == _without_traces(expected)


def _without_traces(text):
    return [line for line in text.splitlines() if "trace_id" not in line]


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text((RECIPES / "config.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return path


async def test_ext_authz_asks_a_gateway_and_envoy_routes_by_the_answer(tmp_path, config):
    port = free_port()
    async with FakeProvider() as openai, FakeProvider() as anthropic, served(Served("up", config, port)):
        ports = {"pointsman": [port], "openai": [URL(openai.url).port], "anthropic": [URL(anthropic.url).port]}
        async with envoy(at_ports(recipe("ext_authz"), ports), tmp_path) as front:
            await front.healthy("pointsman", 1)
            for said, provider, path in (
                (PROMPT_CODE, anthropic, "/v1/messages"),
                (PROMPT_REASON, openai, "/v1/chat/completions"),
                (PROMPT_OTHER, openai, "/v1/chat/completions"),
            ):
                count = len(provider.requests)
                status, _, _ = await front.chat(said, path=path, model="own", max_tokens=9, session=said[:5].strip())
                assert (status, len(provider.requests)) == (200, count + 1)
                assert provider.requests[-1].body["model"] == "own", "the body stays as it is"
            status, _, _ = await front.chat(PROMPT_REASON, path="/v1/messages", max_tokens=9, session=PROMPT_CODE[:5])
            assert (status, len(anthropic.requests)) == (200, 2), "the session was pinned"
            status, _, answer = await front.post("/v1/messages", b"{nope")
            assert (status, answer["type"]) == (400, "error")


@pytest.mark.skipif(REAL is None, reason="there is no redis-server on this machine")
async def test_gateways_behind_envoy_share_their_pins_and_are_rolled_without_a_failure(tmp_path, config):
    async with RealRedis() as redis, FakeProvider() as provider:
        text = config.read_text() + f"  session_cache: {{type: redis, url: '{redis.url}', timeout_ms: 500}}\n"
        text = text.replace("http://127.0.0.1:12100", provider.url)
        config.write_text(text + "limits: {drain_delay_seconds: 3}\n")
        gateways = [Served("up", config, port) for port in free_ports(2)]
        async with served(*gateways):
            made = at_ports(recipe("gateways"), {"gateways": [each.port for each in gateways]})
            async with envoy(made, tmp_path) as front:
                await front.healthy("gateways", 2)
                await _rolled(front, gateways)
    assert all(len(each.requests) > 10 for each in gateways)


async def _rolled(front, gateways):
    """Ask all the time while one gateway is stopped and started, and the other is killed."""
    stop = asyncio.Event()

    async def ask(number):
        while not stop.is_set():
            status, headers, answer = await front.chat(PROMPT_CODE, session=f"s-{number}")
            assert (status, headers["x-pointsman-model"]) == (200, CLAUDE), answer

    asking = [asyncio.ensure_future(ask(number)) for number in range(4)]
    await asyncio.sleep(0.5)
    await gateways[0].stop()
    await gateways[0].start()
    await front.healthy("gateways", 2)
    stop.set()
    await asyncio.gather(*asking)
    await gateways[1].stop(signal.SIGKILL)
    statuses = [(await front.chat(PROMPT_CODE, session="s-0"))[0] for _ in range(20)]
    assert statuses == [200] * 20, "the other one serves, also before a health check has noticed"
