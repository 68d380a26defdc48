"""What models refuse, as their vendors document it or their errors say, for a provider in tests that is as strict.

It is written apart from the gateway's catalogue and by single models, so that a mistake in one is not made in both.
"""

from dataclasses import dataclass, field

from aiohttp import web

ANY = 10_000_000
"""A limit that nobody reaches."""
LOW, MEDIUM, HIGH = "low", "medium", "high"
UP_TO_HIGH = (LOW, MEDIUM, HIGH)


@dataclass(frozen=True)
class Takes:
    """What one model takes. `efforts` is None where an effort is refused altogether."""

    limit: int
    efforts: tuple[str, ...] | None = None
    sampling: str = "always"  # or: never, without effort
    beside_tools: str = "any"  # or: no effort, none said
    thinking: tuple[str, ...] = ()
    late_system: bool = False
    goes_on: bool = True
    """Whether the last message may be the assistant's."""
    refused: frozenset[str] = field(default=frozenset())


OPENAI_REASONING = frozenset({"max_tokens", "logprobs", "logit_bias", "presence_penalty", "stop"})
EVERY_CLAUDE_EFFORT = (*UP_TO_HIGH, "xhigh", "max")

MODELS = {
    "anthropic/claude-3-5-haiku-latest": Takes(8192),
    "anthropic/claude-sonnet-4-20250514": Takes(64_000, thinking=("enabled", "disabled")),
    "anthropic/claude-haiku-4-5": Takes(64_000, thinking=("enabled", "disabled")),
    "anthropic/claude-opus-4-5": Takes(64_000, UP_TO_HIGH, thinking=("enabled", "disabled")),
    "anthropic/claude-opus-4-6": Takes(
        128_000, (*UP_TO_HIGH, "max"), thinking=("enabled", "adaptive", "disabled"), goes_on=False
    ),
    "anthropic/claude-opus-4-7": Takes(128_000, EVERY_CLAUDE_EFFORT, "never", thinking=("adaptive",), goes_on=False),
    "anthropic/claude-opus-5": Takes(
        128_000, EVERY_CLAUDE_EFFORT, "never", thinking=("adaptive", "disabled"), late_system=True, goes_on=False
    ),
    "openai/gpt-4o-mini": Takes(16_384),
    "openai/gpt-4.1": Takes(32_768),
    "openai/gpt-5": Takes(128_000, ("minimal", *UP_TO_HIGH), "never", refused=OPENAI_REASONING),
    "openai/gpt-5.1": Takes(128_000, ("none", *UP_TO_HIGH), "without effort", refused=OPENAI_REASONING),
    "openai/gpt-5.4": Takes(
        128_000, ("none", *UP_TO_HIGH, "xhigh"), "without effort", "no effort", refused=OPENAI_REASONING
    ),
    "openai/gpt-5.6-terra": Takes(
        128_000, ("none", *UP_TO_HIGH, "xhigh", "max"), "never", "none said", refused=OPENAI_REASONING
    ),
    "openai/o4-mini": Takes(100_000, UP_TO_HIGH, "never", refused=OPENAI_REASONING),
    "gemini/gemini-2.5-flash": Takes(65_536, ("none", *UP_TO_HIGH), refused=frozenset({"logprobs"})),
    "gemini/gemini-3.1-pro-preview": Takes(65_536, UP_TO_HIGH, refused=frozenset({"logprobs"})),
    "xai/grok-4-0709": Takes(ANY, refused=frozenset({"presence_penalty", "stop"})),
    "xai/grok-4.5": Takes(ANY, UP_TO_HIGH, refused=frozenset({"presence_penalty", "stop"})),
    "groq/openai/gpt-oss-120b": Takes(65_536, UP_TO_HIGH, refused=frozenset({"logprobs", "verbosity"})),
    "groq/llama-3.3-70b-versatile": Takes(32_768, refused=frozenset({"logprobs", "verbosity"})),
    "mistral/mistral-large-2512": Takes(262_144, refused=frozenset({"logprobs", "verbosity"})),
    "mistral/mistral-small-2603": Takes(256_000, ("none", HIGH), refused=frozenset({"logprobs", "verbosity"})),
    "deepseek/deepseek-v4-pro": Takes(384_000, (*UP_TO_HIGH, "max")),
    "moonshotai/kimi-k2.5": Takes(262_144, sampling="never"),
    "zhipu/glm-5.3": Takes(131_072, (LOW, HIGH, "max")),
}


