import pytest

from filters.auth.api_keys import hash_of, new_key
from tests.support.gateway import config_text, load, running

PROVIDERS = [
    {"model": "openai/gpt-4o"},
    {"model": "anthropic/claude", "name": "clever"},
    {"model": "lab/*", "base_url": "http://127.0.0.1:9"},
]
NAMES = ["openai/gpt-4o", "anthropic/claude", "clever", "fast", "auto"]
ANTHROPIC = {"anthropic-version": "2023-06-01"}


@pytest.fixture
async def gateway(tmp_path):
    text = config_text(PROVIDERS, model_aliases="{fast: {target: openai/gpt-4o}}")
    async with running(load(tmp_path, text)) as served:
        yield served


async def get(gateway, path, headers=None):
    async with gateway.session.get(gateway.url + path, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_openais_list_has_models_aliases_and_auto(gateway):
    status, answer = await get(gateway, "/v1/models")
    assert (status, answer["object"]) == (200, "list")
    assert [model["id"] for model in answer["data"]] == NAMES
    assert answer["data"][0] == {"id": "openai/gpt-4o", "object": "model", "created": 0, "owned_by": "openai"}


async def test_anthropics_list_has_the_same_in_its_own_shape(gateway):
    status, answer = await get(gateway, "/v1/models?limit=1000", ANTHROPIC)
    assert (status, answer["has_more"], answer["first_id"], answer["last_id"]) == (200, False, NAMES[0], "auto")
    assert [model["id"] for model in answer["data"]] == NAMES
    assert answer["data"][1] == {
        "type": "model",
        "id": "anthropic/claude",
        "display_name": "anthropic/claude",
        "created_at": "1970-01-01T00:00:00Z",
    }


@pytest.mark.parametrize("name", ["openai/gpt-4o", "openai%2Fgpt-4o"])
async def test_one_model_is_found_by_its_name(gateway, name):
    assert (await get(gateway, f"/v1/models/{name}"))[1]["object"] == "model"
    assert (await get(gateway, f"/v1/models/{name}", ANTHROPIC))[1]["type"] == "model"


async def test_an_unknown_one_is_a_404_in_the_callers_shape(gateway):
    status, answer = await get(gateway, "/v1/models/nobody/gpt-9")
    assert (status, answer["error"]["code"]) == (404, "model_not_found")
    assert "There is no model 'nobody/gpt-9'" in answer["error"]["message"]
    status, answer = await get(gateway, "/v1/models/nobody/gpt-9", ANTHROPIC)
    assert (status, answer["type"], answer["error"]["type"]) == (404, "error", "not_found_error")


async def test_a_path_that_only_begins_like_it_is_another(gateway):
    status, answer = await get(gateway, "/v1/modelsx")
    assert status == 404
    assert "no such operation" in answer["error"]["message"]


@pytest.mark.parametrize("name", ["gpt-4o", "claude", "clever", "fast", "auto", "lab/anything", "anything"])
async def test_every_name_that_a_chat_request_may_use_can_be_retrieved(gateway, name):
    status, answer = await get(gateway, f"/v1/models/{name}")
    assert (status, answer["id"]) == (200, name)


async def test_of_a_wildcard_those_are_listed_that_are_known_to_be_there(tmp_path):
    async with running(load(tmp_path, config_text([{"model": "anthropic/*"}]))) as served:
        listed = [model["id"] for model in (await get(served, "/v1/models"))[1]["data"]]
    assert {"anthropic/claude-haiku-4-5", "auto"} <= set(listed)
    assert all(name == "auto" or name.startswith("anthropic/claude") for name in listed)


@pytest.mark.parametrize(
    ("allowed", "listed"),
    [
        ("models: ['openai/*']", ["openai/gpt-4o", "fast", "auto"]),
        ("models: [clever]", ["anthropic/claude", "clever", "auto"]),
        ("models: []", ["auto"]),
        ("requests_per_minute: 9", NAMES),
    ],
)
async def test_a_caller_sees_the_models_that_it_may_use_and_no_other(tmp_path, allowed, listed):
    key = new_key()
    text = config_text(
        PROVIDERS,
        model_aliases="{fast: {target: openai/gpt-4o}}",
        api_keys=f"[{{name: ann, hash: '{hash_of(key)}', {allowed}}}]",
    )
    async with running(load(tmp_path, text)) as served:
        status, body = await get(served, "/v1/models", {"Authorization": f"Bearer {key}"})
        refused, _ = await get(served, "/v1/models")
    assert (status, [model["id"] for model in body["data"]]) == (200, listed)
    assert refused == 401
