"""Requests as clients send them, at a provider that refuses what the vendors refuse: none is refused.

Each of three callers asks each of many models the same odd things. What is lost on the way is told in a warning; what
the model does with a tool comes back under the caller's own names.
"""

import orjson
import pytest
import pytest_asyncio
from aiohttp import web

from tests.support.gateway import load, running
from tests.support.strict import complaints
from tests.support.upstream import upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")
LONG = "mcp__plugin_project-management-suite_tracker__list_all_open_merge_requests_of_team"
DOTTED = "files.search/v2"
MODELS = (
    "openai/gpt-5.6-terra", "openai/gpt-4o-mini", "resp/gpt-5.6-terra", "azure_openai/gpt-5", "anthropic/claude-opus-5",
    "anthropic/claude-haiku-4-5", "anthropic/claude-sonnet-4-5", "gemini/gemini-3.1-pro", "deepseek/deepseek-v4-pro",
    "moonshotai/kimi-k2.5", "mistral/mistral-large", "groq/gpt-oss-120b", "vllm/qwen3.8", "ollama/qwen3.8",
)  # fmt: skip
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
COMBINED = {"type": "object", "anyOf": [{"properties": {"url": {"type": "string"}}}, {"properties": {"id": {}}}]}
NULLABLE = {"type": ["object", "null"], "properties": {"a": {"type": "string"}}}
SCHEMAS = {"get_weather": SCHEMA, LONG: SCHEMA, DOTTED: COMBINED, "maybe": NULLABLE}
ID, LONG_ID = "call_0", "toolu_" + "x" * 60
ANSWERS = {
    "chat/completions": {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": []},
                     "finish_reason": "tool_calls"}],
    },
    "responses": {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m"},
    "messages": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use",
                 "usage": {"input_tokens": 1, "output_tokens": 1}},
}  # fmt: skip


def names_in(body):
    return [(tool.get("function") or tool.get("custom") or tool)["name"] for tool in body.get("tools", ())]


def answer(path, body):
    """Return an answer in which the model calls every tool under the names that it was told, all by one id."""
    operation = next(name for name in ANSWERS if path.partition("?")[0].endswith(name))
    told = orjson.loads(orjson.dumps(ANSWERS[operation]))
    names = names_in(body)
    if operation == "messages":
        told["content"] = [{"type": "tool_use", "id": ID, "name": name, "input": {}} for name in names]
    elif operation == "responses":
        told["output"] = [
            {"type": "function_call", "id": f"fc_{at}", "call_id": ID, "name": name, "arguments": "{}"}
            for at, name in enumerate(names)
        ]
    else:
        told["choices"][0]["message"]["tool_calls"] = [
            {"id": ID, "type": "function", "function": {"name": name, "arguments": "{}"}} for name in names
        ]
    return told


async def strict(request):
    body = orjson.loads(await request.read())
    if refused := complaints(request.raw_path, body):
        return web.json_response(
            {"error": {"message": "; ".join(refused), "type": "invalid_request_error"}}, status=400
        )
    return web.json_response(answer(request.raw_path, body))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory):
    async with upstream(strict) as provider:
        lines = ["model_providers:"]
        for model in MODELS:
            more = "provider_interface: openai, formats: [openai_responses], " if model.startswith("resp/") else ""
            base = provider.url if model.startswith("azure") else f"{provider.url}/v1"
            lines.append(f'  - {{model: {model}, base_url: "{base}", {more}access_key: k, max_retries: 0}}')
        async with running(load(tmp_path_factory.mktemp("strict"), "\n".join(lines))) as served:
            yield served


def chat(messages, **more):
    tools = [{"type": "function", "function": {"name": name, "parameters": schema, "strict": True}}
             for name, schema in SCHEMAS.items()]  # fmt: skip
    return "/v1/chat/completions", {"messages": messages, "tools": tools, **more}


def anthropic(messages, **more):
    tools = [{"name": name, "input_schema": schema, "strict": True} for name, schema in SCHEMAS.items()]
    return "/v1/messages", {"max_tokens": 64000, "messages": messages, "tools": tools, **more}


def responses(items, **more):
    tools = [
        {"type": "function", "name": name, "parameters": schema, "strict": True} for name, schema in SCHEMAS.items()
    ]
    return "/v1/responses", {"input": items, "tools": tools, **more}


