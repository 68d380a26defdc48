"""Settings: efforts, thinking, sampling, limits and names of users, as each model and server takes them.

The kinds are those that people reported of gateways; each row is one instance: who asks, whom, what; and what is sent.
"""

import pytest

from tests.support.field_kinds import (
    BEDROCK,
    CHAT_TOOL,
    MESSAGES_TOOL,
    RESPONSES_ALONE,
    RESPONSES_TOOL,
    USER,
    vendors,
)

ADAPTIVE = {"thinking": {"type": "adaptive"}}
OPUS, OPUS_47, SONNET = "anthropic/claude-opus-5", "anthropic/claude-opus-4-7-20260416", "anthropic/claude-sonnet-4-5"
HAIKU, OLD_HAIKU = "anthropic/claude-haiku-4-5-20251001", "anthropic/claude-3-5-haiku-latest"
GPT, GPT_4, GROQ, VLLM = "openai/gpt-5.6-terra", "openai/gpt-4.1", "groq/gpt-oss-120b", "vllm/qwen3.8"
FORCING = {"tools": [CHAT_TOOL], "tool_choice": {"type": "function", "function": {"name": "get_weather"}}}
BEGUN = {"role": "assistant", "content": "It is"}


@pytest.fixture
async def served(tmp_path):
    async with vendors(tmp_path) as running:
        yield running


def high(**more):
    return {**ADAPTIVE, "output_config": {"effort": "high"}, **more}


EFFORT_BESIDE_TOOLS = [
    ("messages", GPT, high(tools=[MESSAGES_TOOL]), "/responses", {"reasoning": {"effort": "high"}}),
    ("chat", GPT, {"reasoning_effort": "high", "tools": [CHAT_TOOL]}, "/responses", {"reasoning": {"effort": "high"}}),
    ("messages", GPT, high(), "/chat/completions", {"reasoning_effort": "high"}),
    ("messages", "azure_openai/gpt-5", high(tools=[MESSAGES_TOOL]), "/chat/completions", {"reasoning_effort": "high"}),
    (
        "messages",
        GPT,
        {"thinking": {"type": "disabled"}, "tools": [MESSAGES_TOOL]},
        "/chat/completions",
        {"reasoning_effort": "none"},
    ),
    (
        "messages",
        "openrouter/openai/gpt-5.6-terra",
        high(tools=[MESSAGES_TOOL]),
        "/chat/completions",
        {"reasoning_effort": "high"},
    ),
]


@pytest.mark.parametrize(("wire", "model", "body", "path", "sent"), EFFORT_BESIDE_TOOLS)
async def test_an_effort_beside_tools_goes_where_it_is_taken(served, wire, model, body, path, sent):
    done = await served.ask(wire, model, **body)
    assert done.status == 200
    assert done.path.partition("?")[0].endswith(path)
    for name, value in sent.items():
        given = done.sent[name]
        assert given == value if isinstance(value, str) else value.items() <= given.items()


@pytest.mark.parametrize(
    ("model", "taken"),
    [
        (GROQ, "high"),
        ("gemini/gemini-3.1-pro", "high"),
        ("mistral/mistral-large", None),
        ("xai/grok-5", "xhigh"),
        (GPT_4, None),
        ("openai/o3", "high"),
        (GPT, "xhigh"),
        ("azure_openai/gpt-5", "high"),
        ("deepseek/deepseek-v4-pro", "max"),
        ("zhipu/glm-5", None),
        ("ollama/qwen3.8", "high"),
        (VLLM, "high"),
        ("openrouter/openai/gpt-5.6-terra", "xhigh"),
    ],
)
async def test_an_effort_that_a_server_does_not_know_is_the_nearest_that_it_does(served, model, taken):
    done = await served.ask("messages", model, **ADAPTIVE, output_config={"effort": "xhigh"})
    assert done.status == 200
    assert done.sent.get("reasoning_effort") == taken
    assert ("effort" in done.warnings) == (taken != "xhigh")


@pytest.mark.parametrize(
    ("asked", "taken"), [("minimal", "low"), ("none", "low"), ("max", "high"), ("medium", "medium")]
)
async def test_efforts_of_a_responses_caller_are_brought_to_what_there_is(served, asked, taken):
    assert (await served.ask("responses", GROQ, reasoning={"effort": asked})).sent["reasoning_effort"] == taken


