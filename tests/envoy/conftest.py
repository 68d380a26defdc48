"""Envoy, two processors and two providers, as `deploy/envoy/ext_proc.yaml` puts them together."""

from contextlib import asynccontextmanager
from functools import partial

import pytest
import pytest_asyncio
from yarl import URL

from devtools.fake_provider.server import FakeProvider
from tests.support.envoy import RECIPES, Served, at_ports, envoy, free_ports, recipe, served
from tests.support.fake_redis import RealRedis


class Deployed:
    """What runs: Envoy, the processors, and the providers by their names."""

    def __init__(self, front, processors, providers):
        self.envoy = front
        self.processors = processors
        self.openai, self.anthropic, self.spare = providers

    @property
    def lines(self):
        """The lines of all processors' access logs."""
        return [line for each in self.processors for line in each.requests]


@asynccontextmanager
async def deploy(tmp_path, config=None, change=lambda _: None, *, processors=1, concurrency=1, options=()):
    """Run a recipe. `config` is the text of a configuration, `change` what is changed in Envoy's."""
    path = tmp_path / "config.yaml"
    path.write_text(config or (RECIPES / "config.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    running = [Served("ext-proc", path, port, options) for port in free_ports(processors)]
    async with FakeProvider() as openai, FakeProvider() as anthropic, FakeProvider() as spare, served(*running):
        ports = {
            "pointsman": [each.port for each in running],
            "openai": [URL(openai.url).port, URL(spare.url).port],
            "anthropic": [URL(anthropic.url).port],
        }
        front = at_ports(recipe("ext_proc"), ports)
        change(front)
        async with envoy(front, tmp_path, concurrency=concurrency) as front:
            await front.healthy("pointsman", processors)
            yield Deployed(front, running, (openai, anthropic, spare))


@pytest.fixture
def deployed(tmp_path):
    return partial(deploy, tmp_path)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory):
    """Envoy with two processors on one Redis, for all tests of a module."""
    async with RealRedis() as redis:
        text = (RECIPES / "config.yaml").read_text(encoding="utf-8")
        cache = f"  session_cache: {{type: redis, url: '{redis.url}', timeout_ms: 500}}\n"
        async with deploy(tmp_path_factory.mktemp("envoy"), text + cache, processors=2) as made:
            made.redis = redis
            yield made