def refusal(model, path, body):
    """Return what the vendor of a model (`provider/name`) says against a body; None where it takes it."""
    takes = MODELS[model]
    if path.endswith("/messages"):
        return _claude(takes, body)
    if path.endswith("/responses"):
        return _responses(takes, body)
    return _chat(takes, body)


def _claude(takes, body):
    kind = (body.get("thinking") or {}).get("type")
    effort = (body.get("output_config") or {}).get("effort")
    budget = (body.get("thinking") or {}).get("budget_tokens")
    forced = (body.get("tool_choice") or {}).get("type") in {"any", "tool"}
    thinks = kind in {"enabled", "adaptive"}
    sampling = {"temperature", "top_p", "top_k"} & set(body)
    faults = {
        "max_tokens": body["max_tokens"] > takes.limit,
        f"thinking.type {kind}": kind is not None and kind not in takes.thinking,
        "budget": kind == "enabled" and not 1024 <= budget < body["max_tokens"],
        f"effort {effort}": effort is not None and effort not in (takes.efforts or ()),
        f"{sampling} refused": sampling and (takes.sampling == "never" or (thinks and body.get("temperature") != 1)),
        "thinking with a forced tool": thinks and forced,
        "the assistant is last": not takes.goes_on and body["messages"][-1]["role"] == "assistant",
        "role system": not takes.late_system and any(message["role"] == "system" for message in body["messages"]),
    }
    return next((fault for fault, there in faults.items() if there), None)


def _openai(takes, body, effort, limit):
    sampling = {"temperature", "top_p"} & set(body)
    thinks = effort not in {None, "none"}
    faults = {
        "limit": limit is not None and limit > takes.limit,
        f"effort {effort}": effort is not None and effort not in (takes.efforts or ()),
        f"{sampling} refused": sampling and (takes.sampling == "never" or (takes.sampling != "always" and thinks)),
        f"{takes.refused & set(body)} unknown": takes.refused & set(body),
    }
    return next((fault for fault, there in faults.items() if there), None)


def _chat(takes, body):
    effort = body.get("reasoning_effort")
    allowed = {"any": True, "no effort": effort in {None, "none"}, "none said": effort == "none"}
    if body.get("tools") and not allowed[takes.beside_tools]:
        return "function tools with reasoning_effort are not supported in /v1/chat/completions"
    return _openai(takes, body, effort, body.get("max_tokens") or body.get("max_completion_tokens"))


def _responses(takes, body):
    reasoning = body.get("reasoning")
    if takes.efforts is None and (reasoning or "reasoning.encrypted_content" in (body.get("include") or ())):
        return "reasoning is not supported with this model"
    return _openai(takes, body, (reasoning or {}).get("effort"), body.get("max_output_tokens"))


CHAT_ANSWER = {
    "id": "c1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}  # fmt: skip
MESSAGES_ANSWER = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "ok"}],
    "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
}  # fmt: skip
RESPONSES_ANSWER = {
    "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m",
    "output": [
        {
            "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "ok", "annotations": []}],
        }
    ],
    "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
}  # fmt: skip
ANSWERS = {"messages": MESSAGES_ANSWER, "responses": RESPONSES_ANSWER, "completions": CHAT_ANSWER}


async def strict(request: web.Request) -> web.Response:
    """Answer as the vendor does: with a 400 that says what it refuses. The path begins with the provider's prefix."""
    body = await request.json()
    prefix = request.path.split("/")[1]
    if fault := refusal(f"{prefix}/{body['model']}", request.path, body):
        error = {"type": "invalid_request_error", "message": f"{body['model']}: {fault}"}
        return web.json_response({"type": "error", "error": error}, status=400)
    return web.json_response(ANSWERS[request.path.rpartition("/")[2]])
