"""A provider's stream, read event by event.

Whatever the events between leave out, `response.output_item.done` still holds: an item (or a rest of its arguments)
that was not streamed is taken from there. An answer is complete only with `response.completed` or `.incomplete`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import orjson

from filters.context import Json
from filters.formats.canonical.events import BlockEnd, End, Event, Failure, TextDelta, ThinkingDelta, ToolArgs, ToolEnd
from filters.formats.canonical.fields import object_of, objects_of, text_of
from filters.formats.canonical.nesting import load_json
from filters.formats.openai_responses.answer_decode import (
    CALLS,
    annotation,
    call_text,
    ending,
    item_events,
    reasoning_end,
    start,
    tool_start,
)
from filters.formats.openai_responses.errors import read_stream_error
from filters.formats.sse import SseEvent

_CUT: Final = "the provider's stream ended before its answer was complete"
_MALFORMED: Final = "the provider's stream holds an event that is not a JSON object"


@dataclass(slots=True)
class _Item:
    """What is known of an item. `key` tells calls apart; `pieces` are the arguments that came."""

    key: int
    called: bool = False
    ended: bool = False
    shown: bool = False
    pieces: list[str] = field(default_factory=list)


class StreamDecoder:
    """Reads a provider's events."""

    def __init__(self) -> None:
        self._items: dict[int | str, _Item] = {}
        self._latest: _Item | None = None
        self._started = False
        self._called = False
        self.settled = False
        self._over = False

    def feed(self, event: SseEvent) -> Iterable[Event]:
        """Take one event of the wire and give the neutral events that it means."""
        if self._over or self.settled or event.data == b"[DONE]":
            return ()
        try:
            data = load_json(event.data)
        except orjson.JSONDecodeError:
            data = None
        if not isinstance(data, dict):
            return self._fail(Failure(502, _MALFORMED))
        kind = text_of(data, "type") or event.event
        if kind in self._FAILURES:
            return self._fail(self._FAILURES[kind](data))
        handler = self._HANDLERS.get(kind)
        return [*self._begin(data), *handler(self, data)] if handler else ()

    def close(self) -> Iterable[Event]:
        """Take the end of the stream: `End` if the answer was complete, else `Failure`. Nothing after either."""
        if self._over:
            return ()
        self._over = True
        return [End() if self.settled else Failure(502, _CUT)]

    def _fail(self, failure: Failure) -> Iterable[Event]:
        self._over = True
        return [failure]

    def _begin(self, data: Json) -> Iterator[Event]:
        if not self._started:
            self._started = True
            yield start(object_of(data, "response"))

    def _item(self, data: Json) -> _Item:
        """Return the item that an event is about: by its place, else by an id, else the one before was about."""
        wire, place = object_of(data, "item"), data.get("output_index")
        if not isinstance(place, int):
            place = text_of(data, "item_id") or text_of(wire, "id") or text_of(wire, "call_id")
        if place == "" and self._latest is not None:
            return self._latest
        item = self._items.get(place)
        if item is None:
            item = self._items[place] = _Item(len(self._items))
        self._latest = item
        return item

    def _added(self, data: Json) -> Iterator[Event]:
        item, wire = self._item(data), object_of(data, "item")
        if text_of(wire, "type") in CALLS and text_of(wire, "name"):
            yield from self._call(item, wire)

    def _call(self, item: _Item, wire: Json) -> Iterator[Event]:
        """Begin a call, with the arguments that came before anything said whose they are."""
        if not item.called:
            item.called = self._called = True
            yield tool_start(wire, item.key)
            if item.pieces:
                yield ToolArgs(item.key, "".join(item.pieces))

    def _arguments(self, data: Json) -> Iterator[Event]:
        item, delta = self._item(data), text_of(data, "delta")
        if delta and not item.ended:
            item.pieces.append(delta)
            if item.called:
                yield ToolArgs(item.key, delta)

    def _arguments_done(self, data: Json) -> Iterator[Event]:
        item, whole = self._item(data), call_text(data)
        if item.called and (whole or item.pieces):
            yield from self._end_call(item, whole)

    def _end_call(self, item: _Item, whole: str) -> Iterator[Event]:
        if item.ended:
            return
        item.ended = True
        came = "".join(item.pieces)
        if len(whole) > len(came) and whole.startswith(came):
            yield ToolArgs(item.key, whole[len(came) :])
        yield ToolEnd(item.key)

    def _text(self, data: Json) -> Iterator[Event]:
        if delta := text_of(data, "delta"):
            self._item(data).shown = True
            yield TextDelta(delta, logprobs=data.get("logprobs") or None)

    def _refusal(self, data: Json) -> Iterator[Event]:
        if delta := text_of(data, "delta"):
            self._item(data).shown = True
            yield TextDelta(delta, refusal=True)

    def _annotation(self, data: Json) -> Iterator[Event]:
        if entry := object_of(data, "annotation"):
            yield annotation(entry)

    def _thinking(self, data: Json) -> Iterator[Event]:
        if delta := text_of(data, "delta"):
            self._item(data).shown = True
            yield ThinkingDelta(delta)

    def _summary_part(self, data: Json) -> Iterator[Event]:
        if self._item(data).shown:
            yield ThinkingDelta("\n\n")

    def _item_done(self, data: Json) -> Iterator[Event]:
        item, wire = self._item(data), object_of(data, "item")
        kind = text_of(wire, "type")
        if item.ended:
            return
        if kind in CALLS:
            yield from self._call(item, wire)
            yield from self._end_call(item, call_text(wire))
        elif not item.shown:
            yield from item_events(wire, item.key)
        elif kind == "reasoning":
            yield from reasoning_end(wire, shown=True)
        else:
            yield BlockEnd()
        item.ended = True

    def _terminal(self, data: Json) -> Iterator[Event]:
        response = object_of(data, "response")
        if not self._items:
            for key, wire in enumerate(objects_of(response, "output")):
                self._called = self._called or text_of(wire, "type") in CALLS
                yield from item_events(wire, key)
        for item in self._items.values():
            if item.called:
                yield from self._end_call(item, "")
        self.settled = True
        yield from ending(response, called=self._called)

    _FAILURES: ClassVar[Mapping[str, Callable[[Json], Failure]]] = {
        "error": lambda data: read_stream_error(data.get("error") or data),
        "response.failed": lambda data: read_stream_error(object_of(data, "response").get("error")),
        "response.cancelled": lambda data: read_stream_error(object_of(data, "response").get("error")),
    }
    _HANDLERS: ClassVar[Mapping[str, Callable[[Any, Json], Iterable[Event]]]] = {
        "response.created": _begin,
        "response.queued": _begin,
        "response.in_progress": _begin,
        "response.output_item.added": _added,
        "response.output_item.done": _item_done,
        "response.output_text.delta": _text,
        "response.refusal.delta": _refusal,
        "response.output_text.annotation.added": _annotation,
        "response.reasoning_summary_part.added": _summary_part,
        "response.reasoning_summary_text.delta": _thinking,
        "response.reasoning_text.delta": _thinking,
        "response.function_call_arguments.delta": _arguments,
        "response.function_call_arguments.done": _arguments_done,
        "response.custom_tool_call_input.delta": _arguments,
        "response.custom_tool_call_input.done": _arguments_done,
        "response.completed": _terminal,
        "response.incomplete": _terminal,
    }
