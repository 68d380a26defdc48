"""What translation costs in-process: requests and streamed events of each pair of formats, by processor time."""

import time
from collections.abc import Callable
from itertools import permutations

import orjson

from devtools.fake_provider.answers import Dialect
from devtools.fake_provider.chat import CHAT
from devtools.fake_provider.demo import paced_answer
from devtools.fake_provider.messages import MESSAGES
from devtools.fake_provider.responses import RESPONSES
from filters.context import Json, WireFormat
from filters.formats.canonical.request import ModelOptions
from filters.formats.registry import FORMATS
from gateway.upstream.translation import Translation

PAIRS = tuple(permutations(FORMATS, 2))
"""The caller's format and the provider's."""
_DIALECTS: dict[WireFormat, Dialect] = {
    "openai_chat": CHAT,
    "anthropic_messages": MESSAGES,
    "openai_responses": RESPONSES,
}
_PIECES = 256
_OPTIONS = ModelOptions()


def request_us(caller: WireFormat, provider: WireFormat, calls: int = 300) -> float:
    """Return the microseconds that it takes to write a request of an agent's in the provider's format."""
    decode, encode = FORMATS[caller].codec.decode_request, FORMATS[provider].codec.encode_request
    body = _agents_request(caller)
    return _each(lambda: orjson.dumps(encode(decode(body), _OPTIONS).body), calls)


def event_us(caller: WireFormat, provider: WireFormat, calls: int = 20) -> float:
    """Return the microseconds that it takes to write one event of a text in the caller's format."""
    request = FORMATS[caller].codec.decode_request(_agents_request(caller))
    frames = _frames(provider)

    def stream() -> None:
        translation = Translation(provider, caller, request)
        for frame in frames:
            translation.feed(frame)
        translation.close()

    return _each(stream, calls) / len(frames)


def _each(call: Callable[[], object], calls: int) -> float:
    call()
    started = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - started) / calls * 1e6


def _frames(wire: WireFormat) -> list[bytes]:
    write = _DIALECTS[wire].frames
    assert write is not None
    return write(paced_answer(_PIECES, 0.0), {"model": "m", "messages": []})


def _agents_request(wire: WireFormat) -> Json:
    """Return what an agent sends after a few turns: a system prompt, four tools, calls of them and their results."""
    neutral = FORMATS["openai_chat"].codec.decode_request(_chat_request())
    return orjson.loads(orjson.dumps(FORMATS[wire].codec.encode_request(neutral, _OPTIONS).body))


def _chat_request() -> Json:
    text = "The quick brown fox jumps over the lazy dog. " * 10
    messages: list[Json] = [{"role": "system", "content": text * 4}, {"role": "user", "content": text}]
    for turn in range(3):
        call = {"id": f"call_{turn}", "type": "function", "function": {"name": "read_0", "arguments": '{"path":"a/b"}'}}
        messages += [
            {"role": "assistant", "content": text, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"call_{turn}", "content": text},
        ]
    return {"model": "m", "max_tokens": 1000, "messages": messages, "tools": [_tool(number) for number in range(4)]}


def _tool(number: int) -> Json:
    properties = {name: {"type": "string", "description": "What it says."} for name in ("path", "pattern", "mode")}
    schema = {"type": "object", "properties": properties, "required": ["path"]}
    return {"type": "function", "function": {"name": f"read_{number}", "description": "Read.", "parameters": schema}}
