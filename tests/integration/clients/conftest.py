"""A provider that acts and is strict, and a gateway in front of it, over each upstream format in turn."""

import pytest

from tests.support.acting import ActingProvider
from tests.support.agents import UPSTREAMS, before


@pytest.fixture
async def provider():
    async with ActingProvider() as provider:
        yield provider
        assert provider.refused == []


@pytest.fixture(params=UPSTREAMS)
async def gateway(tmp_path, provider, request):
    """A gateway whose one provider speaks `wire`."""
    async with before(tmp_path, provider, request.param, UPSTREAMS[request.param]) as served:
        served.wire = request.param
        yield served
