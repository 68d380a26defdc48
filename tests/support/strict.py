"""What vendors refuse, as far as their documentation and their error messages tell: for a provider that is as strict.

Each check takes the body of a request and gives complaints. `OF_MODEL` has what some models refuse beyond their format.
"""

import re
from collections.abc import Iterator

from tests.support import strict_format

NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")
OPENAI = re.compile(r"gpt-(?!oss)|(?:^|/)o\d")
"""OpenAI's own models, by their names."""
LONG_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
CHAT_FIELDS = frozenset({
    "model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "stop", "stream",
    "stream_options", "tools", "tool_choice", "parallel_tool_calls", "response_format", "seed", "presence_penalty",
    "frequency_penalty", "logprobs", "top_logprobs", "user", "metadata", "service_tier", "verbosity",
    "reasoning_effort", "prompt_cache_key", "safety_identifier", "store", "logit_bias",
})  # fmt: skip
MESSAGE_FIELDS = frozenset(["role", "content", "tool_calls", "tool_call_id", "reasoning_content"])
OPENAI_MESSAGE_FIELDS = frozenset(["refusal", "annotations", "audio", "function_call", "name"])
"""What only OpenAI takes in a message: elsewhere it is refused (Groq: "property 'annotations' is unsupported")."""
RESPONSES_FIELDS = frozenset({
    "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "max_output_tokens",
    "temperature", "top_p", "reasoning", "text", "stream", "store", "include", "user", "metadata", "service_tier",
    "top_logprobs", "background", "conversation", "max_tool_calls", "previous_response_id", "prompt",
    "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "truncation", "context_management",
    "stream_options", "client_metadata",
})  # fmt: skip
MESSAGES_FIELDS = frozenset({
    "model", "messages", "system", "max_tokens", "metadata", "stop_sequences", "stream", "temperature", "thinking",
    "tool_choice", "tools", "top_k", "top_p", "service_tier", "output_config", "context_management", "safeguards",
    "container", "mcp_servers", "cache_control", "inference_geo", "speed", "thread",
})  # fmt: skip
HOSTED = frozenset(("tool_search", "web_search", "web_search_preview", "file_search", "image_generation"))
COMBINATORS = frozenset(("anyOf", "oneOf", "allOf"))


def chat(body, model=""):
    """Complain about a Chat Completions body."""
    yield from (f"unknown field {name}" for name in set(body) - CHAT_FIELDS)
    if len(body.get("stop") or ()) > 4 and "mistral" not in model:
        yield "more than four stop sequences"
    if len(body.get("user") or "") > 64:
        yield "user is longer than 64"
    yield from _needs_tools(body)
    for tool in body.get("tools", ()):
        function = tool.get("function") or tool.get("custom")
        yield from _tool(function["name"], NAME, function.get("parameters") if "function" in tool else None)
        yield from _strict(function.get("strict"), function.get("parameters"))
    form = (body.get("response_format") or {}).get("json_schema")
    if form:
        yield from _strict(form.get("strict"), form.get("schema"))
        yield from [] if NAME.fullmatch(form["name"]) else ["name of the output format"]
    yield from _chat_messages(body["messages"], OPENAI_MESSAGE_FIELDS if OPENAI.search(model) else frozenset())


def _chat_messages(messages, more):
    waiting, seen = [], set()
    for place, message in enumerate(messages):
        role = message["role"]
        yield from (f"messages[{place}].{name}" for name in set(message) - MESSAGE_FIELDS - more)
        if role == "tool":
            if message["tool_call_id"] not in waiting:
                yield "a result without its call"
            else:
                waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            yield "a call is not followed by its result"
        waiting = [call["id"] for call in message.get("tool_calls", ())]
        yield from _calls(message.get("tool_calls", ()), seen)
        if not (message.get("content") or message.get("tool_calls") or role == "assistant"):
            yield f"messages[{place}] is empty"
    if waiting:
        yield "a call has no result at the end"


def _calls(calls, seen):
    for call in calls:
        if call["id"] in seen or len(call["id"]) > 40:
            yield f"id of a call: {call['id']}"
        seen.add(call["id"])
        yield from [] if NAME.fullmatch((call.get("function") or call["custom"])["name"]) else ["name of a call"]


