"""LangChain: its chat models of OpenAI (both APIs) and of Anthropic, with agents, shapes, images and kept state."""

import base64
from pathlib import Path

import openai
from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from reporting import case, main

QUESTION = "What is the weather in Oslo and in Rome?"
MADE = {
    "chat": lambda url, model, **more: ChatOpenAI(base_url=f"{url}/v1", api_key="unused", model=model, **more),
    "responses": lambda url, model, **more: ChatOpenAI(
        base_url=f"{url}/v1", api_key="unused", model=model, use_responses_api=True, **more
    ),
    "messages": lambda url, model, **more: ChatAnthropic(base_url=url, api_key="unused", model=model, **more),
}
REASONS = {
    "chat": {"reasoning_effort": "high"},
    "responses": {"reasoning": {"effort": "high", "summary": "auto"}, "include": ["reasoning.encrypted_content"]},
    "messages": {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 8000},
}


class Town(BaseModel):
    """A town."""

    town: str
    people: int


@tool
def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"18C in {city}"


def text_of(message):
    return message.text if isinstance(message.text, str) else message.text()


@case
def agents(url, model):
    said = {}
    for name, make in MADE.items():
        agent = create_agent(make(url, model, **REASONS[name], max_retries=0), tools=[get_weather])
        said[name] = text_of(agent.invoke({"messages": [("user", QUESTION)]})["messages"][-1])
    return said


@case
def agents_streamed(url, model):
    said = {}
    for name, make in MADE.items():
        agent = create_agent(make(url, model, **REASONS[name], max_retries=0), tools=[get_weather])
        pieces = agent.stream({"messages": [("user", QUESTION)]}, stream_mode="messages")
        said[name] = "".join(text_of(piece) for piece, about in pieces if about["langgraph_node"] == "model")
    return said


@case
def shapes(url, model):
    made = {name: make(url, model, max_retries=0) for name, make in MADE.items()}
    return {name: each.with_structured_output(Town).invoke("Which town?").model_dump() for name, each in made.items()}


@case
def images(url, model):
    data = base64.b64encode(Path("../dot.png").read_bytes()).decode()
    image = {"type": "image", "base64": data, "mime_type": "image/png"}
    asked = [("user", [{"type": "text", "text": "What is in it?"}, image])]
    return {name: text_of(make(url, model, max_retries=0).invoke(asked)) for name, make in MADE.items()}


@case
def counting(url, model):
    return MADE["messages"](url, model).get_num_tokens_from_messages([HumanMessage("hello")])


@case
def state(url, model):
    """Go on from kept responses; where the provider keeps none, the refusal says what would be right."""
    chat = MADE["responses"](url, model, max_retries=0, use_previous_response_id=True)
    first = chat.invoke("hello")
    try:
        return text_of(chat.invoke([("user", "hello"), first, ("user", "Again")]))
    except openai.BadRequestError as error:
        return {"refused": error.message}


if __name__ == "__main__":
    main()
