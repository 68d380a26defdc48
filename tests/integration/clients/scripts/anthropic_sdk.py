"""The Anthropic SDK: whole and streamed, the tool runner with its threads, thinking, shapes, images and counting."""

import base64
from pathlib import Path

import anthropic
from anthropic import beta_tool
from pydantic import BaseModel
from reporting import case, main

QUESTION = "What is the weather in Oslo and in Rome?"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"name": "get_weather", "description": "Tells the weather", "input_schema": SCHEMA}]


class Town(BaseModel):
    town: str
    people: int


@beta_tool
def get_weather(city: str) -> str:
    """Tell the weather.

    Args:
        city: The city.
    """
    return f"18C in {city}"


def client(url):
    return anthropic.Anthropic(base_url=url, api_key="unused", max_retries=0)


def said(message):
    return "".join(block.text for block in message.content if block.type == "text")


def loop(url, model, *, stream, **more):
    messages = [{"role": "user", "content": QUESTION}]
    for _ in range(4):
        asked = {"model": model, "max_tokens": 8000, "messages": messages, "tools": TOOLS, **more}
        if stream:
            with client(url).messages.stream(**asked) as events:
                message = events.get_final_message()
        else:
            message = client(url).messages.create(**asked)
        messages.append({"role": "assistant", "content": message.content})
        calls = [block for block in message.content if block.type == "tool_use"]
        if not calls:
            return said(message)
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": f"18C in {call.input['city']}"} for call in calls
        ]
        messages.append({"role": "user", "content": results})
    raise AssertionError("it calls tools without an end")


@case
def tools(url, model):
    return loop(url, model, stream=False)


@case
def tools_streamed_with_thinking(url, model):
    return loop(url, model, stream=True, thinking={"type": "enabled", "budget_tokens": 4000})


@case
def tool_runner(url, model):
    """Threads are its default: the second request has the tool's results alone, unless it is told to send all."""
    asked = {"max_tokens": 999, "tools": [get_weather], "messages": [{"role": "user", "content": QUESTION}]}
    return said(client(url).beta.messages.tool_runner(model=model, **asked).until_done())


@case
def tool_runner_streamed(url, model):
    asked = {"max_tokens": 999, "tools": [get_weather], "messages": [{"role": "user", "content": QUESTION}]}
    for stream in client(url).beta.messages.tool_runner(model=model, stream=True, **asked):
        message = stream.get_final_message()
    return said(message)


@case
def shape(url, model):
    asked = {"max_tokens": 999, "messages": [{"role": "user", "content": "Which town?"}], "output_format": Town}
    return client(url).messages.parse(model=model, **asked).parsed_output.model_dump()


@case
def image(url, model):
    data = base64.b64encode(Path("../dot.png").read_bytes()).decode()
    source = {"type": "base64", "media_type": "image/png", "data": data}
    parts = [{"type": "text", "text": "What is in it?"}, {"type": "image", "source": source}]
    return said(client(url).messages.create(model=model, max_tokens=99, messages=[{"role": "user", "content": parts}]))


@case
def counting(url, model):
    return client(url).messages.count_tokens(model=model, messages=[{"role": "user", "content": "hello"}]).input_tokens


@case
def models(url, model):
    names = [each.id for each in client(url).models.list()]
    assert model in names
    return client(url).models.retrieve(names[0]).id


@case
async def asynchronous(url, model):
    asked = {"model": model, "max_tokens": 99, "messages": [{"role": "user", "content": "hello"}]}
    asking = anthropic.AsyncAnthropic(base_url=url, api_key="unused", max_retries=0)
    async with asking, asking.messages.stream(**asked) as stream:
        return "".join([text async for text in stream.text_stream])


if __name__ == "__main__":
    main()
