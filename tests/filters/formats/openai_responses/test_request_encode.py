"""A request, written for a provider that speaks Responses."""

import pytest
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from pydantic import TypeAdapter

from filters.formats.canonical.request import (
    Message,
    ModelOptions,
    OutputFormat,
    Reasoning,
    Request,
    Text,
    Thought,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from filters.formats.openai_responses.request_decode import decode_request
from filters.formats.openai_responses.request_encode import encode_request
from tests.support.responses_streams import request

_WHOLE = TypeAdapter(ResponseCreateParamsNonStreaming)
_STREAMED = TypeAdapter(ResponseCreateParamsStreaming)


def encoded(asked: Request, **options):
    """The body and the warnings; the official SDK's types let a caller send exactly this body."""
    found = encode_request(asked, ModelOptions(**options))
    official = _STREAMED if found.body.get("stream") else _WHOLE
    official.validate_python(found.body)
    return found.body, list(found.warnings)


def test_nothing_is_kept_and_reasoning_comes_back():
    body, warnings = encoded(request())
    assert body == {
        "model": "m",
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }
    assert warnings == []


def test_system_messages_at_the_beginning_are_the_instructions():
    messages = [
        Message("system", [Text("one"), Text("")]),
        Message("system", [Text("two")]),
        Message("user", [Text("hi")]),
        Message("system", [Text("late")]),
    ]
    body, _ = encoded(Request(model="m", messages=messages))
    assert body["instructions"] == "one\n\ntwo"
    assert [item["role"] for item in body["input"]] == ["user", "system"]


def test_settings_are_written():
    body, warnings = encoded(
        request(
            max_tokens=99,
            temperature=0.5,
            top_p=0.9,
            stream=True,
            user="u",
            metadata={"a": "b"},
            service_tier="standard_only",
            verbosity="low",
            logprobs=2,
            output=OutputFormat("json_schema", schema={"type": "object"}, description="An answer."),
        )
    )
    assert (body["max_output_tokens"], body["temperature"], body["top_p"]) == (99, 0.5, 0.9)
    assert (body["stream"], body["user"], body["metadata"]) == (True, "u", {"a": "b"})
    assert (body["service_tier"], body["top_logprobs"]) == ("default", 2)
    assert body["include"] == ["reasoning.encrypted_content", "message.output_text.logprobs"]
    assert body["text"] == {
        "verbosity": "low",
        "format": {
            "type": "json_schema",
            "name": "answer",
            "schema": {"type": "object"},
            "description": "An answer.",
            "strict": False,
        },
    }
    assert warnings == []


def test_any_json_object():
    assert encoded(request(output=OutputFormat("json_object")))[0]["text"] == {"format": {"type": "json_object"}}


def test_a_limit_below_what_openai_takes_is_raised_to_it():
    assert encoded(request(max_tokens=1))[0]["max_output_tokens"] == 16


def test_tools_are_written_with_their_choice():
    tools = [Tool("f", schema={"type": "object"}), Tool("apply_patch", custom=True)]
    asked = request(tools=tools, tool_choice=ToolChoice("tool", "apply_patch"), parallel_tool_calls=False)
    body, _ = encoded(asked, custom_tools=True)
    assert [tool["type"] for tool in body["tools"]] == ["function", "custom"]
    assert body["tool_choice"] == {"type": "custom", "name": "apply_patch"}
    assert body["parallel_tool_calls"] is False
    body, _ = encoded(asked)
    assert [tool["type"] for tool in body["tools"]] == ["function", "function"]
    assert body["tool_choice"] == {"type": "function", "name": "apply_patch"}


def test_a_choice_without_tools_is_not_sent():
    body, _ = encoded(request(tool_choice=ToolChoice("auto"), parallel_tool_calls=True))
    assert "tool_choice" not in body
    assert "parallel_tool_calls" not in body


@pytest.mark.parametrize(
    ("reasoning", "wire"),
    [
        (None, None),
        (Reasoning(effort="high", summary="auto"), {"effort": "high", "summary": "auto"}),
        (Reasoning(budget_tokens=1024), {"effort": "low", "summary": "auto"}),
        (Reasoning(budget_tokens=8000), {"effort": "medium", "summary": "auto"}),
        (Reasoning(budget_tokens=32000), {"effort": "high", "summary": "auto"}),
        (Reasoning(budget_tokens=32000, effort="low"), {"effort": "low", "summary": "auto"}),
        (Reasoning(adaptive=True), {"summary": "auto"}),
        (Reasoning(), None),
        (Reasoning(enabled=False), None),
        (Reasoning(enabled=False, effort="none"), {"effort": "none"}),
    ],
)
def test_how_much_to_think_is_written(reasoning, wire):
    assert encoded(request(reasoning=reasoning))[0].get("reasoning") == wire


@pytest.mark.parametrize("model", ["gpt-4o", "openai/gpt-4.1-mini", "gpt-3.5-turbo", "chatgpt-4o-latest"])
def test_models_that_cannot_reason_are_not_asked_for_it(model):
    assert "include" not in encoded(Request(model=model, messages=[]))[0]


def test_reasoning_is_not_asked_for_where_it_is_off_or_refused():
    assert "include" not in encoded(request(reasoning=Reasoning(enabled=False)))[0]
    body, warnings = encoded(request(reasoning=Reasoning(effort="low")), reasoning_effort=False)
    assert "reasoning" not in body
    assert "include" not in body
    assert warnings == ["reasoning is left out: the model does not take it"]


def test_earlier_reasoning_asks_for_more():
    messages = [Message("assistant", [Thought("", "blob", "openai", redacted=True, id="rs_1")])]
    assert encoded(Request(model="gpt-4o", messages=messages))[0]["include"] == ["reasoning.encrypted_content"]


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ({"stop": ["END"]}, "stop is left out: the Responses API has no stop sequences"),
        ({"top_k": 5}, "top_k is left out"),
        ({"seed": 5}, "seed is left out"),
        ({"presence_penalty": 0.5}, "presence_penalty is left out"),
        ({"service_tier": "turbo"}, "service_tier is left out"),
    ],
)
def test_what_responses_cannot_say_is_left_out_with_a_warning(fields, warning):
    body, warnings = encoded(request(**fields))
    assert warnings == [warning]
    assert not set(fields) & set(body)


