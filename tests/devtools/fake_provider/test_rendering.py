"""From an answer to bytes."""

import pytest
from anthropic import types as anthropic_types
from openai import APIError
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from tests.support.fake_answers import ANSWERS, ASK, CHAT, HELLO, STREAM, events_of, post


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize(
    ("path", "question", "whole", "event"),
    [
        ("/v1/chat/completions", {"messages": HELLO}, ChatCompletion, ChatCompletionChunk),
        (
            "/v1/responses",
            {"input": "hello", "include": ["reasoning.encrypted_content"]},
            Response,
            ResponseStreamEvent,
        ),
        ("/v1/messages", {"messages": HELLO}, anthropic_types.Message, anthropic_types.RawMessageStreamEvent),
    ],
    ids=["chat", "responses", "messages"],
)
async def test_every_answer_fits_the_types_of_the_vendor(provider, answer, path, question, whole, event):
    provider.script(answer, answer)
    TypeAdapter(whole).validate_json(await post(provider, path, question))
    reader = TypeAdapter(event)
    for item in events_of(await post(provider, path, question | {"stream": True})):
        if item["type" if "type" in item else "object"] != "ping":
            reader.validate_python(item)


@pytest.mark.parametrize("at", [0, 2])
async def test_an_error_event_after_200_reaches_the_sdk(provider, openai, anthropic, at):
    failing = Answer.text("a", "b", "c", fault=Fault(error_at=at, message="Overloaded"))
    provider.script(failing, failing, failing)
    with pytest.raises(APIError, match="Overloaded"):
        [chunk async for chunk in await openai.chat.completions.create(model="m", messages=HELLO, stream=True)]
    events = [event async for event in await openai.responses.create(model="m", input="hi", stream=True)]
    assert (events[-1].type, events[-1].message, events[-1].sequence_number) == ("error", "Overloaded", at)
    with pytest.raises(Exception, match="overloaded_error"):
        [event async for event in await anthropic.messages.create(model="m", max_tokens=9, messages=HELLO, stream=True)]


async def test_raw_bytes_replace_the_answer(provider, client):
    provider.script(Answer(raw=b"<html>"), Answer(raw_frames=(b"data: 1\n\n",)))
    async with client.post(CHAT, json=ASK) as response:
        assert await response.read() == b"<html>"
    async with client.post(CHAT, json=STREAM) as response:
        assert await response.read() == b"data: 1\n\n"


async def test_a_reusable_answer_is_the_same_to_the_byte(provider, client):
    provider.script(*[Answer.text("a", reusable=True)] * 3)
    seen = []
    for model in ("m", "m", "n"):
        async with client.post(CHAT, json=STREAM | {"model": model}) as response:
            seen.append(await response.read())
    assert seen[0] == seen[1] != seen[2]