CLAUDE = [
    ("a dated name of a new one", "chat", OPUS_47, {"reasoning_effort": "high", "temperature": 0.2}, "adaptive", None),
    ("one of Bedrock", "chat", BEDROCK, {"reasoning_effort": "high", "temperature": 0.2}, "adaptive", None),
    ("a new one", "responses", OPUS, {"reasoning": {"effort": "xhigh"}, "top_p": 0.9}, "adaptive", None),
    ("a dated name of an old one", "chat", HAIKU, {"reasoning_effort": "high"}, "enabled", 16_384),
    ("little room", "chat", HAIKU, {"reasoning_effort": "minimal", "max_tokens": 500}, "enabled", 1024),
    ("none that thinks", "chat", OLD_HAIKU, {"reasoning_effort": "high"}, None, None),
    ("switched off", "chat", OPUS, {"reasoning_effort": "none"}, "disabled", None),
    ("forced", "chat", HAIKU, {"reasoning_effort": "high", **FORCING}, None, None),
    ("forced at a new one", "chat", OPUS, {"reasoning_effort": "high", **FORCING}, None, None),
    ("an answer begun", "chat", HAIKU, {"reasoning_effort": "low", "messages": [USER, BEGUN]}, None, None),
]


@pytest.mark.parametrize(
    ("wire", "model", "body", "kind", "budget"), [row[1:] for row in CLAUDE], ids=[r[0] for r in CLAUDE]
)
async def test_claude_thinks_as_its_generation_does(served, wire, model, body, kind, budget):
    done = await served.ask(wire, model, **body)
    assert done.status == 200
    thinking = done.sent.get("thinking") or {}
    assert (thinking.get("type"), thinking.get("budget_tokens")) == (kind, budget)
    if budget is not None:
        assert done.sent["max_tokens"] > budget
    if kind == "adaptive":
        assert done.sent["output_config"]["effort"] in {"high", "xhigh"}
    if kind in {"adaptive", "enabled"}:
        assert not {"temperature", "top_p", "top_k"} & done.sent.keys()


@pytest.mark.parametrize(
    ("wire", "model", "given", "left", "lost"),
    [
        ("chat", OPUS, {"temperature": 0.2}, {}, ["temperature"]),
        ("chat", OPUS, {"temperature": 1, "top_p": 1}, {}, []),
        ("chat", OPUS_47, {"temperature": 1, "top_p": 0.5}, {}, ["top_p"]),
        ("chat", SONNET, {"temperature": 0.3, "top_p": 0.5}, {"temperature": 0.3}, ["top_p"]),
        ("chat", SONNET, {"temperature": 1.7}, {"temperature": 1.0}, ["temperature"]),
        ("messages", "routed-opus", {"temperature": 0.3, "top_k": 4}, {}, ["temperature", "top_k"]),
        ("chat", GPT, {"temperature": 0.2, "top_p": 0.5}, {}, ["temperature", "top_p"]),
        ("messages", GPT, {"temperature": 1}, {}, []),
        ("responses", "openai/o3", {"temperature": 0.2}, {}, ["temperature"]),
        ("messages", GPT_4, {"temperature": 0.2, "top_k": 4}, {"temperature": 0.2}, ["top_k"]),
        ("messages", VLLM, {"temperature": 0.2, "top_p": 0.5}, {"temperature": 0.2, "top_p": 0.5}, []),
    ],
)
async def test_sampling_settings_are_sent_where_they_are_taken(served, wire, model, given, left, lost):
    done = await served.ask(wire, model, **given)
    assert done.status == 200
    assert {name: done.sent[name] for name in ("temperature", "top_p", "top_k") if name in done.sent} == left
    assert all(name in done.warnings for name in lost)
    assert bool(done.warnings) == bool(lost)


async def test_a_request_that_loses_as_much_elsewhere_keeps_its_format(served):
    assert (await served.ask("chat", GPT, temperature=0.2, top_p=0.5)).path.endswith("/chat/completions")
    assert (await served.ask("chat", GPT, user="u" * 65)).path.endswith("/chat/completions")
    assert (await served.ask("responses", GPT, safety_identifier="u" * 65)).path.endswith("/responses")


