"""A gateway in front of one server that plays every vendor: what each was sent is what a case is about.

Models are called by an alias where the gateway is to have chosen them (`routed-…`), else by their own names.
"""

import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import web

from tests.support.gateway import config_text, load, running
from tests.support.strict_models import ANSWERS
from tests.support.upstream import upstream

PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}
MODELS = (
    "anthropic/claude-opus-5",
    "anthropic/claude-opus-4-7-20260416",
    "anthropic/claude-sonnet-4-5",
    "anthropic/claude-haiku-4-5-20251001",
    "anthropic/claude-3-5-haiku-latest",
    "openai/gpt-5.6-terra",
    "openai/gpt-4.1",
    "openai/o3",
    "gemini/gemini-3.1-pro",
    "deepseek/deepseek-v4-pro",
    "moonshotai/kimi-k2.5",
    "zhipu/glm-5",
    "openrouter/anthropic/claude-opus-4.8",
    "openrouter/openai/gpt-5.6-terra",
    "mistral/mistral-large",
    "groq/gpt-oss-120b",
    "xai/grok-5",
    "vllm/qwen3.8",
    "ollama/qwen3.8",
    "azure_openai/gpt-5",
)
ROUTED = {
    "routed-opus": "anthropic/claude-opus-5",
    "routed-sonnet": "anthropic/claude-sonnet-4-5",
    "routed-haiku": "anthropic/claude-haiku-4-5-20251001",
    "routed-ollama": "ollama/qwen3.8",
    "routed-deepseek": "deepseek/deepseek-v4-pro",
    "routed-gemini": "gemini/gemini-3.1-pro",
    "routed-gpt": "openai/gpt-4.1",
}
KEYLESS = ("vllm", "ollama")
RESPONSES_ALONE = "only-responses/gpt-5.6-terra"
BEDROCK = "bedrock/us.anthropic.claude-opus-4-8-v1:0"

ASKED = "What is the weather in Oslo?"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT_TOOL = {"type": "function", "function": {"name": "get_weather", "description": "w", "parameters": CITY}}
MESSAGES_TOOL = {"name": "get_weather", "description": "w", "input_schema": CITY}
RESPONSES_TOOL = {"type": "function", "name": "get_weather", "description": "w", "parameters": CITY}
USER = {"role": "user", "content": ASKED}


class Exchange(NamedTuple):
    """What became of a request: the caller's status, answer and warnings, and where the provider was sent what."""

    status: int
    answer: Any
    warnings: str
    path: str | None
    sent: dict[str, Any]


class Vendors:
    """The gateway and the server behind it, whose answers a test may script by the path's end."""

    def __init__(self, gateway, server) -> None:
        self._gateway = gateway
        self._server = server
        self._script = {}
        server.reply = self._reply

    async def ask(self, wire, model, headers=None, script=None, **body) -> Exchange:
        """Send a request with the least that its format asks for, and these fields."""
        self._server.requests.clear()
        self._script = script or {}
        least = {"messages": {"messages": [USER], "max_tokens": 4096}, "chat": {"messages": [USER]}}
        sent = {"model": model, **least.get(wire, {"input": ASKED}), **body}
        status, told, answer = await self._gateway.post(PATHS[wire], sent, headers)
        came = self._server.requests[-1] if self._server.requests else None
        passed = json.loads(came.body) if came else {}
        return Exchange(status, answer, told.get("x-pointsman-warnings", ""), came and came.path, passed)

    async def _reply(self, request):
        for end, reply in self._script.items():
            if request.path.endswith(end):
                return await reply(request)
        for end, answer in ANSWERS.items():
            if request.path.endswith(end):
                return web.json_response(answer)
        return web.json_response({"error": {"message": "unscripted"}}, status=404)


@asynccontextmanager
async def vendors(tmp_path):
    """Serve all of them for a while."""

    async def nothing(_):
        raise AssertionError("scripted by Vendors")

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(upstream(nothing))
        text = config_text(list(_providers(server.url)), limits="{max_retries: 0, idle_timeout_seconds: 6}")
        aliases = "".join(f"\n  {alias}: {{target: {model}}}" for alias, model in ROUTED.items())
        config = load(tmp_path, f"{text}\nmodel_aliases:{aliases}")
        yield Vendors(await stack.enter_async_context(running(config)), server)


def _providers(url):
    for model in MODELS:
        prefix = model.partition("/")[0]
        root = url if prefix == "azure_openai" else f"{url}/v1"
        yield {"model": model, "base_url": root} | ({} if prefix in KEYLESS else {"access_key": "k"})
    own = {"base_url": f"{url}/v1", "access_key": "k"}
    yield {"model": RESPONSES_ALONE, "provider_interface": "openai", "formats": "[openai_responses]", **own}
    yield {"model": f'"{BEDROCK}"', "provider_interface": "anthropic", **own}
