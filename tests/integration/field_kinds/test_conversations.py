"""Conversations and tools: late system messages, names, ids, order, schemas, and what no other vendor knows.

The kinds are those that people reported of gateways; each row is one instance.
"""

import json
import re

import pytest

from tests.support.field_kinds import (
    CHAT_TOOL,
    CITY,
    MESSAGES_TOOL,
    RESPONSES_ALONE,
    RESPONSES_TOOL,
    USER,
    vendors,
)

OPUS, GPT_4, GROQ, VLLM = "anthropic/claude-opus-5", "openai/gpt-4.1", "groq/gpt-oss-120b", "vllm/qwen3.8"
MISTRAL, GEMINI = "mistral/mistral-large", "gemini/gemini-3.1-pro"
GO = {"role": "user", "content": "go"}


@pytest.fixture
async def served(tmp_path):
    async with vendors(tmp_path) as running:
        yield running


def calls(*idents):
    return [{"type": "tool_use", "id": ident, "name": "get_weather", "input": {}} for ident in idents]


def results(*idents):
    return [{"type": "tool_result", "tool_use_id": ident, "content": ident[-1]} for ident in idents]


def assistant(*blocks):
    return {"role": "assistant", "content": list(blocks)}


def user(*blocks):
    return {"role": "user", "content": list(blocks)}


def text(words):
    return {"type": "text", "text": words}


def chat_call(ident, **more):
    return {"id": ident, "type": "function", "function": {"name": "get_weather", "arguments": "{}"}, **more}


def chat_turn(*idents):
    told = [{"role": "tool", "tool_call_id": ident, "content": ident} for ident in idents]
    return [USER, {"role": "assistant", "content": None, "tool_calls": [chat_call(each) for each in idents]}, *told]


LATE = {
    "messages": ("messages", VLLM, {"system": "S", "messages": [USER, {"role": "system", "content": "note"}, GO]}),
    "between call and result": (
        "messages",
        VLLM,
        {
            "system": "S",
            "tools": [MESSAGES_TOOL],
            "messages": [USER, assistant(*calls("t1")), {"role": "system", "content": "note"}, user(*results("t1"))],
        },
    ),
    "developer of Responses": (
        "responses",
        "ollama/qwen3.8",
        {"input": [USER, {"role": "developer", "content": "note"}, GO]},
    ),
    "instructions and developer": (
        "responses",
        GROQ,
        {"instructions": "S", "input": [USER, {"role": "developer", "content": "note"}, GO]},
    ),
    "chat of a model that was chosen": (
        "chat",
        "routed-ollama",
        {"messages": [USER, {"role": "developer", "content": "note"}, {"role": "system", "content": "x"}, GO]},
    ),
}


@pytest.mark.parametrize(("wire", "model", "body"), LATE.values(), ids=LATE.keys())
async def test_what_the_system_says_late_is_said_first_to_a_strict_template(served, wire, model, body):
    done = await served.ask(wire, model, **body)
    roles = [message["role"] for message in done.sent["messages"]]
    assert done.status == 200
    assert roles[0] == "system"
    assert not {"system", "developer"} & set(roles[1:])
    assert "note" in done.sent["messages"][0]["content"]
    assert done.warnings


async def test_an_older_claude_hears_late_system_messages_from_the_user(served):
    late = [USER, {"role": "system", "content": "note"}, assistant(text("hm")), GO, {"role": "system", "content": "n2"}]
    done = await served.ask("messages", "routed-haiku", system="S", messages=late)
    assert [message["role"] for message in done.sent["messages"]] == ["user", "assistant", "user"]
    assert done.sent["system"] == "S"
    assert {"note", "n2"} <= set(re.findall(r"note|n2", json.dumps(done.sent["messages"])))


@pytest.mark.parametrize(
    "turn",
    [
        [{"type": "thinking", "thinking": "hm", "signature": "sig"}],
        [{"type": "redacted_thinking", "data": "x"}],
        [],
    ],
)
async def test_a_thinking_model_gets_the_reasoning_that_it_insists_on(served, turn):
    messages = [USER, assistant(*turn, *calls("t1")), user(*results("t1"))]
    for model in ("deepseek/deepseek-v4-pro", "moonshotai/kimi-k2.5"):
        done = await served.ask("messages", model, tools=[MESSAGES_TOOL], messages=messages)
        [said] = [message for message in done.sent["messages"] if message["role"] == "assistant"]
        assert said["reasoning_content"]
        assert (said["reasoning_content"] == "hm") == bool(turn and "thinking" in turn[0])


async def test_reasoning_of_a_responses_caller_goes_back_to_its_model(served):
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]}
    call = {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}"}
    given = [USER, reasoning, call, {"type": "function_call_output", "call_id": "c1", "output": "12"}]
    done = await served.ask("responses", "moonshotai/kimi-k2.5", tools=[RESPONSES_TOOL], input=given)
    assert done.sent["messages"][1]["reasoning_content"] == "hm"


