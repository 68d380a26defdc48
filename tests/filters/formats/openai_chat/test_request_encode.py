import pytest

from filters.formats.canonical.request import (
    Document,
    Image,
    Message,
    ModelOptions,
    OutputFormat,
    Reasoning,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from filters.formats.openai_chat.request_decode import decode_request
from filters.formats.openai_chat.request_encode import encode_request
from tests.support.openai_types import check_chat_request

SAID = [Message("user", [Text("hi")])]
CLOSED = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
WHOLE = Request(
    model="gpt-4o",
    messages=[
        Message("system", [Text("be brief")]),
        Message("user", [Text("look"), Image(url="https://x/y.png", detail="low")]),
        Message("assistant", [Text("so"), ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "patch", "+a", custom=True)]),
        Message("user", [ToolResult("c1", [Text("1")]), ToolResult("c2", [Text("ok")], custom=True)]),
        Message("user", [Document(data="JVBE", media_type="application/pdf", name="a.pdf")]),
    ],
    tools=[
        Tool("f", "Does.", CLOSED, strict=True),
        Tool("patch", custom=True, grammar={"syntax": "lark", "definition": "start: /.+/"}),
    ],
    tool_choice=ToolChoice("tool", "f"),
    parallel_tool_calls=False,
    max_tokens=50,
    temperature=0.5,
    top_p=0.9,
    stop=["a", "b"],
    seed=7,
    presence_penalty=0.1,
    frequency_penalty=-0.1,
    reasoning=Reasoning(effort="low"),
    output=OutputFormat("json_schema", "n", CLOSED, strict=True, description="d"),
    stream=True,
    include_usage=True,
    user="u",
    metadata={"k": "v"},
    service_tier="flex",
    verbosity="high",
    logprobs=3,
)
OPENAI = ModelOptions(custom_tools=True)


def encode(**fields):
    return encode_request(Request("m", SAID, **fields), ModelOptions()).body


def test_a_whole_request_is_one_that_the_sdk_could_have_sent_and_reads_back_the_same():
    encoded = encode_request(WHOLE, OPENAI)
    check_chat_request(encoded.body)
    read = decode_request(encoded.body)
    assert not encoded.warnings
    assert read == Request(**{field: getattr(WHOLE, field) for field in Request.__slots__} | {"warnings": ()})


def test_a_whole_request_without_custom_tools_is_well_formed_too():
    check_chat_request(encode_request(WHOLE, ModelOptions()).body)


