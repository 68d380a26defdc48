import pytest

from gateway.upstream.answers import json_answer
from tests.support.gateway import config_text, load, running


def test_an_answer_is_compact_json():
    answer = json_answer({"a": [1, "☀"]}, 503)
    assert (answer.status, answer.content_type) == (503, "application/json")
    assert answer.body == '{"a":[1,"☀"]}'.encode()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/models", "/v1/models/openai/gpt", "/v1/nothing", "/"])
async def test_all_that_the_gateway_says_itself_is_spaced_alike(tmp_path, path):
    config = load(tmp_path, config_text([{"model": "openai/gpt", "access_key": "k"}]))
    async with running(config) as gateway, gateway.session.get(gateway.url + path) as answer:
        raw = await answer.text()
        assert answer.content_type == "application/json"
    assert '": ' not in raw
    assert '", "' not in raw