def test_a_model_that_refuses_sampling_is_not_sent_any():
    body, warnings = encoded(request(temperature=0.5), sampling=False)
    assert "temperature" not in body
    assert warnings == ["temperature is left out: the model refuses it"]


def test_a_long_user_name_is_hashed_and_stays_the_same():
    (first, _), (second, _) = (encoded(request(user="u" * 100)) for _ in range(2))
    assert first["user"] == second["user"]
    assert len(first["user"]) == 64


CLOSED = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def test_a_request_survives_the_round_trip():
    parts = [
        Thought("hm", "blob", "openai", id="rs_1"),
        Text("a"),
        ToolCall("c1", "f", "{}"),
        ToolCall("c2", "g", "x", custom=True),
    ]
    asked = Request(
        model="m",
        messages=[
            Message("system", [Text("be brief")]),
            Message("user", [Text("hi")]),
            Message("assistant", parts),
            Message("user", [ToolResult("c1", [Text("r")]), ToolResult("c2", [Text("s")], custom=True)]),
            Message("user", [Text("go on")]),
        ],
        tools=[Tool("f", "d", CLOSED, strict=True), Tool("g", custom=True)],
        tool_choice=ToolChoice("required"),
        max_tokens=100,
        temperature=0.5,
        reasoning=Reasoning(effort="low", summary="auto"),
        output=OutputFormat("json_schema", "n", CLOSED, strict=True),
    )
    again = decode_request(encoded(asked, custom_tools=True)[0])
    for field in ("messages", "tools", "tool_choice", "max_tokens", "temperature", "reasoning", "output"):
        assert getattr(again, field) == getattr(asked, field), field


@pytest.mark.parametrize(("asked", "sent"), [(1, 16), (16, 16), (50, 50), (100, 100), (101, 100)])
def test_a_limit_is_within_what_openai_and_the_model_take(asked, sent):
    body, warnings = encoded(request(max_tokens=asked), max_tokens_limit=100)
    assert body["max_output_tokens"] == sent
    lowered = "max_output_tokens is lowered to 100, the most that the model takes"
    assert warnings == ([lowered] if asked > 100 else [])


def test_a_model_that_takes_no_effort_is_not_asked_for_reasoning():
    body, warnings = encoded(request(reasoning=Reasoning(effort="high")), reasoning_effort=False)
    assert "reasoning" not in body
    assert warnings == ["reasoning is left out: the model does not take it"]


def test_an_effort_that_the_model_does_not_know_becomes_the_nearest_with_a_warning():
    body, warnings = encoded(request(reasoning=Reasoning(effort="xhigh")), efforts=("low", "medium"))
    assert body["reasoning"]["effort"] == "medium"
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("given", "sent", "cut"),
    [
        ({"k": "v"}, {"k": "v"}, False),
        ({"k": 3}, {"k": "3"}, True),
        ({"k" * 65: "v"}, None, True),
        ({"k" * 64: "v" * 513}, {"k" * 64: "v" * 512}, True),
        ({str(number): "v" for number in range(17)}, {str(number): "v" for number in range(16)}, True),
        ({}, None, False),
    ],
)
def test_metadata_is_within_what_openai_takes(given, sent, cut):
    body, warnings = encoded(request(metadata=given))
    assert body.get("metadata") == sent
    assert warnings == (["metadata: 16 entries of 64 and 512 characters are sent at most"] if cut else [])


@pytest.mark.parametrize(
    ("tier", "sent", "told"),
    [("flex", "flex", 0), ("standard_only", "default", 0), ("auto", "auto", 0), ("of another", None, 1)],
)
def test_a_service_tier_that_openai_does_not_know_is_left_out(tier, sent, told):
    body, warnings = encoded(request(service_tier=tier))
    assert body.get("service_tier") == sent
    assert warnings == ["service_tier is left out"][:told]


@pytest.mark.parametrize(("effort", "sampled"), [("none", True), ("low", False), (None, True)])
def test_sampling_goes_beside_reasoning_only_where_the_model_takes_both(effort, sampled):
    reasoning = None if effort is None else Reasoning(effort=effort)
    asked = request(reasoning=reasoning, temperature=0.5, top_p=0.9)
    body, warnings = encoded(asked, sampling_with_reasoning=False)
    assert (body.get("temperature"), body.get("top_p")) == ((0.5, 0.9) if sampled else (None, None))
    assert len(warnings) == (0 if sampled else 2)
    assert encoded(asked)[0]["temperature"] == 0.5
