import orjson
import pytest

from filters.context import ChatRequest
from filters.errors import DownstreamError
from filters.formats.registry import FORMATS
from gateway.upstream.candidates import Candidates
from gateway.upstream.outbound import outbound
from tests.support.gateway import config_text, load

PROVIDERS = [
    {"model": "openai/gpt-4o"},
    {"model": "anthropic/claude"},
    {"model": "vllm/local", "base_url": "http://127.0.0.1:9"},
]


@pytest.fixture
def candidate(tmp_path):
    return Candidates(load(tmp_path, config_text(PROVIDERS))).of_name


def chat(raw, wire="openai_chat"):
    return ChatRequest(wire, orjson.loads(raw), raw, decision_only=False)


def test_where_the_formats_agree_the_bytes_are_the_callers_but_for_the_models_name(candidate):
    raw = b'{"model" : "auto", "messages":[{"role":"user","content":"h\\u00e9"}],"temperature":1.0, "unheard_of": 1e2}'
    sent = outbound(chat(raw), candidate("openai/gpt-4o"))
    assert sent.body == raw.replace(b'"auto"', b'"gpt-4o"')
    assert (sent.wire, sent.request, sent.warnings) == ("openai_chat", None, ())


@pytest.mark.parametrize("field", ["routing_preferences", "routing_policy"])
@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude", "vllm/local"])
@pytest.mark.parametrize("wire", FORMATS)
def test_routes_of_the_request_never_reach_a_provider(candidate, field, model, wire):
    said = {"input": "hi"} if wire == "openai_responses" else {"messages": [{"role": "user", "content": "hi"}]}
    raw = orjson.dumps({field: [{"name": "mine"}], "max_tokens": 5, **said})
    assert field.encode() not in outbound(chat(raw, wire), candidate(model)).body


def test_the_callers_format_is_preferred_and_else_the_providers_first(candidate):
    raw = b'{"input": "hi"}'
    assert outbound(chat(raw, "openai_responses"), candidate("openai/gpt-4o")).wire == "openai_responses"
    assert outbound(chat(raw, "openai_responses"), candidate("vllm/local")).wire == "openai_chat"


def test_a_translation_has_the_providers_name_of_the_model_and_says_what_was_lost(candidate):
    raw = b'{"messages": [{"role": "user", "content": "hi"}], "seed": 7, "frequency_penalty": 0.5}'
    sent = outbound(chat(raw), candidate("anthropic/claude"))
    body = orjson.loads(sent.body)
    assert (sent.wire, body["model"]) == ("anthropic_messages", "claude")
    assert body["messages"][0]["role"] == "user"
    assert sent.request is not None
    assert "seed" in " ".join(sent.warnings)


def test_what_cannot_be_carried_is_a_400(candidate):
    raw = b'{"messages": [{"role": "user", "content": "hi"}], "n": 3}'
    with pytest.raises(DownstreamError) as error:
        outbound(chat(raw), candidate("anthropic/claude"))
    assert (error.value.status, error.value.param) == (400, "n")


@pytest.fixture
def known(tmp_path):
    providers = [
        {"model": "openai/*"},
        {"model": "anthropic/*"},
        {"model": "azure_openai/gpt-5.6-terra", "base_url": "https://x.openai.azure.com"},
        {"model": "groq/gpt-oss-120b"},
        {"model": "vllm/qwen3.8", "base_url": "http://127.0.0.1:9"},
        {"model": "mistral/mistral-large-latest"},
    ]
    return Candidates(load(tmp_path, config_text(providers))).of_name


MESSAGES, RESPONSES, CHAT = "anthropic_messages", "openai_responses", "openai_chat"
HI = [{"role": "user", "content": "hi"}]
ADAPTIVE = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}}
ANTHROPIC_TOOLS = [{"name": "t", "input_schema": {"type": "object", "properties": {}}}]
CHAT_TOOLS = [{"type": "function", "function": {"name": "t", "parameters": {"type": "object", "properties": {}}}}]


def request(wire, **more):
    said = {"input": "hi"} if wire is RESPONSES else {"messages": HI}
    limit = {"max_tokens": 4000} if wire is MESSAGES else {}
    return chat(orjson.dumps({**said, **limit, **more}), wire)