def test_what_is_not_said_is_not_sent():
    assert encode() == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_usage_is_always_asked_of_streams():
    assert encode(stream=True, include_usage=False)["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_the_limit_goes_by_the_name_that_the_server_knows(field):
    request = Request("m", SAID, max_tokens=9)
    body = encode_request(request, ModelOptions(max_tokens_field=field)).body
    assert {name: body.get(name) for name in ("max_tokens", "max_completion_tokens")} == {
        "max_tokens": None,
        "max_completion_tokens": None,
        field: 9,
    }


def test_nothing_is_said_of_tools_where_there_are_none():
    assert encode(parallel_tool_calls=True, tool_choice=ToolChoice("auto")) == encode()


def test_models_that_refuse_sampling_get_none_and_the_caller_is_told():
    request = Request("m", SAID, temperature=0)
    encoded = encode_request(request, ModelOptions(sampling=False))
    assert encoded.body == encode()
    assert list(encoded.warnings) == ["temperature is dropped"]


@pytest.mark.parametrize(("reasoning", "sent"), [(Reasoning(effort="low"), False), (None, True)])
def test_models_that_refuse_sampling_beside_reasoning_get_it_without(reasoning, sent):
    asked = Request("m", SAID, temperature=0, reasoning=reasoning)
    assert ("temperature" in encode_request(asked, ModelOptions(sampling_with_reasoning=False)).body) is sent


@pytest.mark.parametrize(
    ("allowed", "effort", "sent"),
    [("any", "high", "high"), ("absent", "high", None), ("none", "high", "none"), ("none", "none", "none")],
)
def test_an_effort_beside_tools_is_sent_where_the_model_takes_it(allowed, effort, sent):
    asked = Request("m", SAID, tools=[Tool("f")], reasoning=Reasoning(effort != "none", effort))
    encoded = encode_request(asked, ModelOptions(effort_with_tools=allowed))
    assert encoded.body.get("reasoning_effort") == sent
    assert bool(encoded.warnings) == (sent != effort)
    without = encode_request(
        Request("m", SAID, reasoning=Reasoning(effort="high")), ModelOptions(effort_with_tools=allowed)
    )
    assert without.body["reasoning_effort"] == "high"


def test_a_server_without_output_schemas_is_told_in_words():
    asked = Request("m", SAID, output=OutputFormat("json_schema", "n", {"type": "object"}))
    encoded = encode_request(asked, ModelOptions(output_schema=False))
    assert encoded.body["response_format"] == {"type": "json_object"}
    assert '{"type":"object"}' in encoded.body["messages"][0]["content"]
    assert encoded.body["messages"][0]["role"] == "system"
    assert encoded.warnings


def test_what_chat_has_no_words_for_is_told():
    marked = [Message("user", [Text("a", {"type": "ephemeral"})]), Message("user", [Text("b", {"type": "ephemeral"})])]
    request = Request(
        "m", marked, tools=[Tool("f", cache={"type": "ephemeral"})], top_k=4, service_tier="standard_only"
    )
    warnings = encode_request(request, ModelOptions()).warnings
    assert list(warnings) == ["cache_control is dropped", "top_k is dropped", "service_tier is dropped"]


@pytest.mark.parametrize(
    ("reasoning", "effort"),
    [
        (Reasoning(effort="xhigh"), "xhigh"),
        (Reasoning(enabled=False, effort="none"), "none"),
        (Reasoning(budget_tokens=1024), "low"),
        (Reasoning(budget_tokens=8000), "medium"),
        (Reasoning(budget_tokens=31999), "high"),
        (Reasoning(budget_tokens=31999, effort="low"), "low"),
        (Reasoning(adaptive=True), None),
        (Reasoning(enabled=False), None),
    ],
)
def test_how_much_to_think_is_said_in_openais_words(reasoning, effort):
    assert encode(reasoning=reasoning).get("reasoning_effort") == effort


@pytest.mark.parametrize(
    ("reasoning", "told"), [(Reasoning(budget_tokens=5000), True), (Reasoning(False, "none"), False)]
)
def test_models_without_reasoning_are_not_asked_for_it(reasoning, told):
    encoded = encode_request(Request("m", SAID, reasoning=reasoning), ModelOptions(reasoning_effort=False))
    assert "reasoning_effort" not in encoded.body
    assert bool(encoded.warnings) is told


def test_structured_output_is_written():
    assert encode(output=OutputFormat("json_object"))["response_format"] == {"type": "json_object"}
    schema = encode(output=OutputFormat("json_schema", schema={"type": "object"}))["response_format"]["json_schema"]
    assert schema == {"name": "answer", "schema": {"type": "object"}}


def test_logprobs_without_alternatives():
    assert encode(logprobs=0) == {**encode(), "logprobs": True}


def test_the_requests_own_warnings_are_left_to_the_caller():
    assert encode_request(Request("m", SAID, warnings=("x is dropped",)), ModelOptions()).warnings == ()


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize(("asked", "sent"), [(None, None), (5, 5), (100, 100), (101, 100)])
def test_a_limit_goes_by_the_servers_name_for_it_and_no_higher_than_the_model_takes(field, asked, sent):
    options = ModelOptions(max_tokens_field=field, max_tokens_limit=100)
    encoded = encode_request(Request("m", SAID, max_tokens=asked), options)
    assert encoded.body.get(field) == sent
    assert not {"max_tokens", "max_completion_tokens"} - {field} & set(encoded.body)
    lowered = f"{field} is lowered to 100, the most that the model takes"
    assert list(encoded.warnings) == ([lowered] if asked == 101 else [])


@pytest.mark.parametrize(("stored", "sent"), [(False, {"k": "v"}), (True, None)])
def test_metadata_goes_to_servers_that_take_it_without_storing(stored, sent):
    encoded = encode_request(Request("m", SAID, metadata={"k": "v"}), ModelOptions(stored_metadata=stored))
    assert encoded.body.get("metadata") == sent
    assert list(encoded.warnings) == (["metadata is dropped"] if stored else [])
    assert not encode_request(Request("m", SAID), ModelOptions(stored_metadata=stored)).warnings
