"""The stream of an answer, written for an Anthropic client."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final, cast
from uuid import uuid4

import orjson

from filters.context import Json
from filters.formats.anthropic_messages.blocks_encode import Block, BlockQueue, ToolBlock
from filters.formats.anthropic_messages.content_encode import tool_id
from filters.formats.anthropic_messages.errors import encode_error
from filters.formats.anthropic_messages.usage import encode_usage
from filters.formats.canonical.call_ids import CallIds
from filters.formats.canonical.events import (
    Annotation,
    BlockEnd,
    End,
    Event,
    Failure,
    Finish,
    FinishReason,
    Ping,
    Signature,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
    Usage,
)
from filters.formats.canonical.request import Request
from filters.formats.canonical.seal import ANTHROPIC, seal
from filters.formats.sse import frame

_REASONS: Final = {
    FinishReason.STOP: "end_turn",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.STOP_SEQUENCE: "stop_sequence",
    FinishReason.CONTENT_FILTER: "refusal",
    FinishReason.PAUSE: "pause_turn",
}
_CITATIONS: Final = ("char_location", "page_location", "content_block_location", "search_result_location",
                     "web_search_result_location")  # fmt: skip


class WireEvents:
    """Turns neutral events into those of Anthropic's stream, as objects.

    Whatever comes in, `message_start` and `message_stop` are given once, blocks are balanced and one is open at a time.
    """

    def __init__(self, request: Request) -> None:
        self._model = request.model
        self._started = False
        self._over = False
        self._usage = Usage()
        self._finish = Finish(FinishReason.STOP)
        self._refused = False
        self._names = request.tool_names
        self._ids = CallIds(request)
        self._blocks = BlockQueue()
        self._tools: dict[int, ToolBlock] = {}

    def feed(self, event: Event) -> Iterator[Json]:
        """Take one neutral event and give the objects that are due."""
        if self._over:
            return
        handler = self._HANDLERS.get(type(event))
        if handler is not None:
            if not self._started:
                yield self._start("", "")
            handler(self, event)
            yield from self._blocks.due()
        else:
            yield from self._frame(event)

    def _frame(self, event: Event) -> Iterator[Json]:
        """Take an event that is no content."""
        match event:
            case Start() if not self._started:
                yield self._start(event.id, event.model)
            case Usage():
                self._usage = self._usage.updated(event)
            case Finish():
                self._finish = event
            case Ping():
                yield {"type": "ping"}
            case Failure():
                self._over = True
                yield encode_error(event)
            case End():
                yield from self._end()

    def _start(self, given_id: str, model: str) -> Json:
        self._started = True
        message: Json = {
            "id": given_id or f"msg_{uuid4().hex}",
            "type": "message",
            "role": "assistant",
            "model": model or self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }
        return {"type": "message_start", "message": message}

    def _end(self) -> Iterator[Json]:
        if not self._started:
            yield self._start("", "")
        yield from self._blocks.flush()
        self._over = True
        delta = {"stop_reason": self._stop_reason(), "stop_sequence": self._finish.stop_sequence}
        yield {"type": "message_delta", "delta": delta, "usage": encode_usage(self._usage)}
        yield {"type": "message_stop"}

    def _stop_reason(self) -> str:
        reason = self._finish.reason
        if reason is FinishReason.STOP and (self._tools or self._refused):
            return "tool_use" if self._tools else "refusal"
        return _REASONS[reason]

    def _block(self, kind: str, start: Json) -> Block:
        """Return the open block of a kind, or begin one."""
        last = self._blocks.last
        if last is None or last.kind != kind:
            last = Block(kind, start)
            self._blocks.push(last)
        return last

    def _text(self, event: TextDelta) -> None:
        self._refused |= event.refusal
        if event.text:
            self._block("text", {"type": "text", "text": ""}).add({"type": "text_delta", "text": event.text})

    def _thinking(self, event: ThinkingDelta) -> None:
        if event.text:
            self._block("thinking", _thinking_start()).add({"type": "thinking_delta", "thinking": event.text})

    def _signature(self, event: Signature) -> None:
        """Close the thinking that is open with its proof; thinking that was not shown has a block all the same."""
        proof = event.blob
        if event.vendor != ANTHROPIC:
            proof = seal(event.vendor, event.blob, id=event.id, redacted=event.redacted)
        if event.redacted:
            self._blocks.push(Block("redacted_thinking", {"type": "redacted_thinking", "data": proof}))
        else:
            self._block("thinking", _thinking_start()).add({"type": "signature_delta", "signature": proof})
        self._blocks.end_last()

    def _block_end(self, _event: BlockEnd) -> None:
        self._blocks.end_last()

    def _tool_start(self, event: ToolStart) -> None:
        if event.key in self._tools:
            self._tools[event.key].end()
        ident = self._ids.told(tool_id(event.id) if event.id else "", "toolu_")
        name = self._names.get(event.name, event.name)
        start = {"type": "tool_use", "id": ident, "name": name, "input": {}}
        self._tools[event.key] = block = ToolBlock(start, custom=event.custom)
        self._blocks.push(block)

    def _tool_args(self, event: ToolArgs) -> None:
        block = self._tools.get(event.key)
        if block is not None and not block.over:
            block.args(event.text)

    def _tool_end(self, event: ToolEnd) -> None:
        if block := self._tools.get(event.key):
            block.end()

    def _annotation(self, event: Annotation) -> None:
        """Cite in the text that is open; a citation that comes after its text was closed has no place to go."""
        last = self._blocks.last
        if last is not None and last.kind == "text":
            last.add({"type": "citations_delta", "citation": _citation(event)})

    _HANDLERS: ClassVar[Mapping[type, Callable[["WireEvents", Any], None]]] = {
        TextDelta: _text,
        ThinkingDelta: _thinking,
        Signature: _signature,
        BlockEnd: _block_end,
        ToolStart: _tool_start,
        ToolArgs: _tool_args,
        ToolEnd: _tool_end,
        Annotation: _annotation,
    }


class StreamEncoder:
    """Writes the events of a stream as bytes."""

    def __init__(self, request: Request) -> None:
        self._events = WireEvents(request)

    def feed(self, event: Event) -> bytes:
        """Take one neutral event and give the frames to send."""
        return b"".join(frame(data["type"], orjson.dumps(data)) for data in self._events.feed(event))


def _thinking_start() -> Json:
    return {"type": "thinking", "thinking": "", "signature": ""}


def _citation(event: Annotation) -> Json:
    raw = event.raw or {}
    if raw.get("type") in _CITATIONS:
        return cast("Json", event.raw)
    return {
        "type": "web_search_result_location",
        "url": event.url or "",
        "title": event.title,
        "cited_text": "",
        "encrypted_index": "",
    }
