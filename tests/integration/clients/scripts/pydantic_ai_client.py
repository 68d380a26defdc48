"""Pydantic AI: its models of OpenAI (both APIs) and of Anthropic, with tools, shapes, history and streams."""

from pathlib import Path

from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, NativeOutput
from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings
from pydantic_ai.models.openai import (
    OpenAIChatModel,
    OpenAIChatModelSettings,
    OpenAIResponsesModel,
    OpenAIResponsesModelSettings,
)
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from reporting import case, main

QUESTION = "What is the weather in Oslo and in Rome?"
SETTINGS = {
    "chat": OpenAIChatModelSettings(openai_reasoning_effort="high"),
    "responses": OpenAIResponsesModelSettings(openai_reasoning_effort="high", openai_reasoning_summary="detailed"),
    "messages": AnthropicModelSettings(anthropic_thinking={"type": "enabled", "budget_tokens": 2000}, max_tokens=8000),
}


class Town(BaseModel):
    town: str
    people: int


def models(url, model):
    theirs = OpenAIProvider(base_url=f"{url}/v1", api_key="unused")
    return {
        "chat": OpenAIChatModel(model, provider=theirs),
        "responses": OpenAIResponsesModel(model, provider=theirs),
        "messages": AnthropicModel(model, provider=AnthropicProvider(base_url=url, api_key="unused")),
    }


def agent(name, model, **more):
    made = Agent(model, model_settings=SETTINGS[name], **more)

    @made.tool_plain
    def get_weather(city: str) -> str:
        """Tell the weather of a city."""
        return f"18C in {city}"

    return made


@case
async def tools(url, model):
    return {name: (await agent(name, each).run(QUESTION)).output for name, each in models(url, model).items()}


@case
async def tools_streamed(url, model):
    said = {}
    for name, each in models(url, model).items():
        async with agent(name, each).iter(QUESTION) as run:
            async for node in run:
                if Agent.is_model_request_node(node):
                    async with node.stream(run.ctx) as stream:
                        _ = [event async for event in stream]
        said[name] = run.result.output
    return said


@case
async def history(url, model):
    said = {}
    for name, each in models(url, model).items():
        asked = agent(name, each)
        first = await asked.run(QUESTION)
        said[name] = (await asked.run("Thanks", message_history=first.all_messages())).output
    return said


@case
async def shapes(url, model):
    made = models(url, model)
    said = {name: (await Agent(each, output_type=Town).run("Which town?")).output for name, each in made.items()}
    for name in ("chat", "responses"):
        said[f"{name}, native"] = (await Agent(made[name], output_type=NativeOutput(Town)).run("Which town?")).output
    return {name: town.model_dump() for name, town in said.items()}


@case
def images(url, model):
    image = BinaryContent(Path("../dot.png").read_bytes(), media_type="image/png")
    made = models(url, model)
    return {name: Agent(each).run_sync(["What is in it?", image]).output for name, each in made.items()}


if __name__ == "__main__":
    main()