def responses(body, model=""):
    """Complain about a Responses body."""
    yield from (f"unknown field {name}" for name in set(body) - RESPONSES_FIELDS)
    if len(body.get("user") or "") > 64:
        yield "user is longer than 64"
    if body.get("tool_choice", "auto") not in ("auto", "none"):
        yield from _needs_tools(body)
    for tool in body.get("tools", ()):
        yield from _responses_tool(tool)
    waiting = []
    for item in body["input"] if isinstance(body["input"], list) else ():
        kind = item.get("type", "message")
        if kind.endswith("_call"):
            if len(item["call_id"]) > 64 or item["call_id"] in waiting:
                yield f"id of a call: {item['call_id']}"
            waiting.append(item["call_id"])
        elif kind.endswith("_output"):
            known = item["call_id"] in waiting or "previous_response_id" in body
            yield from [] if known else ["a result without its call"]
            waiting = [ident for ident in waiting if ident != item["call_id"]]
    yield from (f"no result for {ident}" for ident in waiting)


def _responses_tool(tool):
    if tool["type"] == "namespace":
        for inner in tool["tools"]:
            yield from _responses_tool(inner)
    elif tool["type"] in {"function", "custom"}:
        yield from _tool(tool["name"], NAME, tool.get("parameters") if tool["type"] == "function" else None)
        yield from _strict(tool.get("strict"), tool.get("parameters"))
    elif tool["type"] not in HOSTED:
        yield f"type of a tool: {tool['type']}"


def messages(body, model=""):
    """Complain about a Messages body."""
    yield from (f"unknown field {name}" for name in set(body) - MESSAGES_FIELDS)
    yield from (f"metadata.{name}" for name in set(body.get("metadata") or ()) - {"user_id"})
    if "max_tokens" not in body:
        yield "max_tokens is missing"
    thinking = (body.get("thinking") or {}).get("type")
    if thinking in {"enabled", "adaptive"} and body.get("temperature") not in (None, 1):
        yield "temperature beside thinking"
    for tool in body.get("tools", ()):
        yield from _tool(tool["name"], LONG_NAME, tool["input_schema"])
    yield from _turns(body["messages"], model)


def _turns(turns, model):
    waiting, seen = [], set()
    for place, message in enumerate(turns):
        last = message["role"]
        if last == "system" and not LATE_SYSTEM.search(model):
            yield f"messages[{place}] is of the system"
        blocks = message["content"] if isinstance(message["content"], list) else []
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        if last == "user" and sorted(results) != sorted(waiting):
            yield f"messages[{place}] has other results than there are calls"
        uses = [block for block in blocks if block["type"] == "tool_use"]
        waiting = [block["id"] for block in uses]
        yield from _uses(uses, seen)
        yield from ("blank text" for block in blocks if block["type"] == "text" and not block["text"].strip())


def _uses(uses, seen):
    for block in uses:
        if block["id"] in seen or not re.fullmatch(r"[a-zA-Z0-9_-]+", block["id"]):
            yield f"id of a call: {block['id']}"
        seen.add(block["id"])
        yield from [] if LONG_NAME.fullmatch(block["name"]) else [f"name {block['name']}"]


def _needs_tools(body):
    for name in ("tool_choice", "parallel_tool_calls"):
        if name in body and not body.get("tools"):
            yield f"{name} without tools"


def _tool(name, rule, schema):
    if not rule.fullmatch(name):
        yield f"name of a tool: {name}"
    if schema is not None and schema.get("type") != "object":
        yield f"schema of {name} is no object"
    yield from (f"schema of {name}: {why}" for why in _malformed(schema))


def _malformed(schema) -> Iterator[str]:
    """What JSON Schema does not allow, and OpenAI's rule for arrays."""
    if not isinstance(schema, dict):
        return
    if not isinstance(schema.get("properties", {}), dict):
        yield "properties are no object"
        return
    if not isinstance(schema.get("required", []), list):
        yield "required is no list"
    if schema.get("type", "object") in (None, "any") or schema.get("enum", [0]) in ([], None):
        yield "a value that says nothing"
    if schema.get("type") == "array" and not isinstance(schema.get("items"), dict):
        yield "array schema missing items"
    for inner in [*schema.get("properties", {}).values(), schema.get("items")]:
        yield from _malformed(inner)


def _strict(strict, schema) -> Iterator[str]:
    """OpenAI's strict mode: closed objects, all properties required."""
    if not strict or not isinstance(schema, dict):
        return
    properties = schema.get("properties") or {}
    closed = schema.get("additionalProperties") is False and set(schema.get("required") or ()) == set(properties)
    if schema.get("type") == "object" and not closed:
        yield "strict mode refuses the schema"
    for inner in [*properties.values(), schema.get("items")]:
        yield from _strict(strict, inner)


