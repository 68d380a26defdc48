"""OpenAI Chat Completions, as api.openai.com sends it; thinking as `reasoning_content`, as vLLM and DeepSeek do."""

import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Final

import orjson

from devtools.fake_provider.answers import Answer, Dialect, Finish, Json, Step, Text, Thinking, Tool, joined, steps
from devtools.fake_provider.openai_errors import error_body

DONE: Final = b"data: [DONE]\n\n"

_FINISH: Final[Mapping[Finish, str]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "stop_sequence": "stop",
    "content_filter": "content_filter",
    "pause": "stop",
}


def whole(answer: Answer, body: Json) -> Json:
    """Return a `chat.completion`."""
    choice = {"index": 0, "message": _message(answer), "logprobs": None, "finish_reason": _FINISH[answer.reason]}
    return _envelope(answer, body, "chat.completion") | {"choices": [choice], "usage": _usage(answer)}


def frames(answer: Answer, body: Json) -> list[bytes]:
    """Return the `chat.completion.chunk` events and the `[DONE]` after them."""
    envelope = _envelope(answer, body, "chat.completion.chunk")
    asked = bool((body.get("stream_options") or {}).get("include_usage"))
    usage: Json = {"usage": None} if asked else {}
    out = [_frame(envelope | {"choices": [_choice(delta, None)]} | usage) for delta in _deltas(answer)]
    out.append(_frame(envelope | {"choices": [_choice({}, _FINISH[answer.reason])]} | usage))
    if asked:
        out.append(_frame(envelope | {"choices": [], "usage": _usage(answer)}))
    return [*out, DONE]


def _frame(payload: Json) -> bytes:
    return b"data: " + orjson.dumps(payload) + b"\n\n"


def _envelope(answer: Answer, body: Json, kind: str) -> Json:
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": answer.model or body["model"],
        "service_tier": "default",
        "system_fingerprint": "fp_fake000000",
    }


def _choice(delta: Json, finish: str | None) -> Json:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _message(answer: Answer) -> Json:
    texts = [block for block in answer.blocks if isinstance(block, Text)]
    content = "".join(joined(block) for block in texts if not block.refusal)
    refusal = "".join(joined(block) for block in texts if block.refusal)
    thinking = "".join(joined(block) for block in answer.blocks if isinstance(block, Thinking))
    tools = [_whole_call(block) for block in answer.blocks if isinstance(block, Tool)]
    message: Json = {"role": "assistant", "content": content or None, "refusal": refusal or None, "annotations": []}
    if thinking:
        message["reasoning_content"] = thinking
    if tools:
        message["tool_calls"] = tools
    return message


def _whole_call(tool: Tool) -> Json:
    return {"id": tool.id, "type": "function", "function": {"name": tool.name, "arguments": joined(tool)}}


def _deltas(answer: Answer) -> Iterator[Json]:
    """Give the deltas. The role comes by itself, or with the first tool call where there is nothing before it."""
    first: Json = {"role": "assistant", "content": "", "refusal": None}
    if answer.blocks and isinstance(answer.blocks[0], Tool):
        first["content"] = None
    else:
        yield first
        first = {}
    indices: dict[int, int] = {}
    for step in steps(answer, interleaved=answer.interleaved):
        delta = _tool_delta(step, indices) if isinstance(step.block, Tool) else _text_delta(step)
        if delta:
            yield first | delta
            first = {}


def _text_delta(step: Step) -> Json:
    if step.kind != "piece":
        return {}
    if isinstance(step.block, Thinking):
        return {"reasoning_content": step.piece}
    return {"refusal" if isinstance(step.block, Text) and step.block.refusal else "content": step.piece}


def _tool_delta(step: Step, indices: dict[int, int]) -> Json:
    index = indices.setdefault(step.number, len(indices))
    tool = step.block
    assert isinstance(tool, Tool)
    if step.kind == "start":
        function = {"name": tool.name, "arguments": ""}
        return {"tool_calls": [{"index": index, "id": tool.id, "type": "function", "function": function}]}
    piece = joined(tool) if step.kind == "end" and tool.late else step.piece
    return {"tool_calls": [{"index": index, "function": {"arguments": piece}}]} if piece else {}


def _usage(answer: Answer) -> Json:
    usage = answer.usage
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _error_event(status: int, message: str, _number: int) -> bytes:
    return _frame(error_body(status, message))


CHAT: Final = Dialect(("model", "messages"), whole, error_body, frames, _error_event)
