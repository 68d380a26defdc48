"""The Claude Agent SDK: a session of several turns with a tool of the application's own, and an interruption."""

import os
import sys

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ResultMessage,
    StreamEvent,
    TextBlock,
    create_sdk_mcp_server,
    tool,
)
from reporting import case, main


@tool("get_weather", "Tells the weather of a city", {"city": str})
async def get_weather(arguments):
    return {"content": [{"type": "text", "text": f"18C in {arguments['city']}"}]}


def options(url, model, **more):
    return ClaudeAgentOptions(
        model=model,
        cwd=os.environ["HOME"],
        env={
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_AUTH_TOKEN": "unused",
            "ENABLE_TOOL_SEARCH": "false",
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": model,
        },
        mcp_servers={"weather": create_sdk_mcp_server("weather", tools=[get_weather])},
        allowed_tools=["mcp__weather__get_weather"],
        **more,
    )


async def turn(client, prompt):
    """Ask, and return the text, the session, and how many partial messages there were."""
    await client.query(prompt)
    text, partial, session = [], 0, None
    async for message in client.receive_response():
        if isinstance(message, AssistantMessage):
            text += [block.text for block in message.content if isinstance(block, TextBlock)]
        elif isinstance(message, StreamEvent):
            partial += 1
        elif isinstance(message, ResultMessage):
            assert not message.is_error, message.result
            session = message.session_id
    return {"text": text, "partial": partial, "session": session}


@case
async def turns(url, model):
    async with ClaudeSDKClient(options(url, model, include_partial_messages=True)) as client:
        prompts = os.environ["PROMPTS"].split("|")
        return [await turn(client, prompt) for prompt in prompts]


@case
async def interruption(url, model):
    async with ClaudeSDKClient(options(url, model, include_partial_messages=True)) as client:
        await client.query("Talk slowly, without an end")
        async for message in client.receive_messages():
            if isinstance(message, StreamEvent) and message.event.get("type") == "content_block_delta":
                await client.interrupt()
            if isinstance(message, ResultMessage):
                break
        return await turn(client, "And now?")


if __name__ == "__main__":
    sys.exit(main())