def chat_call(*ids):
    calls = [{"id": ident, "type": "function", "function": {"name": LONG, "arguments": "{}"}} for ident in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def chat_result(ident):
    return {"role": "tool", "tool_call_id": ident, "content": "18C"}


def use(*ids):
    return {"role": "assistant", "content": [{"type": "tool_use", "id": i, "name": DOTTED, "input": {}} for i in ids]}


def use_result(*ids, said=()):
    return {
        "role": "user",
        "content": [*({"type": "tool_result", "tool_use_id": i, "content": "18C"} for i in ids), *said],
    }


def item_call(ident):
    return {"type": "function_call", "call_id": ident, "name": LONG, "arguments": "{}"}


def item_result(ident):
    return {"type": "function_call_output", "call_id": ident, "output": "18C"}


HI = {"role": "user", "content": "What is the weather in Oslo?"}
TEXT = {"type": "text", "text": "go on"}
USER_ID = '{"device_id": "' + "a" * 100 + '", "account_uuid": "", "session_id": "1"}'
FORMAT = {"type": "json_schema", "schema": SCHEMA}
REQUESTS = {
    "chat: odd fields": chat(
        [HI], stop=list("abcdef"), user=USER_ID, metadata={"team": "x"}, verbosity="low", service_tier="flex", seed=1,
        reasoning_effort="xhigh", temperature=0.2, logprobs=True, top_logprobs=2, max_tokens=200000,
        response_format={"type": "json_schema", "json_schema": {"name": "my answer", "schema": SCHEMA, "strict": True}},
    ),
    "chat: forced tool": chat([HI], tool_choice={"type": "function", "function": {"name": LONG}}),
    "chat: ids that repeat": chat([HI, chat_call(ID), chat_result(ID), chat_call(ID), chat_result(ID), HI]),
    "chat: long ids": chat([HI, chat_call(LONG_ID, "b"), chat_result("b"), chat_result(LONG_ID)]),
    "chat: late system": chat([{"role": "system", "content": "a"}, HI, {"role": "developer", "content": "b"}]),
    "chat: interrupted": chat([HI, chat_call("a", "b"), chat_result("b"), HI, chat_result("gone")]),
    "messages: claude code": anthropic(
        [HI, {"role": "system", "content": "# Environment"}], system=[{"type": "text", "text": "You are Claude Code."}],
        thinking={"type": "adaptive", "display": "omitted"}, output_config={"effort": "max", "format": FORMAT},
        metadata={"user_id": USER_ID}, context_management={"edits": []}, safeguards=[{"type": "x"}], top_k=5,
    ),
    "messages: forced tool": anthropic(
        [HI], tool_choice={"type": "tool", "name": DOTTED}, stop_sequences=list("abcdef")
    ),
    "messages: results in two turns": anthropic([HI, use("a", "b"), use_result("b"), use_result("a", said=[TEXT])]),
    "messages: ids that repeat": anthropic([HI, use(ID), use_result(ID), use(ID), use_result(ID, said=[TEXT])]),
    "messages: interrupted": anthropic([HI, use("a"), HI, use(LONG_ID), use_result(LONG_ID)]),
    "messages: budget": anthropic([HI], thinking={"type": "enabled", "budget_tokens": 4096}, temperature=1),
    "responses: codex": responses(
        [{"role": "developer", "content": "a"}, HI, {"role": "developer", "content": "b"}, HI], instructions="You are.",
        reasoning={"effort": "xhigh", "summary": "auto"}, metadata={"a": "b"}, safety_identifier="u" * 90,
        text={"verbosity": "low"}, prompt_cache_key="x", include=["reasoning.encrypted_content"], store=False,
    ),
    "responses: steering": responses([HI, item_call(LONG_ID), HI, item_result(LONG_ID)]),
    "responses: ids that repeat": responses([HI, item_call(ID), item_result(ID), item_call(ID), item_result(ID)]),
    "responses: forced tool": responses(
        [HI], tool_choice={"type": "function", "name": LONG}, temperature=0.1, top_p=0.2
    ),
    "responses: interrupted": responses([HI, item_call("a"), HI]),
}  # fmt: skip
CALLERS_OWN = {
    "/v1/chat/completions": (
        "openai/",
        "azure",
        "gemini",
        "deepseek",
        "moonshotai",
        "mistral",
        "groq",
        "vllm",
        "ollama",
    ),
    "/v1/messages": ("anthropic/",),
    "/v1/responses": ("resp/", "openai/"),
}
TAKES_ANY = ("vllm", "ollama")
"""Servers of open models, which take names, ids and schemas of any kind: there they pass as they are."""
OUT_OF_ORDER = ("interrupted", "steering", "results in two turns", "late system")
"""Where the formats are the same the caller's own messages pass, in as odd an order as the caller wants."""


def called(answer):
    """Return the names and ids of the calls in an answer."""
    if "choices" in answer:
        return [(call["function"]["name"], call["id"]) for call in answer["choices"][0]["message"]["tool_calls"]]
    if "output" in answer:
        return [(item["name"], item["call_id"]) for item in answer["output"] if item["type"] == "function_call"]
    return [(block["name"], block["id"]) for block in answer["content"] if block["type"] == "tool_use"]


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("model", MODELS)
async def test_nothing_that_a_client_sends_is_refused(gateway, model, name):
    path, body = REQUESTS[name]
    own = model.startswith(CALLERS_OWN[path])
    if own and (model.startswith(TAKES_ANY) or name.partition(": ")[2] in OUT_OF_ORDER):
        return
    status, _, told = await gateway.post(path, {**body, "model": model})
    assert status == 200, told
    assert [name for name, _ in called(told)] == list(SCHEMAS)
    assert len({ident for _, ident in called(told)}) == len(SCHEMAS)


@pytest.mark.parametrize("name", ["chat: ids that repeat", "messages: ids that repeat", "responses: ids that repeat"])
@pytest.mark.parametrize("model", MODELS)
async def test_a_stream_tells_the_callers_own_names_too(gateway, model, name):
    path, body = REQUESTS[name]
    if model.startswith(TAKES_ANY) and model.startswith(CALLERS_OWN[path]):
        return
    status, _, told = await gateway.post(path, {**body, "model": model, "stream": True})
    assert status == 200
    frames = [orjson.loads(line[6:]) for line in told.decode().split("\n") if line.startswith("data: {")]
    assert [tool for tool, _ in called(gathered(frames))] == list(SCHEMAS)


def gathered(frames):
    """Return what the frames of a stream amount to, as far as `called` looks at it."""
    ends = [frame["response"] for frame in frames if frame.get("type") == "response.completed"]
    if ends:
        return ends[0]
    if "choices" in frames[0]:
        calls = [
            call for frame in frames for call in frame["choices"][0]["delta"].get("tool_calls", ()) if "id" in call
        ]
        return {"choices": [{"message": {"tool_calls": calls}}]}
    return {"content": [frame["content_block"] for frame in frames if frame["type"] == "content_block_start"]}
