import pytest

from filters.errors import DownstreamError
from filters.formats.canonical.request import Message, OutputFormat, Reasoning, Request, Text, Tool, ToolChoice
from filters.formats.openai_chat.request_decode import decode_request

MESSAGES = [{"role": "user", "content": "hi"}]


def decode(**fields):
    return decode_request({"messages": MESSAGES, **fields})


def refusal_of(**fields):
    with pytest.raises(DownstreamError) as caught:
        decode(**fields)
    assert caught.value.status == 400
    return caught.value.param


def test_what_is_not_said_stays_unsaid():
    assert decode() == Request("", [Message("user", [Text("hi")])], tools=[], stop=[])
    nothing = dict.fromkeys(
        ("model", "tools", "tool_choice", "n", "stop", "seed", "stream", "stream_options", "metadata", "modalities"),
    )
    assert decode(**nothing) == decode()


def test_every_setting_has_its_place():
    request = decode(
        model="gpt-4o",
        tools=[{"type": "function", "function": {"name": "f"}}],
        tool_choice="required",
        parallel_tool_calls=False,
        max_completion_tokens=50,
        temperature=0,
        top_p=0.5,
        top_k=4,
        stop=["a", "b"],
        seed=7,
        presence_penalty=0.1,
        frequency_penalty=-0.1,
        reasoning_effort="low",
        response_format={"type": "json_object"},
        stream=True,
        stream_options={"include_usage": True},
        user="u",
        metadata={"k": "v"},
        service_tier="flex",
        verbosity="high",
        logprobs=True,
        top_logprobs=3,
        n=1,
        modalities=["text"],
        store=False,
        logit_bias={},
    )
    assert request == Request(
        model="gpt-4o",
        messages=[Message("user", [Text("hi")])],
        tools=[Tool("f")],
        tool_choice=ToolChoice("required"),
        parallel_tool_calls=False,
        max_tokens=50,
        temperature=0,
        top_p=0.5,
        top_k=4,
        stop=["a", "b"],
        seed=7,
        presence_penalty=0.1,
        frequency_penalty=-0.1,
        reasoning=Reasoning(effort="low"),
        output=OutputFormat("json_object"),
        stream=True,
        include_usage=True,
        user="u",
        metadata={"k": "v"},
        service_tier="flex",
        verbosity="high",
        logprobs=3,
    )


def test_the_older_names_are_read_too():
    assert decode(max_tokens=5).max_tokens == 5
    assert decode(max_tokens=5, max_completion_tokens=6).max_tokens == 6
    assert decode(stop="x").stop == ["x"]
    assert decode(safety_identifier="s").user == "s"
    assert decode(logprobs=True).logprobs == 0
    assert decode(logprobs=False, top_logprobs=3).logprobs is None


@pytest.mark.parametrize(
    ("fields", "reasoning"),
    [
        ({"reasoning_effort": "none"}, Reasoning(enabled=False, effort="none")),
        ({"reasoning": {"effort": "high"}}, Reasoning(effort="high")),
        ({"reasoning": {"max_tokens": 2000}}, Reasoning(budget_tokens=2000)),
        ({"reasoning": {"enabled": False}}, Reasoning(enabled=False)),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, Reasoning(budget_tokens=2000)),
        ({"thinking": {"type": "adaptive"}}, Reasoning(adaptive=True)),
        ({"thinking": {"type": "disabled"}}, Reasoning(enabled=False)),
    ],
)
def test_reasoning_is_read_in_the_words_of_several_servers(fields, reasoning):
    assert decode(**fields).reasoning == reasoning


def test_structured_output_is_read():
    schema = {"name": "n", "schema": {"type": "object"}, "strict": True, "description": "d"}
    request = decode(response_format={"type": "json_schema", "json_schema": schema})
    assert request.output == OutputFormat("json_schema", "n", {"type": "object"}, strict=True, description="d")
    assert decode(response_format={"type": "text"}).output is None


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"audio": {"voice": "alloy"}}, "audio"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"modalities": "audio"}, "modalities"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"prediction": {"type": "content"}}, "prediction"),
        ({"functions": []}, "functions"),
        ({"function_call": "auto"}, "function_call"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    ],
)
def test_what_no_other_format_knows_is_refused(fields, param):
    assert refusal_of(**fields) == param


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": "hi"}, "messages"),
        ({"temperature": "warm"}, "temperature"),
        ({"stop": [1]}, "stop"),
        ({"stop": {"a": 1}}, "stop"),
        ({"n": [2]}, "n"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.name"),
        ({"reasoning": {"effort": 3}}, "reasoning.effort"),
        ({"thinking": {"budget_tokens": "x"}}, "thinking.budget_tokens"),
        ({"metadata": []}, "metadata"),
        ({"top_logprobs": "x", "logprobs": True}, "top_logprobs"),
    ],
)
def test_fields_of_the_wrong_type_are_named(fields, param):
    assert refusal_of(**fields) == param


def test_small_losses_are_named_and_not_refused():
    request = decode(logit_bias={"50256": -100}, store=True, prompt_cache_key="k", **{"a b\n": 1})
    assert list(request.warnings) == [
        "logit_bias is dropped",
        "store is dropped",
        "prompt_cache_key is dropped",
        "an unknown field is dropped",
    ]


def test_the_names_of_speakers_are_a_loss_and_those_of_tools_are_not():
    named = [{"role": "user", "name": "ann", "content": "x"}]
    assert list(decode(messages=named).warnings) == ["the names of messages are dropped"]
    assert not decode(messages=[{"role": "tool", "name": "f", "tool_call_id": "a", "content": "x"}]).warnings


def test_the_gateways_own_fields_are_no_loss():
    assert not decode(routing_preferences=[{"name": "x"}], routing_policy=[{"model": "x"}]).warnings
