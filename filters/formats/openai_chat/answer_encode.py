"""A whole answer for a caller of Chat Completions: the sum of the deltas that its stream would send."""

from collections.abc import Iterable

from filters.context import Json
from filters.formats.canonical.events import Event, Failure, TextDelta
from filters.formats.canonical.request import Request
from filters.formats.openai_chat.deltas import Deltas, logprobs_of
from filters.formats.openai_chat.usage import encode_usage


def encode_answer(events: Iterable[Event], request: Request) -> Json:
    """Write a whole answer. Raises ValueError on a `Failure`, which has a shape of its own (`encode_error`)."""
    deltas, message = Deltas(request), _Message()
    for event in events:
        if isinstance(event, Failure):
            raise ValueError("a failure is not an answer")  # noqa: TRY004  # its value is wrong, not its type
        delta = deltas.feed(event)
        if delta is not None:
            message.add(delta, event)
    choice = {
        "index": 0,
        "message": message.whole(),
        "logprobs": message.logprobs or None,
        "finish_reason": deltas.finish_reason,
    }
    return {
        "id": deltas.id,
        "object": "chat.completion",
        "created": deltas.created,
        "model": deltas.model,
        "choices": [choice],
        "usage": encode_usage(deltas.usage),
    }


class _Message:
    """The sum of deltas."""

    def __init__(self) -> None:
        self.logprobs: Json = {}
        self._texts: dict[str, list[str]] = {}
        self._calls: list[Json] = []
        self._details: list[Json] = []
        self._annotations: list[Json] = []

    def add(self, delta: Json, event: Event) -> None:
        for name in ("content", "refusal", "reasoning_content"):
            if piece := delta.get(name):
                self._texts.setdefault(name, []).append(piece)
        for piece in delta.get("tool_calls", ()):
            self._add_call(piece)
        self._details += delta.get("reasoning_details", ())
        self._annotations += delta.get("annotations", ())
        if isinstance(event, TextDelta) and (logprobs := logprobs_of(event)):
            for name, tokens in logprobs.items():
                self.logprobs[name] = (self.logprobs.get(name) or []) + tokens if tokens else self.logprobs.get(name)

    def whole(self) -> Json:
        message: Json = {"role": "assistant"}
        for name in ("content", "refusal"):
            message[name] = "".join(self._texts[name]) if name in self._texts else None
        if thinking := self._texts.get("reasoning_content"):
            message["reasoning_content"] = "".join(thinking)
        if self._details:
            message["reasoning_details"] = self._details
        if self._calls:
            message["tool_calls"] = self._calls
        message["annotations"] = self._annotations
        return message

    def _add_call(self, piece: Json) -> None:
        if "id" in piece:
            self._calls.append({name: value for name, value in piece.items() if name != "index"})
            return
        kind, field = ("custom", "input") if "custom" in piece else ("function", "arguments")
        self._calls[piece["index"]][kind][field] += piece[kind][field]
