"""A client's body, read into the neutral form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.errors import DownstreamError
from filters.formats.canonical.request import Message, OutputFormat, Reasoning, Text
from filters.formats.openai_responses.request_decode import decode_request


def decoded(**fields):
    return decode_request({"model": "m", "input": "hi", **fields})


def test_the_least_body():
    request = decode_request({"input": [{"role": "user", "content": "hi"}]})
    assert request.messages == [Message("user", [Text("hi")])]
    assert (request.model, request.stream, request.include_usage, request.warnings) == ("", False, True, ())


def test_instructions_come_first_and_are_never_lost():
    request = decoded(instructions="be brief", input=[{"role": "developer", "content": "rules"}])
    assert request.messages == [Message("system", [Text("be brief")]), Message("system", [Text("rules")])]


def test_settings_are_read():
    request = decoded(
        max_output_tokens=99,
        temperature=0.5,
        top_p=1,
        parallel_tool_calls=False,
        stream=True,
        metadata={"a": "b"},
        service_tier="flex",
        top_logprobs=3,
        text={"verbosity": "low"},
        include=["reasoning.encrypted_content"],
        store=False,
        truncation="disabled",
        stream_options={"include_obfuscation": False},
    )
    assert (request.max_tokens, request.temperature, request.top_p) == (99, 0.5, 1)
    assert (request.parallel_tool_calls, request.stream, request.metadata) == (False, True, {"a": "b"})
    assert (request.service_tier, request.logprobs, request.verbosity) == ("flex", 3, "low")
    assert request.warnings == ()


@pytest.mark.parametrize(
    ("fields", "user"),
    [
        ({}, None),
        ({"user": "u"}, "u"),
        ({"safety_identifier": "s"}, "s"),
        ({"user": "u", "safety_identifier": "s"}, "s"),
    ],
)
def test_the_user_goes_by_either_name(fields, user):
    assert decoded(**fields).user == user


@pytest.mark.parametrize(
    ("wire", "reasoning"),
    [
        (None, None),
        ({}, None),
        ({"effort": "high"}, Reasoning(effort="high")),
        ({"effort": None, "summary": "auto"}, Reasoning(summary="auto")),
        ({"generate_summary": "concise"}, Reasoning(summary="concise")),
        ({"effort": "none"}, Reasoning(enabled=False, effort="none")),
    ],
)
def test_reasoning_is_read(wire, reasoning):
    assert decoded(reasoning=wire).reasoning == reasoning


@pytest.mark.parametrize(
    ("form", "output"),
    [
        (None, None),
        ({"type": "text"}, None),
        ({"type": "json_object"}, OutputFormat("json_object")),
        (
            {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True},
            OutputFormat("json_schema", "n", {"type": "object"}, strict=True),
        ),
    ],
)
def test_structured_output_is_read(form, output):
    assert decoded(text={"format": form}).output == output


@pytest.mark.parametrize(
    ("fields", "logprobs"),
    [
        ({}, None),
        ({"include": ["message.output_text.logprobs"]}, 0),
        ({"include": ["message.output_text.logprobs"], "top_logprobs": 2}, 2),
    ],
)
def test_log_probabilities_are_asked_for_by_include(fields, logprobs):
    assert decoded(**fields).logprobs == logprobs


def test_the_answer_will_repeat_what_the_client_set():
    fields = {
        "instructions": "x",
        "metadata": {"a": "b"},
        "text": {"verbosity": "low"},
        "tools": [{"type": "function", "name": "f", "strict": True}],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "temperature": 0.1,
    }
    assert decoded(**fields, user=None).echo == fields


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("previous_response_id", "resp_1"),
        ("conversation", "conv_1"),
        ("conversation", {"id": "conv_1"}),
        ("prompt", {"id": "p"}),
        ("background", True),
    ],
)
def test_what_lives_on_openais_servers_is_refused(field, value):
    with pytest.raises(DownstreamError, match=f"`{field}`") as refused:
        decoded(**{field: value})
    assert (refused.value.status, refused.value.param) == (400, field)
    decoded(**{field: None})


def test_work_in_the_foreground_may_be_said():
    assert decoded(background=False).warnings == ()


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ({"prompt_cache_key": "x"}, "prompt_cache_key is left out"),
        ({"max_tool_calls": 3}, "max_tool_calls is left out"),
        ({"truncation": "auto"}, "truncation is left out"),
        ({"store": True}, "store is left out: the answer cannot be fetched again"),
        ({"stop\r\nset-cookie: x": 1}, "an unknown field is dropped"),
    ],
)
def test_small_losses_are_told_and_never_quote_the_body(fields, warning):
    assert decoded(**fields).warnings == (warning,)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": None}, "input"),
        ({"text": "x"}, "text"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
        ({"reasoning": "high"}, "reasoning"),
        ({"reasoning": {"effort": 5}}, "reasoning.effort"),
        ({"max_output_tokens": "5"}, "max_output_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"stream": "yes"}, "stream"),
        ({"include": "all"}, "include"),
    ],
)
def test_a_setting_of_the_wrong_type_is_refused(fields, param):
    with pytest.raises(DownstreamError) as refused:
        decoded(**fields)
    assert refused.value.param == param


_names = st.sampled_from(
    [
        "type",
        "role",
        "content",
        "text",
        "name",
        "tools",
        "output",
        "call_id",
        "arguments",
        "format",
        "summary",
        "image_url",
    ]
)
_words = st.sampled_from(
    [
        "user",
        "message",
        "input_text",
        "function",
        "function_call",
        "reasoning",
        "namespace",
        "json_schema",
        "input_image",
    ]
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=12,
)
_fields = st.sampled_from(
    ["input", "tools", "tool_choice", "text", "reasoning", "include", "metadata", "prompt", "user"]
)


@settings(deadline=None)
@given(st.dictionaries(_fields, _json, max_size=5))
def test_any_body_is_read_or_refused(body):
    try:
        decode_request(body)
    except DownstreamError as error:
        refused = error
    else:
        return
    assert refused.status == 400
    assert refused.param