async def test_the_first_of_parallel_calls_to_gemini_has_a_signature(served):
    done = await served.ask("chat", "routed-gemini", tools=[CHAT_TOOL], messages=chat_turn("c1", "c2"))
    first, second = done.sent["messages"][1]["tool_calls"]
    assert first["extra_content"]["google"]["thought_signature"]
    assert "extra_content" not in second


NAMES = ("files.search/v2", "files_search_v2", "a" * 65, "a" * 70, "naïve tool", "mcp__x__" + "y" * 130)


@pytest.mark.parametrize(
    ("model", "limit"), [(OPUS, 128), (GPT_4, 64), (RESPONSES_ALONE, 64), (MISTRAL, 64), (GEMINI, 64)]
)
async def test_names_of_tools_are_within_the_rule_and_differ(served, model, limit):
    tools = [{"type": "function", "function": {"name": name, "parameters": CITY}} for name in NAMES]
    chosen = {"type": "function", "function": {"name": NAMES[0]}}
    done = await served.ask("chat", model, tools=tools, tool_choice=chosen)
    declared = [tool.get("function", tool)["name"] for tool in done.sent["tools"]]
    assert len(set(declared)) == len(NAMES)
    assert all(re.fullmatch(rf"[a-zA-Z0-9_-]{{1,{limit}}}", name) for name in declared)
    choice = done.sent["tool_choice"]
    assert choice.get("function", choice)["name"] == declared[0]
    again = await served.ask("chat", model, tools=tools, tool_choice=chosen)
    assert again.sent["tools"] == done.sent["tools"]


LONG = ("call_" + "x" * 60, "call_" + "x" * 60 + "y")


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (MISTRAL, r"[a-zA-Z0-9]{9}"),
        (GPT_4, r".{1,40}"),
        ("zhipu/glm-5", r".{1,40}"),
        (RESPONSES_ALONE, r".{1,64}"),
    ],
)
async def test_ids_of_calls_are_within_the_rule_and_pair_up(served, model, rule):
    messages = [USER, assistant(*calls(*LONG)), user(*results(*reversed(LONG)))]
    done = await served.ask("messages", model, tools=[MESSAGES_TOOL], messages=messages)
    if "input" in done.sent:
        made = [item["call_id"] for item in done.sent["input"] if item["type"] == "function_call"]
        told = [item["call_id"] for item in done.sent["input"] if item["type"] == "function_call_output"]
    else:
        made = [call["id"] for call in done.sent["messages"][1]["tool_calls"]]
        told = [message["tool_call_id"] for message in done.sent["messages"] if message["role"] == "tool"]
    assert all(re.fullmatch(rule, ident) for ident in made)
    assert len(set(made)) == 2
    assert set(told) == set(made)


async def test_ids_that_anthropic_refuses_or_has_seen_are_made_new(served):
    odd = "functions.get_weather:0"
    done = await served.ask("chat", OPUS, tools=[CHAT_TOOL], messages=[*chat_turn(odd, odd), *chat_turn(odd)[1:]])
    blocks = [block for message in done.sent["messages"] for block in message["content"]]
    made = [block["id"] for block in blocks if block["type"] == "tool_use"]
    assert len(set(made)) == 3
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", ident) for ident in made)
    assert [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"] == made


ROOTS = {
    "oneOf": {"oneOf": [CITY, {"type": "object", "properties": {"y": {"type": "integer"}}}]},
    "anyOf with null": {"anyOf": [{"$ref": "#/definitions/A"}, {"type": "null"}], "definitions": {"A": CITY}},
    "allOf": {"type": "object", "allOf": [CITY, {"properties": {"y": {"type": "integer"}}, "required": ["y"]}]},
    "$ref": {"$ref": "#/$defs/A", "$defs": {"A": CITY}},
    "no type": {"properties": CITY["properties"]},
    "several types": {"type": ["object", "null"], "properties": CITY["properties"]},
}


@pytest.mark.parametrize("model", [OPUS, GPT_4])
@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS.keys())
async def test_the_root_of_a_schema_is_a_plain_object_and_its_properties_stay(served, root, model):
    tool = {"type": "function", "name": "t", "parameters": root}
    done = await served.ask("responses", model, tools=[tool])
    [sent] = done.sent["tools"]
    schema = sent["input_schema"] if "input_schema" in sent else sent["parameters"]
    assert schema["type"] == "object"
    assert "city" in schema["properties"]
    assert not {"oneOf", "anyOf", "allOf", "$ref"} & schema.keys()
    assert bool(done.warnings) == any(key in root for key in ("oneOf", "anyOf", "allOf"))