LATE_SYSTEM = re.compile(r"opus-(?:4-8|5)|sonnet-5|fable|mythos")


def _no_combined_roots(body):
    for tool in body.get("tools", ()):
        schema = tool.get("input_schema") or (tool.get("function") or tool).get("parameters") or {}
        yield from (f"{name} at the root of a schema" for name in COMBINATORS & set(schema))


def _one_system_message_at_the_beginning(body):
    if any(message["role"] in {"system", "developer"} for message in body["messages"][1:]):
        yield "System message must be at the beginning."


def _nine_letters(body):
    ids = [call["id"] for message in body["messages"] for call in message.get("tool_calls", ())]
    yield from (f"id of a call: {ident}" for ident in ids if not re.fullmatch(r"[a-zA-Z0-9]{9}", ident))
    yield from (f"{name} is not permitted" for name in {"user", "seed", "logprobs", "metadata"} & set(body))


def _signed_calls(body):
    for message in body["messages"]:
        calls = message.get("tool_calls") or []
        if calls and not calls[0].get("extra_content", {}).get("google", {}).get("thought_signature"):
            yield "Function call is missing a thought_signature"


def _thinking_of_each_call(body):
    for message in body["messages"]:
        if message.get("tool_calls") and not message.get("reasoning_content"):
            yield "reasoning_content is missing in assistant tool call message"


def _known_efforts(*known):
    def check(body):
        effort = body.get("reasoning_effort") or (body.get("reasoning") or {}).get("effort")
        yield from [] if effort in (None, *known) else [f"effort {effort}"]

    return check


def _no_effort_beside_tools(body):
    if body.get("tools") and body.get("reasoning_effort") not in {None, "none"}:
        yield "reasoning_effort beside tools"


def _no_sampling(body):
    yield from (f"{name} is refused" for name in {"temperature", "top_p", "top_k"} & set(body))


def _no_budget(body):
    if "budget_tokens" in (body.get("thinking") or {}):
        yield "budget_tokens"


def _no_adaptive(body):
    if (body.get("thinking") or {}).get("type") == "adaptive" or "effort" in (body.get("output_config") or {}):
        yield "adaptive thinking"


def _not_openais(body):
    yield from (f"{name} is unknown" for name in {"metadata", "verbosity", "service_tier"} & set(body))


def _nothing_unknown(body):
    """What servers refuse that check for it: Groq, Gemini, Mistral."""
    yield from (f"{name} is unknown" for name in {"prompt_cache_key", "safety_identifier", "store"} & set(body))


OF_MODEL = (
    ("gpt-5.6", (_no_combined_roots, _no_sampling, _no_effort_beside_tools)),
    ("claude", (_no_combined_roots,)),
    ("claude-opus-5", (_no_sampling, _no_budget)),
    ("claude-haiku-4-5", (_no_adaptive,)),
    ("qwen", (_one_system_message_at_the_beginning, _not_openais)),
    ("mistral", (_nine_letters, _not_openais, _nothing_unknown)),
    ("gemini-3", (_signed_calls,)),
    ("gemini-3", (_signed_calls,)),
    (
        "gemini",
        (_not_openais, _nothing_unknown, _known_efforts("none", "minimal", "low", "medium", "high")),
    ),
    ("kimi", (_thinking_of_each_call, _not_openais)),
    ("deepseek", (_thinking_of_each_call, _not_openais)),
    ("gpt-oss", (_not_openais, _nothing_unknown, _known_efforts("low", "medium", "high"))),
)
ALWAYS = {
    "chat/completions": strict_format.chat,
    "responses": strict_format.responses,
    "messages": strict_format.messages,
}
OF_PATH = {"chat/completions": chat, "responses": responses, "messages": messages}


def complaints(path, body):
    """Return what a vendor would refuse in a request."""
    operation = next(name for name in OF_PATH if path.partition("?")[0].endswith(name))
    model = str(body.get("model")) + path
    found = [*OF_PATH[operation](body, model), *ALWAYS[operation](body, model)]
    if "gemini" in model:
        found = [each for each in found if "extra_content" not in each]
    for part, checks in OF_MODEL:
        if part in model:
            found += [complaint for check in checks for complaint in check(body)]
    return found
