"""A fake provider, a plain client of it, and the vendors' own SDKs."""

import aiohttp
import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from devtools.fake_provider.server import FakeProvider


@pytest.fixture
async def provider():
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def client(provider):
    async with aiohttp.ClientSession(provider.url, timeout=aiohttp.ClientTimeout(5)) as client:
        yield client


@pytest.fixture
async def openai(provider):
    async with AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="k", max_retries=0) as client:
        yield client


@pytest.fixture
async def anthropic(provider):
    async with AsyncAnthropic(base_url=provider.url, api_key="k", max_retries=0) as client:
        yield client
