"""Anthropic Messages, as api.anthropic.com sends it."""

import secrets
from collections.abc import Callable, Mapping
from typing import Final

import orjson

from devtools.fake_provider.answers import (
    Answer,
    Block,
    Dialect,
    Finish,
    Json,
    Step,
    Text,
    Thinking,
    Tool,
    joined,
    steps,
)

_FINISH: Final[Mapping[Finish, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "stop_sequence": "stop_sequence",
    "content_filter": "refusal",
    "pause": "pause_turn",
}
_KINDS: Final[Mapping[int, str]] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def whole(answer: Answer, body: Json) -> Json:
    """Return a `message`."""
    return _envelope(answer, body) | {
        "content": [_block(block) for block in answer.blocks],
        **_stop(answer),
        "usage": _usage(answer) | _output(answer) | {"service_tier": "standard"},
    }


def frames(answer: Answer, body: Json) -> list[bytes]:
    """Return the events from `message_start` to `message_stop`. Anthropic never has two blocks open at once."""
    started = _envelope(answer, body) | {
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(answer) | {"output_tokens": min(1, answer.usage.output_tokens), "service_tier": "standard"},
    }
    out = [_frame("message_start", message=started)]
    for step in steps(answer, interleaved=False):
        out += _STEPS[step.kind](step)
        if step.kind == "start" and step.number == 0:
            out.append(PING)
    usage = _usage(answer) | _output(answer)
    return [*out, _frame("message_delta", delta=_stop(answer), usage=usage), _frame("message_stop")]


def error_body(status: int, message: str) -> Json:
    """Return the whole body of an error answer, which is also the data of an error event."""
    kind = _KINDS.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": f"req_{secrets.token_hex(12)}"}


def _frame(kind: str, **fields: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps({"type": kind, **fields}))


PING: Final = _frame("ping")


def _envelope(answer: Answer, body: Json) -> Json:
    return {
        "id": f"msg_{secrets.token_hex(12)}",
        "type": "message",
        "role": "assistant",
        "model": answer.model or body["model"],
    }


def _stop(answer: Answer) -> Json:
    return {"stop_reason": _FINISH[answer.reason], "stop_sequence": answer.stop_sequence}


def _usage(answer: Answer) -> Json:
    """Return the input side: Anthropic's `input_tokens` leaves out both cache buckets."""
    usage = answer.usage
    return {
        "input_tokens": usage.input_tokens - usage.cache_read - usage.cache_write,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
    }


def _output(answer: Answer) -> Json:
    details = {"thinking_tokens": answer.usage.reasoning}
    return {"output_tokens": answer.usage.output_tokens, "output_tokens_details": details}


def _block(block: Block) -> Json:
    if isinstance(block, Text):
        return {"type": "text", "text": joined(block)}
    if isinstance(block, Tool):
        return {"type": "tool_use", "id": block.id, "name": block.name, "input": orjson.loads(joined(block))}
    if block.redacted:
        return {"type": "redacted_thinking", "data": block.signature}
    return {"type": "thinking", "thinking": joined(block), "signature": block.signature}


def _opened(block: Block) -> Json:
    """Return a block as it is before its deltas."""
    if isinstance(block, Text):
        return {"type": "text", "text": ""}
    if isinstance(block, Tool):
        return {"type": "tool_use", "id": block.id, "name": block.name, "input": {}}
    return _block(block) if block.redacted else {"type": "thinking", "thinking": "", "signature": ""}


def _delta(step: Step, kind: str, key: str, value: str) -> bytes:
    return _frame("content_block_delta", index=step.number, delta={"type": kind, key: value})


def _start(step: Step) -> list[bytes]:
    out = [_frame("content_block_start", index=step.number, content_block=_opened(step.block))]
    return [*out, _delta(step, "input_json_delta", "partial_json", "")] if isinstance(step.block, Tool) else out


def _piece(step: Step) -> list[bytes]:
    if isinstance(step.block, Text):
        return [_delta(step, "text_delta", "text", step.piece)]
    if isinstance(step.block, Thinking):
        return [_delta(step, "thinking_delta", "thinking", step.piece)]
    return [] if joined(step.block) == "{}" else [_delta(step, "input_json_delta", "partial_json", step.piece)]


def _end(step: Step) -> list[bytes]:
    out = []
    if isinstance(step.block, Thinking) and not step.block.redacted:
        out = [_delta(step, "signature_delta", "signature", step.block.signature)]
    elif isinstance(step.block, Tool) and step.block.late:
        out = [_delta(step, "input_json_delta", "partial_json", joined(step.block))]
    return [*out, _frame("content_block_stop", index=step.number)]


_STEPS: Final[Mapping[str, Callable[[Step], list[bytes]]]] = {"start": _start, "piece": _piece, "end": _end}


def _error_event(status: int, message: str, _number: int) -> bytes:
    return b"event: error\ndata: %b\n\n" % orjson.dumps(error_body(status, message))


def _count(answer: Answer, _body: Json) -> Json:
    return {"input_tokens": answer.usage.input_tokens}


MESSAGES: Final = Dialect(
    ("model", "max_tokens", "messages"), whole, error_body, frames, _error_event, PING, "request-id"
)
COUNT_TOKENS: Final = Dialect(("model", "messages"), _count, error_body, request_id="request-id")