@pytest.mark.parametrize(
    ("wire", "model", "more", "sent_wire"),
    [
        (MESSAGES, "openai/gpt-5.6-terra", {**ADAPTIVE, "tools": ANTHROPIC_TOOLS}, RESPONSES),
        (MESSAGES, "openai/gpt-5.4", {**ADAPTIVE, "tools": ANTHROPIC_TOOLS}, RESPONSES),
        (MESSAGES, "openai/gpt-5.6-terra", {"tools": ANTHROPIC_TOOLS}, RESPONSES),
        (MESSAGES, "openai/gpt-5.6-terra", {"output_config": {"effort": "high"}}, CHAT),
        (MESSAGES, "openai/gpt-4o", {"tools": ANTHROPIC_TOOLS}, CHAT),
        (CHAT, "openai/gpt-5.6-terra", {"tools": CHAT_TOOLS, "reasoning_effort": "high"}, RESPONSES),
        (CHAT, "openai/gpt-5.1", {"tools": CHAT_TOOLS, "reasoning_effort": "high"}, CHAT),
        (MESSAGES, "azure_openai/gpt-5.6-terra", {**ADAPTIVE, "tools": ANTHROPIC_TOOLS}, CHAT),
    ],
)
def test_of_two_formats_the_one_that_loses_least_is_used(known, wire, model, more, sent_wire):
    assert outbound(request(wire, **more), known(model)).wire is sent_wire


def test_an_effort_beside_tools_that_no_format_carries_is_left_out_and_told(known):
    sent = outbound(request(MESSAGES, **ADAPTIVE, tools=ANTHROPIC_TOOLS), known("azure_openai/gpt-5.6-terra"))
    assert orjson.loads(sent.body)["reasoning_effort"] == "none"
    assert any("beside tools" in warning for warning in sent.warnings)


@pytest.mark.parametrize(
    ("wire", "model", "more", "field", "value"),
    [
        (CHAT, "anthropic/claude-opus-5", {"reasoning_effort": "high"}, "thinking", {"type": "adaptive"}),
        (CHAT, "anthropic/claude-opus-5", {"reasoning_effort": "max"}, "output_config", {"effort": "max"}),
        (CHAT, "anthropic/claude-opus-5", {"temperature": 0.2}, "temperature", None),
        (CHAT, "anthropic/claude-haiku-4-5", {"temperature": 0.2}, "temperature", 0.2),
        (MESSAGES, "openai/gpt-5.6-terra", {**ADAPTIVE, "temperature": 0.2}, "temperature", None),
        (MESSAGES, "openai/gpt-4o", {"temperature": 0.2}, "temperature", 0.2),
        (MESSAGES, "openai/gpt-4o-mini", ADAPTIVE, "reasoning_effort", None),
        (MESSAGES, "openai/gpt-4o-mini", {"max_tokens": 32_000}, "max_completion_tokens", 16_384),
        (MESSAGES, "groq/gpt-oss-120b", {"output_config": {"effort": "max"}}, "reasoning_effort", "high"),
        (RESPONSES, "vllm/qwen3.8", {"reasoning": {"effort": "xhigh"}}, "reasoning_effort", "high"),
        (RESPONSES, "mistral/mistral-large-latest", {"reasoning": {"effort": "high"}}, "reasoning_effort", None),
    ],
)
def test_a_translation_asks_for_what_the_model_takes(known, wire, model, more, field, value):
    sent = outbound(request(wire, **more), known(model))
    assert orjson.loads(sent.body).get(field) == value


@pytest.mark.parametrize(
    ("wire", "model", "more", "gone"),
    [
        (MESSAGES, "anthropic/claude-haiku-4-5", ADAPTIVE, {"output_config"}),
        (MESSAGES, "anthropic/claude-opus-5", {"temperature": 0.2}, {"temperature"}),
        (MESSAGES, "anthropic/claude-3-5-haiku-latest", ADAPTIVE, {"thinking", "output_config"}),
        (CHAT, "openai/gpt-4o", {"reasoning_effort": "high"}, {"reasoning_effort"}),
        (CHAT, "groq/gpt-oss-120b", {"metadata": {"a": "b"}}, {"metadata"}),
        (RESPONSES, "openai/gpt-4o", {"reasoning": {"effort": "high"}}, {"reasoning"}),
        (RESPONSES, "openai/gpt-5", {"temperature": 0.2}, {"temperature"}),
    ],
)
@pytest.mark.parametrize("named", ["auto", None, "full"])
def test_where_the_gateway_chose_the_model_its_own_format_is_adapted_too(known, wire, model, more, gone, named):
    name = {"full": model}.get(named, named)
    sent = outbound(request(wire, **more, **({"model": name} if name else {})), known(model))
    assert (sent.wire, sent.request) == (wire, None)
    assert not gone & set(orjson.loads(sent.body))
    assert sent.warnings


