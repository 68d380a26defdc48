"""What is written as Chat Completions in the tests of that format, and what the official SDK makes of it."""

import httpx2
from openai import OpenAI

from filters.formats.canonical.events import (
    End,
    Finish,
    FinishReason,
    Ping,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
    Usage,
)
from filters.formats.canonical.request import Request
from tests.support.chat_streams import encode

ASKED = Request("asked", [], stream=True, include_usage=True)
QUIET = Request("asked", [], stream=True)
TOKENS = [{"token": "a", "logprob": -1.0, "bytes": [97], "top_logprobs": []}]
TEXT = [
    Start("c1", "m", 5),
    TextDelta("Hé"),
    TextDelta("llo 😀"),
    Usage(9, 3, 4, None, 2),
    Finish(FinishReason.STOP),
    End(),
]
TOOLS = [
    Start("c1", "m", 5),
    ThinkingDelta("hm"),
    TextDelta("so"),
    ToolStart(4, "a", "f"),
    ToolStart(2, "b", "g"),
    ToolArgs(4, '{"x"'),
    Ping(),
    ToolArgs(2, '{"y":2}'),
    ToolArgs(4, ":1}"),
    ToolStart(9, "c", "h"),
    *(ToolEnd(key) for key in (4, 2, 9)),
    Usage(9, 3),
    Finish(FinishReason.STOP),
    End(),
]
CALLS = [("a", "f", '{"x":1}'), ("b", "g", '{"y":2}'), ("c", "h", "{}")]


def served(content, kind):
    """Return a transport that answers every request with the content."""
    return httpx2.MockTransport(lambda _: httpx2.Response(200, headers={"content-type": kind}, content=content))


def client(sent):
    http = httpx2.Client(transport=served(sent, "text/event-stream"))
    return OpenAI(api_key="k", base_url="http://x/v1", http_client=http, max_retries=0)


def accumulated(events, request=ASKED):
    """Return the answer that the SDK makes of the stream."""
    with client(encode(events, request)).chat.completions.stream(model="m", messages=[]) as stream:
        for _ in stream:
            pass
        return stream.get_final_completion()


def calls_of(message):
    return [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls]