@pytest.mark.parametrize(
    ("wire", "model", "sent_as", "limit"),
    [
        ("messages", "zhipu/glm-5", "user", 64),
        ("messages", GROQ, "user", 64),
        ("messages", "openrouter/anthropic/claude-opus-4.8", "user", 64),
        ("messages", "mistral/mistral-large", None, 0),
        ("responses", "azure_openai/gpt-5", "user", 64),
        ("chat", RESPONSES_ALONE, "user", 64),
        ("chat", OPUS, "metadata", 256),
        ("responses", OPUS, "metadata", 256),
    ],
)
async def test_names_of_users_are_within_what_the_server_takes(served, wire, model, sent_as, limit):
    def named(name):
        return {"messages": {"metadata": {"user_id": name}}, "chat": {"user": name}}.get(
            wire, {"safety_identifier": name}
        )

    async def told(name):
        done = await served.ask(wire, model, **named(name))
        assert (done.status, done.warnings) == (200, "")
        field = done.sent.get(sent_as)
        return field["user_id"] if isinstance(field, dict) else field

    if sent_as is None:
        assert await told("u") is None
        return
    assert await told("ann") == "ann"
    assert await told("u" * limit) == "u" * limit
    long = await told("u" * (limit + 1))
    assert len(long) <= limit
    assert long == await told("u" * (limit + 1)) != await told("u" * (limit + 2))


@pytest.mark.parametrize(
    ("model", "given", "kind", "effort"),
    [
        ("routed-sonnet", {**ADAPTIVE, "output_config": {"effort": "max"}}, "enabled", None),
        ("routed-haiku", high(), "enabled", None),
        ("routed-opus", {"thinking": {"type": "enabled", "budget_tokens": 2000}}, "adaptive", "low"),
        ("routed-opus", {"thinking": {"type": "disabled"}}, "disabled", None),
        ("routed-sonnet", {**ADAPTIVE, "max_tokens": 800}, None, None),
    ],
)
async def test_a_claude_of_another_generation_gets_what_it_takes_in_its_own_format(served, model, given, kind, effort):
    done = await served.ask("messages", model, **given)
    assert (done.status, done.path) == (200, "/v1/messages")
    assert (done.sent.get("thinking") or {}).get("type") == kind
    assert (done.sent.get("output_config") or {}).get("effort") == effort


@pytest.mark.parametrize(
    ("wire", "model", "given", "sent"),
    [
        ("messages", GPT_4, {"stop_sequences": list("abcdef")}, list("abcd")),
        ("chat", "routed-deepseek", {"stop": list("abcdef")}, list("abcd")),
        ("messages", GPT, {"stop_sequences": ["a"]}, None),
        ("messages", VLLM, {"stop_sequences": list("abcd")}, list("abcd")),
    ],
)
async def test_as_many_stop_sequences_are_sent_as_are_taken(served, wire, model, given, sent):
    done = await served.ask(wire, model, **given)
    assert (done.status, done.sent.get("stop")) == (200, sent)
    assert ("stop" in done.warnings) == (sent != next(iter(given.values())))


@pytest.mark.parametrize(
    "model", ["azure_openai/gpt-5", "gemini/gemini-3.1-pro", "mistral/mistral-large", GROQ, "xai/grok-5"]
)
async def test_fields_that_are_openais_own_stay_away_from_other_chat_servers(served, model):
    done = await served.ask(
        "responses",
        model,
        metadata={"a": "b"},
        service_tier="flex",
        store=True,
        truncation="auto",
        max_tool_calls=3,
        tools=[RESPONSES_TOOL],
    )
    assert done.status == 200
    lost = ("metadata", "service_tier", "store", "truncation", "max_tool_calls")
    assert not set(lost) & done.sent.keys()
    assert all(name in done.warnings for name in lost)


@pytest.mark.parametrize("last", ["It is", [{"type": "text", "text": "It is"}]])
@pytest.mark.parametrize("model", [OPUS, "routed-opus", OPUS_47, BEDROCK])
async def test_a_new_claude_is_asked_by_the_user_to_go_on_with_an_answer(served, model, last):
    done = await served.ask("messages", model, messages=[USER, {"role": "assistant", "content": last}])
    assert (done.status, done.sent["messages"][-1]["role"]) == (200, "user")
    assert "go on" in done.warnings


@pytest.mark.parametrize("model", [SONNET, HAIKU])
async def test_an_older_one_goes_on_by_itself(served, model):
    done = await served.ask("chat", model, messages=[USER, {"role": "assistant", "content": "It is"}])
    assert (done.sent["messages"][-1]["role"], done.warnings) == ("assistant", "")
