"""Rules of the three formats that hold for every model, beyond those of names, ids and order in `strict`.

Each is documented in a vendor's API reference, or is the text of an error that it gives.
"""

import re

INCLUDES = frozenset({
    "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
    "message.input_image.image_url", "computer_call_output.output.image_url", "code_interpreter_call.outputs",
    "reasoning.encrypted_content", "message.output_text.logprobs",
})  # fmt: skip
PARTS = {
    "user": {"text", "image_url", "input_audio", "file"},
    "assistant": {"text", "refusal"},
    "system": {"text"},
    "developer": {"text"},
    "tool": {"text"},
}
ITEM_PARTS = {"assistant": {"output_text", "refusal"}}
OTHER_ITEM_PARTS = {"input_text", "input_image", "input_file", "input_audio"}
ITEM_IDS = {"message": "msg", "function_call": "fc", "custom_tool_call": "ctc", "reasoning": "rs"}
ANTHROPIC_TOOL = frozenset({
    "type", "name", "description", "input_schema", "cache_control", "strict", "eager_input_streaming", "defer_loading",
    "allowed_callers", "input_examples",
})  # fmt: skip
ONE_SAMPLING = re.compile(r"opus-4-[1-9]|(?:sonnet|haiku)-4-[5-9]|(?:opus|sonnet|haiku)-[5-9]")


def chat(body, model):
    """Complain about a Chat Completions body."""
    if "tools" in body and not body["tools"]:
        yield "[] is too short - 'tools'"
    if body.get("stream_options") is not None and not body.get("stream"):
        yield "stream_options without stream"
    if {"max_tokens", "max_completion_tokens"} <= set(body):
        yield "max_tokens and max_completion_tokens"
    if body.get("metadata") and not body.get("store") and "gpt-" in model:
        yield "The 'metadata' parameter is only allowed when 'store' is enabled."
    if len(body.get("prompt_cache_key") or "") > 64:
        yield "prompt_cache_key: string too long"
    for place, message in enumerate(body["messages"]):
        yield from _chat_content(message, f"messages[{place}]")


def _chat_content(message, where):
    content, role = message.get("content"), message["role"]
    if content is None and not (role == "assistant" and (message.get("tool_calls") or message.get("refusal"))):
        yield f"{where}.content is null for {role}"
    if "tool_calls" in message and not message["tool_calls"]:
        yield f"{where}.tool_calls: [] is too short"
    if isinstance(content, list):
        yield from [] if content else [f"{where}.content: [] is too short"]
        yield from (f"{where} holds {part['type']}" for part in content if part["type"] not in PARTS[role])


def responses(body, _model):
    """Complain about a Responses body."""
    yield from (f"include {name}" for name in set(body.get("include") or ()) - INCLUDES)
    if (body.get("max_output_tokens") or 16) < 16:
        yield "max_output_tokens: below the minimum value of 16"
    for name in ("prompt_cache_key", "safety_identifier"):
        if len(body.get(name) or "") > 64:
            yield f"{name}: string too long"
    items = body["input"] if isinstance(body["input"], list) else []
    for place, item in enumerate(items):
        yield from _item(item, f"input[{place}]")


def _item(item, where):
    kind, role = item.get("type", "message"), item.get("role")
    begins = ITEM_IDS.get(kind) if kind != "message" or role == "assistant" else None
    if item.get("id") and begins and not item["id"].startswith(begins):
        yield f"{where}.id: expected an ID that begins with '{begins}'"
    if kind == "function_call" and not isinstance(item.get("arguments"), str):
        yield f"{where}.arguments is no string"
    if kind.endswith("_call_output") and item.get("output") is None:
        yield f"{where}.output is missing"
    if kind == "reasoning" and "summary" not in item:
        yield f"{where}.summary is missing"
    if kind == "message" and isinstance(item.get("content"), list):
        allowed = ITEM_PARTS.get(role, OTHER_ITEM_PARTS)
        yield from (f"{where} holds {part['type']}" for part in item["content"] if part["type"] not in allowed)


def messages(body, model):
    """Complain about a Messages body."""
    yield from _thinking(body)
    yield from _sampling(body, model)
    if "tool_choice" in body and not body.get("tools"):
        yield "tool_choice: may only be specified while providing tools"
    names = [tool.get("name") for tool in body.get("tools") or ()]
    if len(set(names)) < len(names):
        yield "tools: Tool names must be unique."
    for tool in body.get("tools") or ():
        yield from (f"tools.{name}: Extra inputs are not permitted" for name in set(tool) - ANTHROPIC_TOOL)
    if body["messages"][0]["role"] != "user":
        yield 'messages: first message must use the "user" role'
    for place, message in enumerate(body["messages"]):
        yield from _blocks(message, f"messages.{place}")
    last = body["messages"][-1]
    if last["role"] == "assistant" and _ends_in_space(last["content"]):
        yield "final assistant content cannot end with trailing whitespace"


def _thinking(body):
    thinking = body.get("thinking") or {}
    if thinking.get("type") == "enabled" and not 1024 <= thinking["budget_tokens"] < body["max_tokens"]:
        yield "thinking.budget_tokens"
    if thinking.get("type") in {"enabled", "adaptive"}:
        if (body.get("tool_choice") or {}).get("type") in {"any", "tool"}:
            yield "Thinking may not be enabled when tool_choice forces tool use."
        if body.get("top_k") is not None:
            yield "top_k beside thinking"


def _sampling(body, model):
    if not 0 <= (body.get("temperature") or 0) <= 1:
        yield "temperature: range 0..1"
    if {"temperature", "top_p"} <= set(body) and ONE_SAMPLING.search(model):
        yield "`temperature` and `top_p` cannot both be specified for this model."


def _blocks(message, where):
    yield from (f"{where}.{name}: Extra inputs are not permitted" for name in set(message) - {"role", "content"})
    blocks = message["content"]
    if not blocks:
        yield f"{where}: all messages must have non-empty content"
    if isinstance(blocks, str):
        return
    kinds = [block["type"] for block in blocks]
    if "tool_result" in kinds and sorted(kinds, key=lambda kind: kind != "tool_result") != kinds:
        yield f"{where}: tool_result blocks must come first in content"
    for block in blocks:
        if block["type"] == "thinking" and not block.get("signature"):
            yield f"{where}: thinking.signature: Field required"
        if block["type"] == "tool_use" and not isinstance(block.get("input"), dict):
            yield f"{where}: tool_use.input: should be a valid dictionary"


def _ends_in_space(content):
    text = content if isinstance(content, str) else content[-1].get("text") or ""
    return text != text.rstrip()