@pytest.mark.parametrize(
    ("wire", "model", "more"),
    [
        (MESSAGES, "claude-haiku-4-5", ADAPTIVE),
        (MESSAGES, "claude-opus-5", {"temperature": 0.2}),
        (CHAT, "gpt-4o", {"reasoning_effort": "high"}),
        (CHAT, "gpt-5.6-terra", {"reasoning_effort": "high", "tools": CHAT_TOOLS}),
        (RESPONSES, "gpt-4o", {"reasoning": {"effort": "high"}}),
    ],
)
def test_a_caller_that_names_the_model_as_its_vendor_does_has_its_bytes_passed(known, wire, model, more):
    provider = "anthropic" if wire is MESSAGES else "openai"
    given = request(wire, **more, model=model)
    sent = outbound(given, known(f"{provider}/{model}"))
    assert (sent.body, sent.warnings) == (given.raw, ())


@pytest.mark.parametrize(
    ("named", "model", "refused"),
    [
        ("auto", "claude-haiku-4-5", ("context-1m-",)),
        ("auto", "claude-opus-5", ()),
        ("claude-haiku-4-5", "claude-haiku-4-5", ()),
    ],
)
def test_a_beta_for_more_context_than_the_chosen_model_has_is_refused(known, named, model, refused):
    assert outbound(request(MESSAGES, model=named), known(f"anthropic/{model}")).refused_betas == refused


CHATTY = {
    "metadata": {"team": "search"}, "verbosity": "low", "stop": ["a", "b", "c", "d", "e"], "reasoning_effort": "xhigh",
    "user": "u" * 80, "messages": [*HI, {"role": "system", "content": "late"}],
}  # fmt: skip


def test_of_a_server_of_ones_own_no_more_is_held_back_in_its_own_format_than_its_model_refuses(tmp_path):
    at = {"base_url": "http://127.0.0.1:9"}
    names = Candidates(load(tmp_path, config_text([{"model": "lab/who-knows", **at}, {"model": "lab/gpt-5", **at}])))
    given = request(CHAT, **CHATTY, temperature=0.2, model="auto")
    sent = outbound(given, names.of_name("lab/who-knows"))
    assert (sent.body, sent.warnings) == (given.raw.replace(b'"auto"', b'"who-knows"'), ())
    known = orjson.loads(outbound(given, names.of_name("lab/gpt-5")).body)
    assert ("temperature" in known, "stop" in known, known["reasoning_effort"]) == (False, False, "high")
    assert known["metadata"] == CHATTY["metadata"]


def test_of_a_translation_it_is_asked_for_what_such_servers_know(tmp_path):
    at = {"base_url": "http://127.0.0.1:9"}
    names = Candidates(load(tmp_path, config_text([{"model": "lab/who-knows", **at}])))
    sent = outbound(request(RESPONSES, reasoning={"effort": "xhigh"}), names.of_name("lab/who-knows"))
    assert orjson.loads(sent.body)["reasoning_effort"] == "high"


ODD_TOOLS = {
    CHAT: [{"type": "function", "function": {"name": "files.search"}}],
    MESSAGES: [{"name": "files.search", "input_schema": {"type": "object"}}],
    RESPONSES: [{"type": "function", "name": "files.search"}],
}


@pytest.mark.parametrize(
    ("wire", "model"),
    [(CHAT, "openai/gpt-4o"), (MESSAGES, "anthropic/claude-opus-5"), (RESPONSES, "openai/gpt-5.6-terra")],
)
def test_where_tools_are_renamed_in_the_callers_format_the_answer_is_written_under_its_names(known, wire, model):
    sent = outbound(request(wire, tools=ODD_TOOLS[wire]), known(model))
    assert sent.wire == wire
    assert sent.request.tool_names == {"files_search": "files.search"}
    assert b"files_search" in sent.body
    server_tool = {"type": "web_search_20250305", "name": "web_search"}
    own = outbound(request(MESSAGES, tools=[server_tool, *ODD_TOOLS[MESSAGES]]), known("anthropic/claude-opus-5"))
    assert own.request.tool_names == {"files_search": "files.search"}
    assert b"web_search_20250305" in own.body


def test_a_caller_that_names_the_model_as_its_vendor_does_has_its_tools_as_they_are(known):
    given = request(MESSAGES, tools=ODD_TOOLS[MESSAGES], model="claude-opus-5")
    assert outbound(given, known("anthropic/claude-opus-5")).body == given.raw
