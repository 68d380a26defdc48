"""The deltas of which an answer is made, for a caller of Chat Completions."""

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final
from uuid import uuid4

from filters.context import Json
from filters.formats.canonical import custom_tools
from filters.formats.canonical.call_ids import CallIds
from filters.formats.canonical.events import (
    Annotation,
    BlockEnd,
    Event,
    Finish,
    FinishReason,
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
from filters.formats.canonical.seal import GOOGLE
from filters.formats.openai_chat import reasoning_details

_REASONS: Final = {
    FinishReason.LENGTH: "length",
    FinishReason.TOOL_CALLS: "tool_calls",
    FinishReason.CONTENT_FILTER: "content_filter",
}


class Deltas:
    """Turns events into the deltas of a message, and remembers what the end of an answer needs.

    Tool calls are numbered in the order of their starts. A call of a custom tool that came as a function's is held
    until its JSON is complete, and then given as free text.
    """

    def __init__(self, request: Request) -> None:
        self.id = ""
        self.model = request.model
        self.created = 0
        self.usage = Usage()
        self.finish_reason = "stop"
        self._custom = custom_tools.names(request.tools)
        self._names = request.tool_names
        self._ids = CallIds(request)
        self._signature: str | None = None
        self._numbers: dict[int, int] = {}
        self._silent: set[int] = set()
        self._held: dict[int, list[str]] = {}
        self._free: set[int] = set()
        self._thought: list[str] = []
        self._thought_ended = False
        self._proofs = 0

    def feed(self, event: Event) -> Json | None:
        """Return the delta that an event makes, None where it makes none."""
        writer = self._WRITERS.get(type(event))
        return writer(self, event) if writer else None

    def _start(self, event: Start) -> Json:
        self.id, self.model = event.id or f"chatcmpl-{uuid4().hex}", event.model or self.model
        self.created = event.created or int(time.time())
        return {"role": "assistant", "content": ""}

    def _text(self, event: TextDelta) -> Json:
        return {"refusal" if event.refusal else "content": event.text}

    def _thinking(self, event: ThinkingDelta) -> Json:
        gap = "\n\n" if self._thought_ended else ""
        if self._thought_ended:
            self._thought, self._thought_ended = [], False
        self._thought.append(event.text)
        return {"reasoning_content": gap + event.text}

    def _block_end(self, _event: BlockEnd) -> None:
        self._thought_ended = bool(self._thought)

    def _sign(self, event: Signature) -> Json | None:
        """Keep Gemini's signature for the call that follows; other proofs have their place in `reasoning_details`."""
        if event.vendor == GOOGLE:
            self._signature = event.blob
            return None
        text = "" if event.redacted or self._thought_ended else "".join(self._thought)
        details = reasoning_details.written(self._proofs, text, event)
        self._proofs += len(details)
        return {"reasoning_details": details} if details else None

    def _tool_start(self, event: ToolStart) -> Json:
        number = self._numbers[event.key] = len(self._numbers)
        name = self._names.get(event.name, event.name)
        call: Json = {"index": number, "id": self._ids.told(event.id)}
        if self._signature:
            call["extra_content"] = {"google": {"thought_signature": self._signature}}
            self._signature = None
        if not event.custom and name in self._custom:
            self._held[event.key] = []
        if event.custom or name in self._custom:
            self._free.add(event.key)
            return {"tool_calls": [call | {"type": "custom", "custom": {"name": name, "input": ""}}]}
        self._silent.add(event.key)
        return {"tool_calls": [call | {"type": "function", "function": {"name": name, "arguments": ""}}]}

    def _tool_args(self, event: ToolArgs) -> Json | None:
        if event.key in self._held:
            self._held[event.key].append(event.text)
            return None
        self._silent.discard(event.key)
        return self._piece(event.key, event.text)

    def _tool_end(self, event: ToolEnd) -> Json | None:
        if event.key in self._held:
            return self._piece(event.key, custom_tools.to_text("".join(self._held.pop(event.key))))
        return self._piece(event.key, "{}") if event.key in self._silent else None

    def _annotation(self, event: Annotation) -> Json | None:
        if event.url is None:
            return None
        cited = {
            "url": event.url,
            "title": event.title or "",
            "start_index": event.start or 0,
            "end_index": event.end or 0,
        }
        return {"annotations": [{"type": "url_citation", "url_citation": cited}]}

    def _count(self, event: Usage) -> None:
        self.usage = self.usage.updated(event)

    def _finish(self, event: Finish) -> None:
        reason = event.reason
        if reason in {FinishReason.STOP, FinishReason.STOP_SEQUENCE} and self._numbers:
            reason = FinishReason.TOOL_CALLS
        self.finish_reason = _REASONS.get(reason, "stop")

    def _piece(self, key: int, text: str) -> Json:
        said = {"custom": {"input": text}} if key in self._free else {"function": {"arguments": text}}
        return {"tool_calls": [{"index": self._numbers[key], **said}]}

    _WRITERS: ClassVar[Mapping[type, Callable[["Deltas", Any], Json | None]]] = {
        Start: _start,
        TextDelta: _text,
        ThinkingDelta: _thinking,
        Signature: _sign,
        BlockEnd: _block_end,
        ToolStart: _tool_start,
        ToolArgs: _tool_args,
        ToolEnd: _tool_end,
        Annotation: _annotation,
        Usage: _count,
        Finish: _finish,
    }


def logprobs_of(event: TextDelta) -> Json | None:
    """Return the log probabilities of a piece of text, as a choice holds them."""
    if not event.logprobs:
        return None
    return (
        {"content": None, "refusal": event.logprobs} if event.refusal else {"content": event.logprobs, "refusal": None}
    )
