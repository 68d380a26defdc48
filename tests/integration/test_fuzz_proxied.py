"""Whatever is sent to be proxied, in any format to any other, is served or refused, and breaks nothing."""

import pytest
from yarl import URL

from filters.formats.registry import FORMATS
from tests.support.fuzz.bodies import MARKER
from tests.support.fuzz.client import fuzz
from tests.support.fuzz.requests import LIMIT
from tests.support.gateway import config_text, load, running
from tests.support.upstream import says, upstream

ANSWERS = {
    "openai_chat": b'{"id": "1", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}',
    "anthropic_messages": b'{"type": "message", "id": "1", "role": "assistant", "stop_reason": "end_turn", '
    b'"content": [{"type": "text", "text": "hi"}], "usage": {"input_tokens": 1, "output_tokens": 1}}',
    "openai_responses": b'{"object": "response", "id": "1", "status": "completed", "output": [{"type": '
    b'"message", "id": "2", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]}]}',
}
ALIASES = "{gpt-4o-mini: {target: mine/m}, gpt-4o: {target: mine/m}, claude: {target: mine/m}}"


@pytest.mark.parametrize("wire", FORMATS)
async def test_no_request_breaks_the_gateway(tmp_path, log_lines, wire):
    async with upstream(says(ANSWERS[wire])) as provider:
        entry = {"model": "mine/m", "base_url": provider.url, "access_key": "k", "formats": f"[{wire}]"}
        limits = f"{{max_body_bytes: {LIMIT}}}"
        config = load(tmp_path, config_text([entry], ("mine/m",), limits=limits, model_aliases=ALIASES))
        async with running(config) as gateway:
            findings = await fuzz(URL(gateway.url).port, 3, 800, prefix="")
    assert findings.complaints == []
    assert findings.statuses[200] > 100
    assert findings.statuses[400] > 200
    assert {line["event"] for line in log_lines} <= {"request", "malformed_request", "connection_closed"}
    assert MARKER not in str(log_lines)
