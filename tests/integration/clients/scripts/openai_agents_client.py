"""The OpenAI Agents SDK: both APIs, with tools, handoffs, shapes, sessions and kept responses."""

import os

import openai
from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    SQLiteSession,
    function_tool,
    set_tracing_disabled,
)
from openai.types.shared import Reasoning
from pydantic import BaseModel
from reporting import case, main

set_tracing_disabled(True)
os.environ.setdefault("OPENAI_API_KEY", "unused")
QUESTION = "What is the weather in Oslo and in Rome?"
KINDS = {"chat": OpenAIChatCompletionsModel, "responses": OpenAIResponsesModel}


class Town(BaseModel):
    town: str
    people: int


@function_tool
def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"18C in {city}"


def agents(url, model, **more):
    asking = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0)
    settings = ModelSettings(reasoning=Reasoning(effort="high", summary="auto"))
    return {
        name: Agent("helper", model=kind(model, asking), model_settings=settings, **more)
        for name, kind in KINDS.items()
    }


@case
async def tools(url, model):
    made = agents(url, model, tools=[get_weather])
    return {name: (await Runner.run(each, QUESTION)).final_output for name, each in made.items()}


@case
async def tools_streamed(url, model):
    said = {}
    for name, each in agents(url, model, tools=[get_weather]).items():
        run = Runner.run_streamed(each, QUESTION)
        _ = [event async for event in run.stream_events()]
        said[name] = run.final_output
    return said


@case
async def handoffs(url, model):
    said = {}
    for name, other in agents(url, model, tools=[get_weather]).items():
        other.name = "other"
        first = other.clone(name="first", tools=[], handoffs=[other])
        run = await Runner.run(first, "Please hand over: what is the weather in Oslo and in Rome?")
        said[name] = [run.last_agent.name, run.final_output]
    return said


@case
async def shapes(url, model):
    made = agents(url, model, output_type=Town)
    return {name: (await Runner.run(each, "Which town?")).final_output.model_dump() for name, each in made.items()}


@case
async def sessions(url, model):
    said = {}
    for name, each in agents(url, model, tools=[get_weather]).items():
        session = SQLiteSession(name)
        await Runner.run(each, QUESTION, session=session)
        said[name] = (await Runner.run(each, "Thanks", session=session)).final_output
    return said


@case
async def state(url, model):
    agent = agents(url, model, tools=[get_weather])["responses"]
    try:
        return (await Runner.run(agent, QUESTION, auto_previous_response_id=True)).final_output
    except openai.BadRequestError as error:
        return {"refused": error.message}


if __name__ == "__main__":
    main()
