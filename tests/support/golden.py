"""The golden cases in the wheel of `llm-babel`, read into this project's neutral form so that they can judge it.

Each case holds a body (or events) of one format, what it means in llm-babel's own words (`expected_ir`,
`expected_emits`), and what it is in another format. `meaning` says what a request or an answer says, in plain values.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from itertools import groupby
from typing import Any, Final

import orjson

from filters.formats.canonical.events import (
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
    Usage,
)
from filters.formats.canonical.request import (
    Document,
    Image,
    Message,
    OutputFormat,
    Part,
    Request,
    Text,
    Thought,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)

Json = dict[str, Any]
NAMES: Final = {
    "openai-chat": "openai_chat",
    "deepseek": "openai_chat",  # these two speak Chat Completions, with habits of their own
    "mistral": "openai_chat",
    "openai-responses": "openai_responses",
    "anthropic-messages": "anthropic_messages",
}
_REASONS: Final = {
    "end_turn": FinishReason.STOP,
    "other": FinishReason.STOP,
    "tool_use": FinishReason.TOOL_CALLS,
    "malformed_tool_use": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "context_window_exceeded": FinishReason.LENGTH,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "content_filter": FinishReason.CONTENT_FILTER,
    "refusal": FinishReason.CONTENT_FILTER,
}
_NUMBERS: Final = (
    "max_tokens", "temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty",
    "parallel_tool_calls",
)  # fmt: skip


def cases() -> dict[str, Json]:
    """Return all cases by name."""
    found = (orjson.loads(file.read_bytes()) for file in (files("llm_transform") / "corpus/cases").iterdir())
    return {case["name"]: {"kind": "request", **case} for case in found}


# --- from llm-babel's words to the neutral form -----------------------------------------------------------------------


def request_of(ir: Json) -> Request:
    """Return the request that llm-babel's form means."""
    params, form = ir["params"], ir.get("response_format", {})
    system = [Message("system", [Text(part["text"]) for part in ir.get("system", [])])]
    schema, stop = form.get("json_schema"), params.get("stop", [])
    kind = "json_schema" if schema else "json_object"
    choice = ir.get("tool_choice")
    return Request(
        model=ir.get("model", ""),
        messages=[*system, *(_message(message) for message in ir["messages"])],
        tools=[
            Tool(tool["name"], tool.get("description"), tool.get("parameters"), tool.get("strict"))
            for tool in ir.get("tools", [])
        ],
        tool_choice=ToolChoice(choice["mode"], choice.get("tool_name")) if choice else None,
        stop=[stop] if isinstance(stop, str) else stop,
        output=OutputFormat(kind, form.get("name"), schema) if form.get("type") == "json" else None,
        stream=ir.get("stream", False),
        **{name: params.get(name) for name in _NUMBERS},
    )


def _message(message: Json) -> Message:
    role = {"tool": "user"}.get(message["role"], message["role"])
    return Message(role, [_part(part) for part in message["content"]])


def _part(part: Json) -> Part:
    kind = part["kind"]
    if kind == "text":
        return Text(part["text"])
    if kind == "reasoning":
        return Thought("", part["text"], "anthropic", redacted=True) if part.get("redacted") else Thought(part["text"])
    if kind == "tool_call":
        return ToolCall(part["id"], part["name"], orjson.dumps(part["input"]).decode())
    if kind == "tool_result":
        said = part["content"]
        return ToolResult(part["id"], _result(said), part.get("is_error", False))
    media = Image if part["media_kind"] == "image" else Document
    head, comma, data = part["data"].partition(",")
    if part["source"] == "url" and not comma:
        return media(url=part["data"])
    return media(data=data or head, media_type=part.get("media_type") or head.removeprefix("data:").partition(";")[0])


def _result(said: Any) -> list[Part]:
    if isinstance(said, list) and all("kind" in entry for entry in said):
        return [_part(entry) for entry in said]
    if isinstance(said, list) and all("text" in entry for entry in said):
        return [Text(entry["text"]) for entry in said]
    return [Text(said if isinstance(said, str) else orjson.dumps(said).decode())]


def events_of(ir: Json) -> list[Event]:
    """Return the events of the answer that llm-babel's form means."""
    candidate = ir["candidates"][0]
    return events_of_emits(
        [*candidate["content"], {"kind": "usage", **ir.get("usage", {})}, {**candidate, "kind": "meta"}]
    )


