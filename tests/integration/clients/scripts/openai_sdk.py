"""The OpenAI SDK: Chat Completions and Responses, whole and streamed, with tools, shapes, images and kept state."""

import base64
import json
from pathlib import Path

import openai
from pydantic import BaseModel
from reporting import case, main

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FUNCTION = {"name": "get_weather", "description": "Tells the weather", "parameters": SCHEMA, "strict": True}
QUESTION = "What is the weather in Oslo and in Rome?"


class Town(BaseModel):
    town: str
    people: int


def client(url, **more):
    return openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0, **more)


def image():
    return "data:image/png;base64," + base64.b64encode(Path("../dot.png").read_bytes()).decode()


def chat_loop(url, model, *, stream, **more):
    messages = [{"role": "user", "content": QUESTION}]
    for _ in range(4):
        asked = {"model": model, "messages": messages, "tools": [{"type": "function", "function": FUNCTION}], **more}
        if stream:
            with client(url).chat.completions.stream(**asked) as events:
                list(events)
                message = events.get_final_completion().choices[0].message
        else:
            message = client(url).chat.completions.create(**asked).choices[0].message
        messages.append(message.model_dump(exclude_none=True, exclude={"parsed"}))
        if not message.tool_calls:
            return message.content
        for call in message.tool_calls:
            city = json.loads(call.function.arguments)["city"]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"18C in {city}"})
    raise AssertionError("it calls tools without an end")


@case
def chat_tools(url, model):
    return chat_loop(url, model, stream=False)


@case
def chat_tools_streamed(url, model):
    return chat_loop(url, model, stream=True, reasoning_effort="high")


@case
def chat_shape(url, model):
    asked = {"model": model, "messages": [{"role": "user", "content": "Which town?"}], "response_format": Town}
    town = client(url).chat.completions.parse(**asked).choices[0].message.parsed
    return town.model_dump()


@case
def chat_image(url, model):
    parts = [{"type": "text", "text": "What is in it?"}, {"type": "image_url", "image_url": {"url": image()}}]
    answer = client(url).chat.completions.create(model=model, messages=[{"role": "user", "content": parts}])
    return answer.choices[0].message.content


def responses_loop(url, model, *, stream, **more):
    items = [{"role": "user", "content": QUESTION}]
    for _ in range(4):
        asked = {"model": model, "input": items, "tools": [{"type": "function", **FUNCTION}], "store": False, **more}
        if stream:
            with client(url).responses.stream(**asked) as events:
                list(events)
                answer = events.get_final_response()
        else:
            answer = client(url).responses.create(**asked)
        items += [item.model_dump(exclude_none=True, exclude={"parsed_arguments", "status"}) for item in answer.output]
        calls = [item for item in answer.output if item.type == "function_call"]
        if not calls:
            return answer.output_text
        for call in calls:
            result = f"18C in {json.loads(call.arguments)['city']}"
            items.append({"type": "function_call_output", "call_id": call.call_id, "output": result})
    raise AssertionError("it calls tools without an end")


THINK = {"reasoning": {"effort": "medium", "summary": "auto"}, "include": ["reasoning.encrypted_content"]}


@case
def responses_tools(url, model):
    return responses_loop(url, model, stream=False, **THINK)


@case
def responses_tools_streamed(url, model):
    return responses_loop(url, model, stream=True, **THINK)


@case
def responses_shape(url, model):
    return client(url).responses.parse(model=model, input="Which town?", text_format=Town).output_parsed.model_dump()


@case
def responses_state(url, model):
    """Go on from a kept response: where the provider keeps none, the refusal says what would be right."""
    first = client(url).responses.create(model=model, input="hello")
    try:
        return client(url).responses.create(model=model, input="Again", previous_response_id=first.id).output_text
    except openai.BadRequestError as error:
        return {"refused": error.message, "param": error.param}


@case
def models(url, model):
    names = [each.id for each in client(url).models.list()]
    assert model in names
    return client(url).models.retrieve(names[0]).id


@case
async def asynchronous(url, model):
    asked = {"model": model, "messages": [{"role": "user", "content": "hello"}], "stream": True}
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as asking:
        stream = await asking.chat.completions.create(**asked, stream_options={"include_usage": True})
        chunks = [chunk async for chunk in stream]
    assert chunks[-1].usage.total_tokens > 0
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


if __name__ == "__main__":
    main()
