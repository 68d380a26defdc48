"""A gateway on a real socket, from the text of a configuration."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent

import aiohttp
from aiohttp import web

from gateway.config.load import load_config
from gateway.runtime.app import build_app
from gateway.runtime.listener import Listener

ROUTES = """
routing_preferences:
  - name: code_generation
    description: generating new code, writing functions, or creating boilerplate
    models: [{models}]
"""
CODE = "Write a Python function that implements binary search on a sorted array"


def config_text(providers, models=(), **more):
    """Return a configuration: `providers` are dicts, `models` the candidates of a route for code."""
    lines = ["model_providers:"]
    for provider in providers:
        lines += [f"  {'-' if first else ' '} {key}: {value}" for first, (key, value) in _first(provider.items())]
    text = "\n".join(lines) + (ROUTES.format(models=", ".join(models)) if models else "")
    return text + "".join(f"\n{key}: {value}" for key, value in more.items())


def _first(items):
    return [(not number, item) for number, item in enumerate(items)]


def load(tmp_path: Path, text: str, environ=None):
    """Return the configuration of a text."""
    path = tmp_path / "config.yaml"
    path.write_text(dedent(text))
    return load_config(path, environ or {}).config


class Gateway:
    """A running gateway: `url`, and a client session for it."""

    def __init__(self, url, session):
        self.url = url
        self.session = session

    async def post(self, path, body, headers=None, **options):
        """Post JSON and return status, headers and the parsed answer."""
        async with self.session.post(self.url + path, json=body, headers=headers, **options) as answer:
            raw = await answer.read()
            parsed = await answer.json() if answer.content_type == "application/json" else raw
            return answer.status, answer.headers, parsed


@asynccontextmanager
async def running(config, state=None):
    """Serve a configuration on a free port of 127.0.0.1, as `pointsman up` does."""
    runner = Listener(build_app(config, state=state), shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        try:
            yield Gateway(f"http://127.0.0.1:{port}", session)
        finally:
            await session.close()
            await asyncio.sleep(0)
            await runner.cleanup()
