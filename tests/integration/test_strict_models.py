"""Whatever a caller of any format asks, no model is asked for what it refuses."""

import pytest

from tests.support.gateway import config_text, load, running
from tests.support.strict_models import MODELS, strict
from tests.support.upstream import upstream

PREFIXES = sorted({model.partition("/")[0] for model in MODELS})
HI = [{"role": "user", "content": "What is the weather in Oslo?"}]
BEGUN = [*HI, {"role": "assistant", "content": "The weather"}]
LATE = [*HI, {"role": "system", "content": "Available agents: a, b"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT_TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}]
MESSAGES_TOOLS = [{"name": "get_weather", "input_schema": SCHEMA}]
RESPONSES_TOOLS = [{"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": False}]
ADAPTIVE = {"thinking": {"type": "adaptive"}}
BUDGET = {"thinking": {"type": "enabled", "budget_tokens": 2048}}
EFFORTS = ("none", "minimal", "low", "high", "xhigh", "max")

CHAT = [
    {},
    {"temperature": 0.2, "top_p": 0.9},
    {"max_tokens": 1_000_000},
    {"tools": CHAT_TOOLS, "temperature": 0.2},
    {"tools": CHAT_TOOLS, "tool_choice": "required", "reasoning_effort": "high"},
    *({"reasoning_effort": effort, "temperature": 0.2} for effort in EFFORTS),
    *({"reasoning_effort": effort, "tools": CHAT_TOOLS} for effort in EFFORTS),
]
MESSAGES = [
    {},
    {"temperature": 0.2, "top_k": 5},
    {"max_tokens": 1_000_000},
    {"thinking": {"type": "disabled"}, "tools": MESSAGES_TOOLS},
    {**ADAPTIVE, "temperature": 1},
    {**BUDGET, "tools": MESSAGES_TOOLS},
    {**ADAPTIVE, "tools": MESSAGES_TOOLS, "tool_choice": {"type": "any"}},
    {**ADAPTIVE, "max_tokens": 1100},
    *({**ADAPTIVE, "output_config": {"effort": effort}} for effort in EFFORTS[2:]),
    *({"output_config": {"effort": effort}, "tools": MESSAGES_TOOLS} for effort in EFFORTS[2:]),
]
RESPONSES = [
    {},
    {"temperature": 0.2},
    {"max_output_tokens": 1_000_000},
    {"tools": RESPONSES_TOOLS, "include": ["reasoning.encrypted_content"]},
    *({"reasoning": {"effort": effort, "summary": "auto"}, "temperature": 0.2} for effort in EFFORTS),
    *({"reasoning": {"effort": effort}, "tools": RESPONSES_TOOLS} for effort in EFFORTS),
]


@pytest.fixture
async def gateway(tmp_path):
    async with upstream(strict) as vendors:
        at = {prefix: {"base_url": f"{vendors.url}/{prefix}/v1", "access_key": "k"} for prefix in PREFIXES}
        providers = [{"model": f"{prefix}/*", **where} for prefix, where in at.items()]
        named = {"model": "anthropic/claude-haiku-4-5", **at["anthropic"]}
        text = config_text([*providers, named], limits="{max_retries: 0}")
        async with running(load(tmp_path, text)) as served:
            yield served


async def refusals(gateway, path, bodies):
    """Post each body and return what was refused of it."""
    told = []
    for body in bodies:
        status, _, answer = await gateway.post(path, body)
        if status != 200:
            told.append((body, answer))
    return told


@pytest.mark.parametrize("model", MODELS)
async def test_a_chat_request_asks_no_model_for_what_it_refuses(gateway, model):
    bodies = [{"model": model, "messages": messages, **more} for more in CHAT for messages in (HI, BEGUN)]
    assert await refusals(gateway, "/v1/chat/completions", bodies) == []


@pytest.mark.parametrize("model", MODELS)
async def test_a_messages_request_asks_no_model_for_what_it_refuses(gateway, model):
    bodies = [
        {"model": model, "max_tokens": 4000, "messages": said, **more} for more in MESSAGES for said in (HI, BEGUN)
    ]
    late = {"model": model, "max_tokens": 4000, "messages": LATE, "system": "S"}
    assert await refusals(gateway, "/v1/messages", [*bodies, late]) == []


@pytest.mark.parametrize("model", MODELS)
async def test_a_responses_request_asks_no_model_for_what_it_refuses(gateway, model):
    bodies = [{"model": model, "input": "hi", **more} for more in RESPONSES]
    assert await refusals(gateway, "/v1/responses", bodies) == []


async def test_the_strict_provider_is_strict(gateway):
    """What would be refused is, where the caller names the model as its vendor does and its bytes pass."""
    asked = {"model": "claude-haiku-4-5", "max_tokens": 4000, "messages": HI, **ADAPTIVE}
    assert (await gateway.post("/v1/messages", asked))[0] == 400
