"""Answers of providers, spoilt: their JSON, their events, their bytes, their headers and their framing."""

import asyncio
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Final

from filters.context import WireFormat
from tests.support.fuzz.mutations import mutate

Json = dict[str, Any]
_DEEP: Final = "[" * 300 + "]" * 300
_CALL: Final = {"name": "weather", "arguments": '{"city": "Bern"}'}
_CHAT: Final[Json] = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
        "role": "assistant", "content": "hi", "reasoning_content": "hm",
        "tool_calls": [{"id": "call_1", "type": "function", "function": _CALL}],
    }}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}  # fmt: skip
_MESSAGES: Final[Json] = {
    "type": "message", "id": "msg_1", "role": "assistant", "model": "m", "stop_reason": "tool_use",
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "text", "text": "hi"},
        {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Bern"}},
    ],
    "usage": {"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 0},
}  # fmt: skip
_RESPONSES: Final[Json] = {
    "object": "response", "id": "resp_1", "status": "completed", "model": "m", "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "id": "m_1", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", **_CALL},
    ],
    "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
}  # fmt: skip
_CHUNK: Final = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
_EVENTS: Final[Mapping[WireFormat, Sequence[Json]]] = {
    "openai_chat": (
        {**_CHUNK, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "hi"}}]},
        {**_CHUNK, "choices": [{"index": 0, "delta": {
            "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": _CALL}],
        }}]},
        {**_CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        {**_CHUNK, "choices": [], "usage": _CHAT["usage"]},
    ),
    "anthropic_messages": (
        {"type": "message_start", "message": {**_MESSAGES, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {
            "type": "tool_use", "id": "toolu_1", "name": "weather", "input": {},
        }},
        {"type": "content_block_delta", "index": 1, "delta": {
            "type": "input_json_delta", "partial_json": '{"city": "Bern"}',
        }},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ),
    "openai_responses": (
        {"type": "response.created", "response": {**_RESPONSES, "output": [], "status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": _RESPONSES["output"][1]},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "m_1", "delta": "hi"},
        {"type": "response.output_item.done", "output_index": 0, "item": _RESPONSES["output"][1]},
        {"type": "response.output_item.added", "output_index": 1, "item": {**_RESPONSES["output"][2], "arguments": ""}},
        {"type": "response.function_call_arguments.delta", "output_index": 1, "item_id": "fc_1", "delta": "{}"},
        {"type": "response.output_item.done", "output_index": 1, "item": _RESPONSES["output"][2]},
        {"type": "response.completed", "response": _RESPONSES},
    ),
}  # fmt: skip
_WHOLE: Final = {
    "openai_chat": _CHAT,
    "anthropic_messages": _MESSAGES,
    "openai_responses": _RESPONSES,
}
_STATUSES: Final = (b"200 OK",) * 12 + (
    b"201 Created", b"204 No Content", b"302 Found", b"304 Not Modified", b"400 Bad", b"401 No", b"404 No", b"429 Slow",
    b"500 Oops", b"503 Busy", b"529 Busy", b"600 What", b"999 What", b"099 What", b"20x What", b"101 Switching",
)  # fmt: skip
_HEADERS: Final = (
    b"Content-Type: application/json\x0b; a", b"Content-Type: text/html", b"Content-Type: ", b"X-Long: " + b"x" * 9000,
    b"Retry-After: never", b"Retry-After: -1", b"x-ratelimit-left: \xff\xfe", b"Content-Encoding: br",
    b"Content-Encoding: gzip", b"openai-organization: org-secret", b"request-id: a\tb", b"x-request-id: \x7f",
    b"Transfer-Encoding: chunked", b"Content-Length: 7", b"Content-Length: -1", b"Set-Cookie: a=b", b"Bad header",
)  # fmt: skip


def answer(wire: WireFormat, rng: Random, *, stream: bool) -> bytes:
    """Return a whole answer, head and all; some are good."""
    body = _stream(wire, rng) if stream else _text(_WHOLE[wire], rng)
    if rng.random() < 0.3:
        body = _scrambled(body, rng)
    kind = b"text/event-stream" if stream != (rng.random() < 0.05) else b"application/json"
    head = [b"HTTP/1.1 " + rng.choice(_STATUSES), b"Content-Type: " + kind, b"Connection: close"]
    if rng.random() < 0.1:
        body = gzip.compress(body)[: rng.choice((5, 10**9))]
        head.append(b"Content-Encoding: gzip")
    if rng.random() < 0.3:
        head.insert(rng.randrange(1, len(head) + 1), rng.choice(_HEADERS))
    if rng.random() < 0.5:
        head.append(b"Content-Length: %d" % (len(body) + rng.choice((0, 0, 0, 0, 1, -1))))
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def _text(value: Json, rng: Random) -> bytes:
    changed = value if rng.random() < 0.1 else mutate(value, rng)
    text = json.dumps(changed, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.1:
        text = text.replace('"Bern"', _DEEP).replace('\\"Bern\\"', _DEEP)
    return text.encode("utf-8", "surrogatepass")


def _stream(wire: WireFormat, rng: Random) -> bytes:
    events = list(_events(wire, rng))
    if rng.random() < 0.3:
        rng.shuffle(events)
    return b"".join(events)


def _events(wire: WireFormat, rng: Random) -> Iterator[bytes]:
    spoilt = rng.randrange(-1, len(_EVENTS[wire]))
    for number, event in enumerate(_EVENTS[wire]):
        name = f"event: {event['type']}\n".encode() if "type" in event else b""
        if rng.random() < 0.05:
            yield rng.choice((b": ping\n\n", b"data:\n\n", b"data: {\n\n", b"event: error\ndata: {}\n\n", b"id: 1\n\n"))
        yield name + b"data: " + (_text(event, rng) if number == spoilt else json.dumps(event).encode()) + b"\n\n"
    if wire == "openai_chat":
        yield b"data: [DONE]\n\n"


def _scrambled(body: bytes, rng: Random) -> bytes:
    changed = bytearray(body)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed) + 1)
        until = min(len(changed), at + rng.choice((1, 1, 10, 100)))
        changed[at:until] = rng.choice((b"", rng.randbytes(3), bytes(changed[at:until]) * 2, b"\n\n", b"\x00"))
    return bytes(changed)


@asynccontextmanager
async def provider(answers: Iterator[bytes]):
    """Serve the answers, one for each connection, in pieces; give the address."""
    rng = Random(1)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            await reader.readexactly(size)
            sent = next(answers)
            cut = rng.randrange(len(sent) + 1)
            writer.write(sent[:cut])
            await writer.drain()
            await asyncio.sleep(0)
            writer.write(sent[cut:])
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, StopIteration):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
