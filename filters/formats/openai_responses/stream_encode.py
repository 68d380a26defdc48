"""The stream of an answer, written for a client of the Responses API.

A message and reasoning end where the next item begins; calls stay open until they end, several at once.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from filters.context import Json
from filters.formats.canonical import custom_tools
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
from filters.formats.canonical.seal import GOOGLE, OPENAI, seal
from filters.formats.openai_responses import response
from filters.formats.openai_responses.errors import error_event, failed_error
from filters.formats.openai_responses.frames import Frames
from filters.formats.openai_responses.items import CallItem, Item, MessageItem, ReasoningItem, SearchItem
from filters.formats.openai_responses.namespaces import short_name
from filters.formats.openai_responses.usage import encode_usage

_PING = b": ping\n\n"


class AnswerBuilder:
    """Takes neutral events, writes the events of Responses to `frames` and holds the response that they describe."""

    def __init__(self, request: Request, frames: Frames) -> None:
        self._request = request
        self._emit = frames
        self._custom = custom_tools.names(request.tools)
        self._searches = frozenset(tool.name for tool in request.tools if tool.search)
        self._namespaces = {tool.name: tool.namespace for tool in request.tools if tool.namespace}
        self.response: Json = {}
        self._stem = ""
        self._items: list[Item] = []
        self._message: MessageItem | None = None
        self._reasoning: ReasoningItem | None = None
        self._calls: dict[int, CallItem | SearchItem] = {}
        self._ids = CallIds(request)
        self._usage: Usage | None = None
        self._reason = FinishReason.STOP
        self._over = False

    def feed(self, event: Event) -> None:
        """Take one event. What comes after `End` or `Failure` is ignored, as is a `Ping`."""
        handler = self._HANDLERS.get(type(event))
        if handler is not None and not self._over:
            handler(self, event)

    def _start(self, event: Start) -> None:
        self.response = response.begin(event, self._request)
        self._stem = self.response["id"].removeprefix("resp_")
        self._emit("response.created", {"response": self.response})
        self._emit("response.in_progress", {"response": self.response})

    def _text(self, event: TextDelta) -> None:
        if event.text:
            self._open_message().text(event.text, refusal=event.refusal, logprobs=event.logprobs)

    def _annotation(self, event: Annotation) -> None:
        if event.url is not None:
            self._open_message().annotation(event.url, event.title or "", event.start, event.end)

    def _thinking(self, event: ThinkingDelta) -> None:
        if event.text:
            self._open_reasoning(None).text(event.text)

    def _signature(self, event: Signature) -> None:
        if event.redacted:
            self._close_reasoning()
        own = event.vendor == OPENAI
        item = self._open_reasoning(event.id if own else None)
        ident = event.id if event.vendor == GOOGLE else None
        item.proof(event.blob if own else seal(event.vendor, event.blob, id=ident, redacted=event.redacted))
        if event.redacted:
            self._close_reasoning()

    def _block_end(self, _: BlockEnd) -> None:
        self._close_reasoning()
        if self._message is not None:
            self._message.block_end()

    def _tool_start(self, event: ToolStart) -> None:
        self._close_message()
        self._close_reasoning()
        name = self._request.tool_names.get(event.name, event.name)
        custom = event.custom or name in self._custom
        index, namespace = len(self._items), self._namespaces.get(name)
        base: Json = {
            "id": f"{'ctc' if custom else 'fc'}_{self._stem}_{index}",
            "type": "custom_tool_call" if custom else "function_call",
            "call_id": self._ids.told(event.id),
            "name": short_name(namespace, name),
        }
        if namespace:
            base["namespace"] = namespace
        call: CallItem | SearchItem = (
            SearchItem(self._emit, index, base)
            if name in self._searches
            else CallItem(self._emit, index, base, wrapped=custom and not event.custom)
        )
        self._items.append(call)
        self._calls[event.key] = call

    def _tool_args(self, event: ToolArgs) -> None:
        self._calls[event.key].arguments(event.text)

    def _tool_end(self, event: ToolEnd) -> None:
        self._calls[event.key].close("completed")

    def _add_usage(self, event: Usage) -> None:
        self._usage = self._usage.updated(event) if self._usage else event

    def _finish(self, event: Finish) -> None:
        self._reason = event.reason

    def _end(self, _: End) -> None:
        status = response.status_of(self._reason)
        self._close_all(status)
        self._complete()
        self._emit(f"response.{status}", {"response": self.response})
        self._over = True

    def _fail(self, event: Failure) -> None:
        if not self._stem:
            self._start(Start("", ""))
        self._emit("error", error_event(event))
        self._emit.silent = True
        self._close_all("incomplete")
        self._emit.silent = False
        self._complete()
        self.response |= {"status": "failed", "incomplete_details": None, "error": failed_error(event)}
        self._emit("response.failed", {"response": self.response})
        self._over = True

    def _complete(self) -> None:
        usage = encode_usage(self._usage) if self._usage is not None else None
        response.end(self.response, [item.json for item in self._items], usage, self._reason)

    def _open_message(self) -> MessageItem:
        self._close_reasoning()
        if self._message is None:
            self._message = MessageItem(self._emit, len(self._items), self._stem)
            self._items.append(self._message)
        return self._message

    def _open_reasoning(self, item_id: str | None) -> ReasoningItem:
        self._close_message()
        if self._reasoning is None:
            index = len(self._items)
            self._reasoning = ReasoningItem(self._emit, index, item_id or f"rs_{self._stem}_{index}")
            self._items.append(self._reasoning)
        return self._reasoning

    def _close_message(self) -> None:
        if self._message is not None:
            self._message.close("completed")
            self._message = None

    def _close_reasoning(self) -> None:
        if self._reasoning is not None:
            self._reasoning.close("completed")
            self._reasoning = None

    def _close_all(self, status: str) -> None:
        for item in self._items:
            item.close(status)

    _HANDLERS: ClassVar[Mapping[type[Any], Callable[[Any, Any], None]]] = {
        Start: _start,
        TextDelta: _text,
        ThinkingDelta: _thinking,
        Signature: _signature,
        BlockEnd: _block_end,
        Annotation: _annotation,
        ToolStart: _tool_start,
        ToolArgs: _tool_args,
        ToolEnd: _tool_end,
        Usage: _add_usage,
        Finish: _finish,
        End: _end,
        Failure: _fail,
    }


class StreamEncoder:
    """Writes an answer as server-sent events."""

    def __init__(self, request: Request) -> None:
        self._frames = Frames()
        self._builder = AnswerBuilder(request, self._frames)

    def feed(self, event: Event) -> bytes:
        """Take one event and give the frames to send; a `Ping` is a comment, for which Responses has no event."""
        if type(event) is Ping:
            return _PING
        self._builder.feed(event)
        return self._frames.take()
