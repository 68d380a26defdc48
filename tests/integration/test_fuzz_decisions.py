"""Whatever is sent to the decision endpoints, the answer is a decision or an error of the right shape."""

import pytest
from yarl import URL

from tests.support.fuzz.bodies import MARKER
from tests.support.fuzz.client import fuzz
from tests.support.fuzz.requests import LIMIT
from tests.support.gateway import config_text, load, running

PROVIDERS = [
    {"model": "openai/gpt-4o", "access_key": "k", "base_url": "http://127.0.0.1:9", "default": "true"},
    {"model": "anthropic/claude", "access_key": "k", "base_url": "http://127.0.0.1:9"},
]


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_request_breaks_the_gateway(tmp_path, log_lines, seed):
    config = load(tmp_path, config_text(PROVIDERS, ("openai/gpt-4o",), limits=f"{{max_body_bytes: {LIMIT}}}"))
    async with running(config) as gateway:
        findings = await fuzz(URL(gateway.url).port, seed, 1500)
    assert findings.complaints == []
    assert findings.statuses[200] > 300
    assert findings.statuses[400] > 300
    assert {413, 405, 404} <= findings.statuses.keys()
    assert {line["event"] for line in log_lines} <= {"request", "malformed_request", "connection_closed"}
    assert MARKER not in str(log_lines)
