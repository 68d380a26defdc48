"""A provider's whole answer, read as events, and the pieces of which its stream is read too."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from filters.context import Json
from filters.formats.canonical.events import (
    Annotation,
    BlockEnd,
    End,
    Event,
    Failure,
    Finish,
    FinishReason,
    Signature,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
)
from filters.formats.canonical.fields import LARGEST, count_of, object_of, objects_of, text_of
from filters.formats.canonical.seal import OPENAI, opened
from filters.formats.openai_responses.errors import read_stream_error
from filters.formats.openai_responses.namespaces import full_name
from filters.formats.openai_responses.usage import decode_usage

CALLS: Final = frozenset(("function_call", "custom_tool_call"))
_DONE: Final = frozenset(("completed", "incomplete", ""))
_UNFINISHED: Final = frozenset(("queued", "in_progress"))


def decode_answer(body: Json) -> Iterable[Event]:
    """Read a whole answer; one that failed or that is no answer becomes a `Failure`."""
    output = body.get("output")
    if body.get("error") or text_of(body, "status") == "failed":
        return [read_stream_error(body.get("error"))]
    if not isinstance(output, list) or text_of(body, "status") not in _DONE:
        return [Failure(502, "the provider's answer is not a response that came to its end")]
    items = objects_of(body, "output")
    events: list[Event] = [start(body)]
    for key, item in enumerate(items):
        events += item_events(item, key)
    called = any(text_of(item, "type") in CALLS for item in items)
    return [*events, *ending(body, called=called), End()]


def start(response: Json) -> Start:
    """Read what a response says of itself from the first event on."""
    created = response.get("created_at")
    at = int(created) if isinstance(created, int | float) and 0 <= created <= LARGEST else 0
    return Start(text_of(response, "id"), text_of(response, "model"), at)


def ending(response: Json, *, called: bool) -> Iterator[Event]:
    """Read what a response says at its end: the tokens, and why it stopped."""
    usage = response.get("usage")
    if isinstance(usage, dict):
        yield decode_usage(usage)
    if response.get("status") == "incomplete" or response.get("incomplete_details"):
        why = text_of(object_of(response, "incomplete_details"), "reason")
        yield Finish(FinishReason.CONTENT_FILTER if why == "content_filter" else FinishReason.LENGTH)
    else:
        yield Finish(FinishReason.TOOL_CALLS if called else FinishReason.STOP)


def item_events(item: Json, key: int) -> Iterator[Event]:
    """Read a whole item; those of tools that OpenAI runs itself mean nothing to others."""
    reader = _READERS.get(text_of(item, "type"))
    return reader(item, key) if reader else iter(())


def _message(item: Json, _key: int) -> Iterator[Event]:
    parts = objects_of(item, "content")
    for part in parts:
        yield from _part(part)
    if parts:
        yield BlockEnd()


def _part(part: Json) -> Iterator[Event]:
    if refusal := text_of(part, "refusal"):
        yield TextDelta(refusal, refusal=True)
    if text := text_of(part, "text"):
        yield TextDelta(text, logprobs=part.get("logprobs") or None)
    for entry in objects_of(part, "annotations"):
        yield annotation(entry)


def annotation(entry: Json) -> Annotation:
    """Read a citation of the text."""
    return Annotation(
        url=text_of(entry, "url") or None,
        title=text_of(entry, "title") or None,
        start=count_of(entry, "start_index"),
        end=count_of(entry, "end_index"),
        raw=entry,
    )


def _reasoning(item: Json, _key: int) -> Iterator[Event]:
    shown = objects_of(item, "summary") or objects_of(item, "content")
    text = "\n\n".join(text_of(part, "text") for part in shown)
    if text:
        yield ThinkingDelta(text)
    yield from reasoning_end(item, shown=bool(text))


def reasoning_end(item: Json, *, shown: bool) -> Iterator[Event]:
    """Read the end of a reasoning item: its proof, which is all there is where nothing was shown."""
    open_block = shown
    if proof := text_of(item, "encrypted_content"):
        sealed = opened(proof, OPENAI)
        own = sealed.origin == OPENAI
        redacted = sealed.redacted or (own and not shown)
        open_block = not redacted
        item_id = text_of(item, "id") or None if own else sealed.id
        yield Signature(sealed.origin, sealed.blob, redacted=redacted, id=item_id)
    if open_block:
        yield BlockEnd()


def _call(item: Json, key: int) -> Iterator[Event]:
    yield tool_start(item, key)
    if arguments := call_text(item):
        yield ToolArgs(key, arguments)
    yield ToolEnd(key)


def tool_start(item: Json, key: int) -> ToolStart:
    """Read who is called."""
    name = full_name(text_of(item, "namespace"), text_of(item, "name"))
    call_id = text_of(item, "call_id") or text_of(item, "id")
    return ToolStart(key, call_id, name, custom=item.get("type") == "custom_tool_call")


def call_text(event: Json) -> str:
    """Return the arguments of a call, or the input of a custom tool's, from an item or from a `done` event."""
    return text_of(event, "arguments") or text_of(event, "input")


_READERS: Final[Mapping[str, Callable[[Json, int], Iterator[Event]]]] = {
    "message": _message,
    "reasoning": _reasoning,
    "function_call": _call,
    "custom_tool_call": _call,
}


def is_unfinished(body: Json) -> bool:
    """Tell a response of `background: true` that is still being made."""
    return text_of(body, "status") in _UNFINISHED
