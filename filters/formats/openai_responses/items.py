"""The items of an answer, each of which writes its own events and grows into what the response holds in the end.

An item's id, its place and its text agree in every event, because each item writes all of its own.
"""

from typing import Any, Final, Protocol

import orjson

from filters.context import Json
from filters.formats.openai_responses.custom_input import CustomInput
from filters.formats.openai_responses.frames import Frames
from filters.formats.openai_responses.response import logprobs_list


class Item(Protocol):
    """What all items have."""

    json: Json
    """The item as it stands."""

    def close(self, status: str) -> None:
        """Write that the item is done, unless that is written already."""


class MessageItem:
    """Text or a refusal."""

    def __init__(self, emit: Frames, index: int, stem: str) -> None:
        self._emit = emit
        self._where: Json = {"item_id": f"msg_{stem}_{index}", "output_index": index, "content_index": -1}
        self._part: Json | None = None
        self._refusal = False
        self._pieces: list[str] = []
        self._length = 0
        self._block = 0
        self._closed = False
        self.json: Json = {
            "id": self._where["item_id"],
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        emit("response.output_item.added", {"output_index": index, "item": self.json})

    def text(self, delta: str, *, refusal: bool, logprobs: Any) -> None:
        """Add a piece of text."""
        part = self._open(refusal=refusal)
        self._pieces.append(delta)
        self._length += len(delta)
        if refusal:
            self._emit("response.refusal.delta", {**self._where, "delta": delta})
            return
        found = logprobs_list(logprobs) if logprobs else []
        part["logprobs"] += found
        self._emit("response.output_text.delta", {**self._where, "delta": delta, "logprobs": found})

    def block_end(self) -> None:
        """Note where the provider's block ends; text that follows goes on in the same part, as a reader sees it."""
        self._block = self._length

    def annotation(self, url: str, title: str, start: int | None, end: int | None) -> None:
        """Cite a source of the text since the last block, unless it says of which."""
        part = self._open(refusal=False)
        cited = {
            "type": "url_citation",
            "url": url,
            "title": title,
            "start_index": self._block if start is None else start,
            "end_index": self._length if end is None else end,
        }
        place = {"annotation_index": len(part["annotations"]), "annotation": cited}
        part["annotations"].append(cited)
        self._emit("response.output_text.annotation.added", {**self._where, **place})

    def close(self, status: str) -> None:
        """Write that the item is done, unless that is written already."""
        if self._closed:
            return
        self._closed = True
        self._close_part()
        self.json["status"] = status
        self._emit("response.output_item.done", {"output_index": self._where["output_index"], "item": self.json})

    def _open(self, *, refusal: bool) -> Json:
        if self._part is not None and self._refusal == refusal:
            return self._part
        self._close_part()
        self._part = {"type": "refusal", "refusal": ""} if refusal else _output_text()
        self._refusal = refusal
        self._where["content_index"] += 1
        self._emit("response.content_part.added", {**self._where, "part": self._part})
        self.json["content"].append(self._part)
        return self._part

    def _close_part(self) -> None:
        if self._part is None:
            return
        part, text = self._part, "".join(self._pieces)
        self._part, self._pieces, self._length, self._block = None, [], 0, 0
        part["refusal" if self._refusal else "text"] = text
        if self._refusal:
            self._emit("response.refusal.done", {**self._where, "refusal": text})
        else:
            self._emit("response.output_text.done", {**self._where, "text": text, "logprobs": part["logprobs"]})
        self._emit("response.content_part.done", {**self._where, "part": part})


def _output_text() -> Json:
    return {"type": "output_text", "text": "", "annotations": [], "logprobs": []}


class ReasoningItem:
    """Thinking, which Responses shows as a summary, and the vendor's proof of it."""

    def __init__(self, emit: Frames, index: int, item_id: str) -> None:
        self._emit = emit
        self._where: Json = {"item_id": item_id, "output_index": index, "summary_index": 0}
        self._pieces: list[str] = []
        self._closed = False
        self.json: Json = {"id": item_id, "type": "reasoning", "summary": []}
        emit("response.output_item.added", {"output_index": index, "item": self.json})

    def text(self, delta: str) -> None:
        """Add a piece of thinking."""
        if not self._pieces:
            part = {"type": "summary_text", "text": ""}
            self._emit("response.reasoning_summary_part.added", {**self._where, "part": part})
        self._pieces.append(delta)
        self._emit("response.reasoning_summary_text.delta", {**self._where, "delta": delta})

    def proof(self, text: str) -> None:
        """Set what the client must send back for the thinking to count."""
        self.json["encrypted_content"] = text

    def close(self, status: str) -> None:  # noqa: ARG002 (reasoning has none)
        """Write that the item is done, unless that is written already."""
        if self._closed:
            return
        self._closed = True
        if self._pieces:
            part = {"type": "summary_text", "text": "".join(self._pieces)}
            self.json["summary"] = [part]
            self._emit("response.reasoning_summary_text.done", {**self._where, "text": part["text"]})
            self._emit("response.reasoning_summary_part.done", {**self._where, "part": part})
        self._emit("response.output_item.done", {"output_index": self._where["output_index"], "item": self.json})


_NOTHING: Final = "{}"
"""What a call without arguments is written as; an empty string is no JSON."""


class CallItem:
    """A call of a function, or of a custom tool.

    `wrapped` tells that the text of a custom tool comes as the arguments of the function that stood for it.
    """

    def __init__(self, emit: Frames, index: int, base: Json, *, wrapped: bool) -> None:
        self._emit = emit
        self._where: Json = {"item_id": base["id"], "output_index": index}
        self._custom = base["type"] == "custom_tool_call"
        self._field = "input" if self._custom else "arguments"
        self._event = "response.custom_tool_call_input" if self._custom else "response.function_call_arguments"
        self._input = CustomInput() if wrapped else None
        self._pieces: list[str] = []
        self._closed = False
        self.json: Json = {**base, self._field: ""}
        if not self._custom:
            self.json["status"] = "in_progress"
        emit("response.output_item.added", {"output_index": index, "item": self.json})

    def arguments(self, piece: str) -> None:
        """Add a piece of the arguments."""
        self._add(self._input.feed(piece) if self._input else piece)

    def close(self, status: str) -> None:
        """Write that the item is done, unless that is written already."""
        if self._closed:
            return
        self._closed = True
        if self._input:
            self._add(self._input.close())
        if not self._pieces and not self._custom:
            self._add(_NOTHING)
        whole = "".join(self._pieces)
        self.json[self._field] = whole
        if not self._custom:
            self.json["status"] = status
        self._emit(f"{self._event}.done", {**self._where, self._field: whole})
        self._emit("response.output_item.done", {"output_index": self._where["output_index"], "item": self.json})

    def _add(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)
            self._emit(f"{self._event}.delta", {**self._where, "delta": piece})


class SearchItem:
    """A call of the client's tool search: an item of its own, whose arguments are an object and are not streamed."""

    def __init__(self, emit: Frames, index: int, base: Json) -> None:
        self._emit = emit
        self._index = index
        self._pieces: list[str] = []
        self._closed = False
        self.json: Json = {
            "id": base["id"],
            "type": "tool_search_call",
            "execution": "client",
            "call_id": base["call_id"],
            "status": "in_progress",
            "arguments": {},
        }
        emit("response.output_item.added", {"output_index": index, "item": self.json})

    def arguments(self, piece: str) -> None:
        """Add a piece of the arguments."""
        self._pieces.append(piece)

    def close(self, status: str) -> None:
        """Write that the item is done, unless that is written already."""
        if self._closed:
            return
        self._closed = True
        self.json["arguments"] = _object("".join(self._pieces))
        self.json["status"] = status
        self._emit("response.output_item.done", {"output_index": self._index, "item": self.json})


def _object(text: str) -> Json:
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        found = None
    return found if isinstance(found, dict) else {"query": text}
