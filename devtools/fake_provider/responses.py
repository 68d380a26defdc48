"""OpenAI Responses, as api.openai.com sends it."""

import secrets
import time
from typing import Final

import orjson

from devtools.fake_provider.answers import (
    Answer,
    Block,
    Dialect,
    Json,
    Step,
    Text,
    Thinking,
    Tool,
    joined,
    steps,
)
from devtools.fake_provider.openai_errors import error_body, kind_and_code

_ECHOED: Final[Json] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""Settings that the answer repeats, with what OpenAI takes for one that was not sent."""

_INCOMPLETE: Final = {"length": "max_output_tokens", "content_filter": "content_filter"}


def whole(answer: Answer, body: Json) -> Json:
    """Return a `response`."""
    return _Writer(answer, body).final()


def frames(answer: Answer, body: Json) -> list[bytes]:
    """Return the events from `response.created` to the terminal one."""
    return _Writer(answer, body).frames()


class _Writer:
    """Writes one response: the items keep their ids from the first event to the last."""

    def __init__(self, answer: Answer, body: Json) -> None:
        self._answer = answer
        self._body = body
        self._encrypted = "reasoning.encrypted_content" in (body.get("include") or [])
        self._id = f"resp_{secrets.token_hex(16)}"
        self._created = int(time.time())
        self._ids = [f"{_prefix(block)}_{secrets.token_hex(16)}" for block in answer.blocks]
        self._out: list[bytes] = []

    def frames(self) -> list[bytes]:
        self._emit("response.created", response=self._response("in_progress"))
        self._emit("response.in_progress", response=self._response("in_progress"))
        for step in steps(self._answer, interleaved=self._answer.interleaved):
            {"start": self._start, "piece": self._piece, "end": self._end}[step.kind](step)
        final = self.final()
        self._emit(f"response.{final['status']}", response=final)
        return self._out

    def final(self) -> Json:
        reason = self._answer.reason
        status = {"length": "incomplete", "content_filter": "incomplete", "failed": "failed"}.get(reason, "completed")
        output = [self._item(number, block) for number, block in enumerate(self._answer.blocks)]
        final = self._response(status) | {"output": output}
        if status == "failed":
            return final | {"error": {"code": "server_error", "message": "The model failed."}}
        details = {"reason": _INCOMPLETE[reason]} if status == "incomplete" else None
        return final | {"incomplete_details": details, "usage": _usage(self._answer)}

    def _emit(self, kind: str, **fields: object) -> None:
        payload = {"type": kind, "sequence_number": len(self._out), **fields}
        self._out.append(b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(payload)))

    def _response(self, status: str) -> Json:
        body = self._body
        reasoning = {"effort": None, "summary": None} | (body.get("reasoning") or {})
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "model": self._answer.model or body["model"],
            "output": [],
            **{name: body.get(name, default) for name, default in _ECHOED.items()},
            "reasoning": reasoning,
            "service_tier": "default",
            "text": {"format": {"type": "text"}, "verbosity": "medium"} | (body.get("text") or {}),
            "tools": [_tool_as_kept(tool) for tool in body.get("tools") or []],
            "usage": None,
        }

    def _item(self, number: int, block: Block, *, opened: bool = False) -> Json:
        """Return an item as it is in the end, or as it is when it has just been added."""
        text = "" if opened else joined(block)
        item: Json = {"id": self._ids[number]}
        if isinstance(block, Thinking):
            summary = [{"type": "summary_text", "text": text}] if text else []
            return item | {"type": "reasoning", "summary": summary} | self._proof(block)
        item["status"] = "in_progress" if opened else self._status(number)
        if isinstance(block, Text):
            content = [] if opened else [_part(block, text)]
            return item | {"type": "message", "role": "assistant", "content": content}
        if block.search:
            arguments = orjson.loads(text or "{}")
            return item | {
                "type": "tool_search_call",
                "call_id": block.id,
                "execution": "client",
                "arguments": arguments,
            }
        if block.custom:
            return item | {"type": "custom_tool_call", "call_id": block.id, "name": block.name, "input": text}
        namespace = {"namespace": block.namespace} if block.namespace else {}
        return item | {"type": "function_call", "call_id": block.id, "name": block.name, "arguments": text} | namespace

    def _proof(self, block: Thinking) -> Json:
        return {"encrypted_content": block.signature} if self._encrypted else {}

    def _status(self, number: int) -> str:
        cut = self._answer.reason in _INCOMPLETE and number == len(self._ids) - 1
        return "incomplete" if cut else "completed"

    def _start(self, step: Step) -> None:
        self._emit("response.output_item.added", output_index=step.number, item=self._item(*_of(step), opened=True))
        place = self._place(step)
        if isinstance(step.block, Text):
            self._emit("response.content_part.added", **place, part=_part(step.block, ""))
        elif isinstance(step.block, Thinking) and step.block.pieces:
            part = {"type": "summary_text", "text": ""}
            self._emit("response.reasoning_summary_part.added", **place, part=part)

    def _piece(self, step: Step) -> None:
        if _is_search(step.block):
            return
        extra: Json = {"logprobs": []} if _event(step.block) == "output_text" else {}
        self._emit(f"response.{_event(step.block)}.delta", **self._place(step), delta=step.piece, **extra)

    def _end(self, step: Step) -> None:
        item = self._item(*_of(step))
        place, text = self._place(step), joined(step.block)
        if (not isinstance(step.block, Thinking) or step.block.pieces) and not _is_search(step.block):
            self._emit(f"response.{_event(step.block)}.done", **place, **_whole_text(step.block, text))
        if isinstance(step.block, Text):
            self._emit("response.content_part.done", **place, part=_part(step.block, text))
        elif isinstance(step.block, Thinking) and step.block.pieces:
            part = {"type": "summary_text", "text": text}
            self._emit("response.reasoning_summary_part.done", **place, part=part)
        self._emit("response.output_item.done", output_index=step.number, item=item)

    def _place(self, step: Step) -> Json:
        place: Json = {"item_id": self._ids[step.number], "output_index": step.number}
        if isinstance(step.block, Text):
            return place | {"content_index": 0}
        return place | {"summary_index": 0} if isinstance(step.block, Thinking) else place


def _of(step: Step) -> tuple[int, Block]:
    return step.number, step.block


def _prefix(block: Block) -> str:
    if isinstance(block, Tool):
        return "tsc" if block.search else "ctc" if block.custom else "fc"
    return "msg" if isinstance(block, Text) else "rs"


def _is_search(block: Block) -> bool:
    return isinstance(block, Tool) and block.search


def _event(block: Block) -> str:
    """Return the middle of the event names that carry a block's text."""
    if isinstance(block, Tool):
        return "custom_tool_call_input" if block.custom else "function_call_arguments"
    if isinstance(block, Thinking):
        return "reasoning_summary_text"
    return "refusal" if block.refusal else "output_text"


def _whole_text(block: Block, text: str) -> Json:
    """Return the field that a `.done` event carries the whole text in."""
    if isinstance(block, Tool):
        return {"input": text} if block.custom else {"arguments": text, "name": block.name}
    if isinstance(block, Text) and block.refusal:
        return {"refusal": text}
    return {"text": text, "logprobs": []} if isinstance(block, Text) else {"text": text}


def _part(block: Text, text: str) -> Json:
    if block.refusal:
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _tool_as_kept(tool: Json) -> Json:
    return {"strict": True, **tool} if tool.get("type") == "function" else tool


def _usage(answer: Answer) -> Json:
    usage = answer.usage
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cache_write_tokens": usage.cache_write, "cached_tokens": usage.cache_read},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _error_event(status: int, message: str, number: int) -> bytes:
    kind, code = kind_and_code(status)
    payload = {"type": "error", "sequence_number": number, "code": code or kind, "message": message, "param": None}
    return b"event: error\ndata: %b\n\n" % orjson.dumps(payload)


RESPONSES: Final = Dialect(("model", "input"), whole, error_body, frames, _error_event)