def events_of_emits(emits: Iterable[Json], start: Json | None = None) -> list[Event]:
    """Return the events that llm-babel's stream means; a call's start is left to its end, which tells it all."""
    start = start or {}
    events: list[Event] = [Start(start.get("id", ""), start.get("model", "m"), start.get("created", 0))]
    finish: list[Event] = [Finish(FinishReason.STOP)]
    for key, emit in enumerate(emits):
        if emit["kind"] == "meta":
            finish = [Finish(_REASONS[emit["stop_reason"]])]
        else:
            events += _emitted(emit, key)
    return [*events, *finish, End()]


def _emitted(emit: Json, key: int) -> Iterator[Event]:
    if emit["kind"] == "text":
        yield TextDelta(emit["text"])
    elif emit["kind"] == "reasoning":
        if emit.get("redacted"):
            yield Signature("anthropic", emit["text"], redacted=True)
        elif text := emit.get("text"):
            yield ThinkingDelta(text)
        if proof := emit.get("signature"):
            yield Signature("anthropic", proof)
    elif emit["kind"] == "tool_call":
        yield ToolStart(key, emit.get("id", ""), emit["name"])
        yield ToolArgs(key, orjson.dumps(emit["input"]).decode())
        yield ToolEnd(key)
    elif emit["kind"] == "usage":
        yield Usage(
            emit.get("input_tokens"), emit.get("output_tokens"), emit.get("cache_read_tokens"),
            emit.get("cache_write_tokens"), emit.get("reasoning_tokens"),
        )  # fmt: skip


# --- what is said, in plain values ------------------------------------------------------------------------------------


def meaning_of_request(request: Request) -> Json:
    """Return what a request asks; white space between texts is a writer's own affair."""
    system = [part.text for message in request.messages if message.role == "system" for part in message.parts]
    return {
        "model": request.model,
        "system": _plain("".join(system)),
        "messages": list(_turns(request.messages)),
        "tools": [(tool.name, tool.description or "", _schema(tool.schema)) for tool in request.tools],
        "tool_choice": (request.tool_choice.mode, request.tool_choice.name) if request.tool_choice else None,
        "output": (request.output.kind, request.output.schema) if request.output else None,
        "stop": list(request.stop),
        **{name: getattr(request, name) for name in _NUMBERS},
    }


def _turns(messages: Sequence[Message]) -> Iterator[tuple[str, list[Any]]]:
    spoken = [message for message in messages if message.role != "system"]
    for role, group in groupby(spoken, key=lambda message: message.role):
        parts = [part for message in group for part in message.parts]
        said = [value for kind, same in groupby(parts, key=type) for value in _said(kind, list(same))]
        if said:
            yield role, said


def _said(kind: type, parts: list[Any]) -> Iterator[Any]:
    if kind in {Text, Thought}:
        text = _plain("".join(part.text for part in parts))
        if text:
            yield kind.__name__, text
        return
    for part in parts:
        if isinstance(part, ToolCall):
            yield "call", part.id, part.name, orjson.loads(part.arguments or "{}")
        elif isinstance(part, ToolResult):
            yield "result", part.id, [value for entry in part.content for value in _said(type(entry), [entry])]
        else:
            yield kind.__name__, part.url or part.data


def _schema(schema: Json | None) -> Json:
    return {"type": "object", "properties": {}} | (schema or {})


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


def meaning_of_answer(events: Sequence[Event]) -> Json:
    """Return what an answer says. Counts that are not said count as none."""
    usage = Usage()
    calls: dict[int, list[str]] = {}
    texts = {"text": "", "thinking": ""}
    for event in events:
        if isinstance(event, Usage):
            usage = usage.updated(event)
        elif isinstance(event, ToolStart):
            calls[event.key] = [event.id, event.name, ""]
        elif isinstance(event, ToolArgs):
            calls[event.key][2] += event.text
        elif isinstance(event, TextDelta | ThinkingDelta):
            texts["text" if isinstance(event, TextDelta) else "thinking"] += event.text
    return {
        **texts,
        "calls": [(ident, name, orjson.loads(arguments or "{}")) for ident, name, arguments in calls.values()],
        "finish": [event.reason for event in events if isinstance(event, Finish)],
        "failed": any(isinstance(event, Failure) for event in events),
        "usage": [usage.input_tokens or 0, usage.output_tokens or 0, usage.cache_read or 0, usage.cache_write or 0],
    }
