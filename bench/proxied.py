"""What is proxied: the processes of it, and the requests that go through them.

The provider stays away from the core of the gateway. Its models are called by what they do: `fake-16x0ms` answers 16
pieces at once, `fake-64x20ms` streams 64 of them, 20 ms apart.
"""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import orjson

from bench.process import Server, cores, free_port, serving
from bench.prompts import descriptions, prompts
from filters.context import WireFormat

CHAT, RESPONSES, MESSAGES = "openai_chat", "openai_responses", "anthropic_messages"
_PATHS = {CHAT: "/v1/chat/completions", RESPONSES: "/v1/responses", MESSAGES: "/v1/messages"}
_BRISK = "fake-16x0ms"


@dataclass(frozen=True, slots=True)
class Servers:
    """The provider itself, the bare proxy before it and the gateway before it."""

    direct: Server
    bare: Server
    gateway: Server

    def all(self) -> dict[str, Server]:
        return {"direct": self.direct, "bare": self.bare, "gateway": self.gateway}


def start(stack: ExitStack, folder: Path) -> Servers:
    """Start all three."""
    port = free_port()
    provider = ("gateway", "fake-provider", "--port", str(port), "--pace", "0")
    direct = stack.enter_context(serving(provider, port, cores()[1]))
    upstream = f"http://127.0.0.1:{port}"
    port = free_port()
    passthrough = ("bench.servers.passthrough", "--port", str(port), "--upstream", upstream)
    bare = stack.enter_context(serving(passthrough, port))
    port = free_port()
    path = _configured(folder, port, upstream)
    return Servers(direct, bare, stack.enter_context(serving(("gateway", "up", str(path)), port)))


def _configured(folder: Path, port: int, upstream: str) -> Path:
    """Write a configuration in which a provider is called by the one format that it speaks."""
    brisk = f"{CHAT}/{_BRISK}"
    config = {
        "version": "v0.4.0",
        "listeners": [{"type": "model", "name": "bench", "address": "127.0.0.1", "port": port}],
        "model_providers": [
            {"model": model, "base_url": upstream, "formats": [wire], "access_key": "no-key", "default": model is brisk}
            for wire, model in [(CHAT, brisk), *((wire, f"{wire}/*") for wire in _PATHS)]
        ],
        "routing_preferences": [
            {"name": name, "description": text, "models": [brisk]} for name, text in descriptions(2)
        ],
        "routing": {"apply_to": "auto"},
    }
    path = folder / f"proxy-{port}.yaml"
    path.write_text(json.dumps(config, indent=2))
    return path


def decided(name: str, seed: int, count: int, session: str = "") -> list[bytes]:
    """Return requests for a whole answer, each with a prompt of its own, whose model the gateway decides.

    All of a session but the first are pinned.
    """
    model = "auto" if name == "gateway" else _BRISK
    texts = zip(range(count), prompts("embedded", seed), strict=False)
    bodies = ({"model": model, "messages": [{"role": "user", "content": text}]} for _, text in texts)
    return [_request(CHAT, body, f"x-session-id: {session}\r\n" if session else "") for body in bodies]


def streamed(name: str, model: str) -> bytes:
    """Return a request for a stream from a model, in the format that everyone here speaks."""
    return named(CHAT, CHAT if name == "gateway" else None, model, stream=True)


def named(caller: WireFormat, provider: WireFormat | None, model: str, *, stream: bool) -> bytes:
    """Return a request in the caller's format for a model of a provider that speaks another, or of none."""
    said = [{"role": "user", "content": "Say something in pieces."}]
    body = {"model": f"{provider}/{model}" if provider else model, "stream": stream}
    body |= {"input": said} if caller is RESPONSES else {"messages": said}
    return _request(caller, body | ({"max_tokens": 1000} if caller is MESSAGES else {}))


def _request(wire: WireFormat, body: dict[str, object], headers: str = "") -> bytes:
    data = orjson.dumps(body)
    head = f"POST {_PATHS[wire]} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n{headers}"
    return f"{head}content-length: {len(data)}\r\n\r\n".encode() + data
