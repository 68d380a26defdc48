"""The end of the chain: which way a request goes, and whom it may ask, whoever sends it."""

import pytest
from aiohttp import web

from filters.auth.api_keys import hash_of, new_key
from gateway.runtime.state import State
from gateway.upstream.end import End
from gateway.upstream.kept_answers import KeptAnswers
from tests.support.gateway import CODE, config_text, load, running

PROVIDERS = [{"model": "openai/gpt-4o", "default": True}, {"model": "anthropic/claude"}]


class Noting(End):
    """Answers with whom it would ask."""

    async def _chat(self, request, chat, candidates):
        return web.json_response({"chat": [candidate.model for candidate in candidates], "model": chat.body["model"]})

    async def _operation(self, request):
        return web.json_response({"operation": request.path})


def noting(config, state, bodies):
    return Noting(config, KeptAnswers(state.storage.answers(config.routing))).forward


@pytest.fixture
def served(tmp_path):
    def run(**more):
        text = config_text(PROVIDERS, ["anthropic/claude", "openai/gpt-4o"], **more)
        return running(load(tmp_path, text), state=State(end=noting))

    return run


async def post(gateway, path, said, model="auto", headers=None):
    body = {"model": model, "messages": [{"role": "user", "content": said}], "max_tokens": 9}
    async with gateway.session.post(gateway.url + path, json=body, headers=headers) as answer:
        return answer.status, answer.headers, await answer.json()


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
async def test_a_chat_may_ask_the_candidates_of_its_decision_in_their_order(served, path):
    async with served() as gateway:
        status, headers, answer = await post(gateway, path, CODE)
    assert (status, answer["chat"]) == (200, ["anthropic/claude", "openai/gpt-4o"])
    assert (headers["x-pointsman-model"], headers["x-pointsman-route"]) == ("anthropic/claude", "code_generation")


async def test_who_may_use_one_model_alone_is_not_offered_another(served):
    key = new_key()
    keys = f"[{{name: ann, hash: '{hash_of(key)}', models: [openai/gpt-4o]}}]"
    async with served(api_keys=keys) as gateway:
        bearer = {"Authorization": f"Bearer {key}"}
        _, headers, answer = await post(gateway, "/v1/chat/completions", CODE, headers=bearer)
        assert (answer["chat"], headers["x-pointsman-model"]) == (["openai/gpt-4o"], "openai/gpt-4o")


async def test_a_decision_that_nobody_makes_is_refused(served):
    async with served(filters="[tracing, format_detection]") as gateway:
        status, _, answer = await post(gateway, "/routing/v1/chat/completions", CODE)
    assert status == 404
    assert "no `routing`" in answer["error"]["message"]


async def test_models_are_listed_and_all_else_is_an_operation(served):
    async with served() as gateway:
        async with gateway.session.get(f"{gateway.url}/v1/models") as answer:
            assert [each["id"] for each in (await answer.json())["data"]][:2] == ["openai/gpt-4o", "anthropic/claude"]
        async with gateway.session.post(f"{gateway.url}/v1/embeddings", json={}) as answer:
            assert await answer.json() == {"operation": "/v1/embeddings"}
