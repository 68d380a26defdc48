"""LiteLLM as a client: `openai/` and `anthropic/` models, its Responses and its Messages, whole and streamed."""

import json

import litellm
from reporting import case, main

litellm.telemetry = False
QUESTION = "What is the weather in Oslo and in Rome?"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Tells the weather", "parameters": SCHEMA},
}
SHAPE = {
    "type": "object",
    "properties": {"town": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["town", "people"],
    "additionalProperties": False,
}


def asked(kind, url, model, **more):
    base = f"{url}/v1" if kind == "openai" else url
    return {"model": f"{kind}/{model}", "api_base": base, "api_key": "unused", "num_retries": 0, **more}


def loop(kind, url, model, *, stream):
    messages = [{"role": "user", "content": QUESTION}]
    for _ in range(4):
        answer = litellm.completion(**asked(kind, url, model, messages=messages, tools=[TOOL], stream=stream))
        if stream:
            answer = litellm.stream_chunk_builder(list(answer), messages=messages)
        message = answer.choices[0].message
        messages.append(message)
        if not message.tool_calls:
            return message.content
        for call in message.tool_calls:
            city = json.loads(call.function.arguments)["city"]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"18C in {city}"})
    raise AssertionError("it calls tools without an end")


@case
def tools(url, model):
    return {kind: loop(kind, url, model, stream=False) for kind in ("openai", "anthropic")}


@case
def tools_streamed(url, model):
    return {kind: loop(kind, url, model, stream=True) for kind in ("openai", "anthropic")}


@case
def shapes(url, model):
    form = {"type": "json_schema", "json_schema": {"name": "town", "schema": SHAPE, "strict": True}}
    more = {"messages": [{"role": "user", "content": "Which town?"}], "response_format": form}
    told = {kind: litellm.completion(**asked(kind, url, model, **more)) for kind in ("openai", "anthropic")}
    return {kind: json.loads(each.choices[0].message.content) for kind, each in told.items()}


@case
def responses(url, model):
    answer = litellm.responses(**asked("openai", url, model, input="hello"))
    streamed = litellm.responses(**asked("openai", url, model, input="hello", stream=True))
    kinds = [event.type for event in streamed]
    return [answer.output[-1].content[0].text, kinds[-1]]


@case
async def messages(url, model):
    more = {"max_tokens": 99, "messages": [{"role": "user", "content": "hello"}]}
    answer = await litellm.anthropic.messages.acreate(**asked("anthropic", url, model, **more))
    return answer["content"][-1]["text"]


if __name__ == "__main__":
    main()