@pytest.mark.parametrize("schema", [{}, {"type": "array", "items": {"type": "string"}}, None])
async def test_a_schema_that_says_no_object_becomes_one(served, schema):
    done = await served.ask("chat", OPUS, tools=[{"type": "function", "function": {"name": "t", "parameters": schema}}])
    assert done.status == 200
    assert done.sent["tools"][0]["input_schema"]["type"] == "object"


NESTED = {"type": "object", "properties": {"c": {"type": "integer"}}}
OPTIONAL = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": NESTED},
    "required": ["a", "b"],
    "additionalProperties": False,
}
FITTING = {**OPTIONAL, "properties": {"a": {"type": "string"}}, "required": ["a"]}
FORMAT = {"type": "json_schema", "name": "x", "strict": True}


@pytest.mark.parametrize(("schema", "strict"), [(OPTIONAL, False), (FITTING, True)])
@pytest.mark.parametrize(
    ("wire", "model"),
    [("messages", GPT_4), ("messages", RESPONSES_ALONE), ("responses", "azure_openai/gpt-5"), ("responses", GPT_4)],
)
async def test_strict_is_said_of_schemas_that_strict_mode_takes(served, wire, model, schema, strict):
    asked = {"text": {"format": {**FORMAT, "schema": schema}}}
    if wire == "messages":
        asked = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    if model == GPT_4 and wire == "responses":
        model = "routed-gpt"
    done = await served.ask(wire, model, **asked)
    sent = (
        done.sent["response_format"]["json_schema"] if "response_format" in done.sent else done.sent["text"]["format"]
    )
    assert (done.status, sent["strict"]) == (200, strict)


SERVER_BLOCKS = [
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
]


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ([text("I look."), *SERVER_BLOCKS, text("It is 12.")], "I look.\n\nIt is 12."),
        ([*SERVER_BLOCKS, text("It is 12.")], "It is 12."),
        ([{"type": "compaction", "content": "all so far"}], "all so far"),
    ],
)
async def test_what_anthropics_servers_did_is_left_out_and_the_text_stays(served, blocks, said):
    done = await served.ask("messages", GROQ, messages=[USER, assistant(*blocks), GO])
    assert (done.status, done.sent["messages"][1]["content"]) == (200, said)
    assert done.warnings


@pytest.mark.parametrize(
    "item",
    [
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {"type": "file_search_call", "id": "fs_1", "queries": ["a"], "status": "completed", "results": None},
        {"type": "code_interpreter_call", "id": "ci_1", "code": "1", "container_id": "c", "outputs": []},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "iVBORw0KGgo="},
        {"type": "mcp_list_tools", "id": "ml_1", "server_label": "x", "tools": []},
        {"type": "mcp_call", "id": "mc_1", "server_label": "x", "name": "n", "arguments": "{}", "output": "o"},
    ],
    ids=lambda item: item["type"],
)
async def test_what_openais_servers_did_is_left_out_and_the_text_stays(served, item):
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "12"}]}
    for model in (OPUS, GROQ):
        done = await served.ask("responses", model, input=[USER, item, said, GO])
        assert done.status == 200
        assert [message["role"] for message in done.sent["messages"]] == ["user", "assistant", "user"]
        assert done.warnings


BOTH = assistant(*calls("t1", "t2"))
ORDERS = {
    "three turns of the user": (
        [BOTH, user(text("wait")), user(*results("t1")), user(text("and"), *results("t2"))],
        False,
    ),
    "results the other way round": ([BOTH, user(*results("t2", "t1"), text("wait"))], False),
    "text before the results": ([BOTH, user(text("wait"), *results("t1", "t2"))], False),
    "one result is missing": ([BOTH, user(*results("t1")), GO], True),
    "all are missing": ([BOTH, GO], True),
}


@pytest.mark.parametrize(("turns", "missing"), ORDERS.values(), ids=ORDERS.keys())
async def test_results_stand_right_behind_their_calls(served, turns, missing):
    done = await served.ask("messages", GROQ, tools=[MESSAGES_TOOL], messages=[USER, *turns])
    messages = done.sent["messages"]
    assert done.status == 200
    assert [call["id"] for call in messages[1]["tool_calls"]] == ["t1", "t2"]
    assert {message["tool_call_id"] for message in messages[2:4]} == {"t1", "t2"}
    assert all(message["role"] == "user" for message in messages[4:])
    assert ("without a result" in done.warnings) == missing


async def test_a_result_whose_call_is_gone_is_told_in_words(served):
    orphan = {"type": "function_call_output", "call_id": "c1", "output": "twelve"}
    for model in (GROQ, OPUS):
        done = await served.ask("responses", model, tools=[RESPONSES_TOOL], input=[USER, orphan, GO])
        assert done.status == 200
        assert "twelve" in json.dumps(done.sent["messages"])
        assert {"tool", "tool_result"}.isdisjoint(re.findall(r'"(?:role|type)": "(\w+)"', json.dumps(done.sent)))
