"""What the tests of the fake provider ask it and have it answer."""

import json
from typing import Any

import aiohttp

from devtools.fake_provider.answers import Answer, Text, Thinking, Tool, Usage

CHAT = "/v1/chat/completions"
ASK = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
STREAM = ASK | {"stream": True}
PATHS = [CHAT, "/v1/messages"]
USAGE = Usage(input_tokens=100, output_tokens=40, cache_read=60, cache_write=10, reasoning=25)
WEATHER = Tool("call_1", "get_weather", ('{"city"', ':"Zür', 'ich"}'))
TIME = Tool("call_2", "get_time", ('{"zone":', '"CET"}'))
BARE = Tool("call_3", "ping")
RICH = Answer(blocks=(Thinking(("Let me", " see.")), Text(("Zürich ", "is ☀")), WEATHER, TIME, BARE), usage=USAGE)
ANSWERS = {
    "text": Answer.text("Hel", "lo"),
    "rich": RICH,
    "interleaved": Answer.tools(WEATHER, TIME, interleaved=True),
    "late": Answer.tools(Tool("call_1", "get_weather", ('{"a":', "1}"), late=True), TIME),
    "refusal": Answer(blocks=(Text(("I ", "can't."), refusal=True),)),
    "filtered": Answer.text("I", finish="content_filter"),
    "cut short": Answer.text("one two", finish="length"),
    "redacted": Answer(blocks=(Thinking(redacted=True), Text(("ok",)))),
    "empty": Answer(),
}
HELLO = [{"role": "user", "content": "hello"}]


async def post(provider, path: str, body: dict) -> bytes:
    """Send a body with a model and return the raw answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{provider.url}{path}", json={"model": "m", "max_tokens": 9} | body) as response,
    ):
        return await response.read()


def events_of(stream: bytes) -> list[Any]:
    """Return the data of the events of a stream."""
    data = [line[6:] for line in stream.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(item) for item in data if item != "[DONE]"]
