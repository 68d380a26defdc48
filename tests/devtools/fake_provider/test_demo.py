"""What it says unasked."""

import time

import pytest
from pydantic import BaseModel

from devtools.fake_provider.demo import sample
from tests.support.fake_answers import CHAT, HELLO, STREAM


class Weather(BaseModel):
    city: str
    degrees: list[int]


async def test_structured_output_fits_its_schema_in_every_format(openai, anthropic):
    wanted = Weather(city="fake", degrees=[1])
    chat = await openai.chat.completions.parse(model="m", messages=HELLO, response_format=Weather)
    responses = await openai.responses.parse(model="m", input="hi", text_format=Weather)
    messages = await anthropic.messages.parse(model="m", max_tokens=9, messages=HELLO, output_format=Weather)
    assert chat.choices[0].message.parsed == responses.output_parsed == messages.parsed_output == wanted


async def test_a_forced_tool_is_called(openai, anthropic):
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool = {"name": "look", "parameters": schema}
    chat = await openai.chat.completions.create(
        model="m", messages=HELLO, tools=[{"type": "function", "function": tool}], tool_choice="required"
    )
    messages = await anthropic.messages.create(
        model="m",
        max_tokens=9,
        messages=HELLO,
        tools=[{"name": "look", "input_schema": schema}],
        tool_choice={"type": "tool", "name": "look"},
    )
    assert chat.choices[0].message.tool_calls[0].function.arguments == '{"city":"fake"}'
    assert messages.content[0].input == {"city": "fake"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$ref": "#/$defs/A", "$defs": {"A": {"enum": ["x", "y"]}}}, "x"),
        ({"const": 3}, 3),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, 1.5),
        ({"type": "array", "items": {"type": "boolean"}}, [True]),
        ({"type": "null"}, None),
    ],
)
def test_samples_fit_their_schema(schema, value):
    assert sample(schema) == value


async def test_what_people_said_is_found_in_content_parts(client):
    content = [{"type": "input_text", "text": "look"}, {"type": "input_image"}, {"type": "input_text", "text": "here"}]
    async with client.post(
        "/v1/responses", json={"model": "m", "input": [{"role": "user", "content": content}]}
    ) as seen:
        assert "You said: look here" in await seen.text()


async def test_a_paced_model_name_sets_count_and_pace(client):
    started = time.monotonic()
    async with client.post(CHAT, json=STREAM | {"model": "fake-5x20ms"}) as response:
        text = await response.text()
    assert text.count("frame 00000") == 5
    assert time.monotonic() - started >= 0.1
