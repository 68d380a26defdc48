"""`make bench-envoy`: what the external processor adds to a request through Envoy, and how many one processor decides.

All of it is measured in turn in one run: Envoy without Pointsman, Envoy with one processor, and the standalone gateway,
each before the same provider, which is another listener of the same Envoy that answers at once with the same bytes. The
processor and the gateway share a core and are never loaded at the same time; Envoy and the generator are on the others.

Added latency is the difference of percentiles, one request at a time. Throughput is that of 16 connections that each
have one request in flight; `by CPU` is how many a core of its own would do, from the processor time of a request, which
says more than the clock where the machine is shared. How long the processor waited for its core is told at the end.

    python -m bench.envoy [--rounds 5]
"""

import argparse
import json
import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import orjson
import yaml

from bench import load
from bench.configuration import write
from bench.process import Server, cores, free_port, on, serving
from bench.prompts import prompts
from bench.report import Row, at_most, show
from tests.support.envoy import ENVOY, at_ports, cluster_of, connection_manager, recipe

_BLOCK = 60
_CONNECTIONS = 16
_SECONDS = 2.0
_CHAT, _DECISION = "/v1/chat/completions", "/routing/v1/chat/completions"
_ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 15, "completion_tokens": 15, "total_tokens": 30},
}  # fmt: skip


class Setup(NamedTuple):
    """The ports to ask at, and the servers whose processor time counts."""

    bare: int
    front: int
    processor: Server
    gateway: Server


def _listener(name: str, port: int, routes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a listener of Envoy's that has nothing but routes."""
    listener: dict[str, Any] = json.loads(json.dumps(recipe("ext_proc")["static_resources"]["listeners"][0]))
    listener["name"], listener["address"]["socket_address"]["port_value"] = name, port
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    manager["stat_prefix"] = name
    manager["http_filters"] = manager["http_filters"][-1:]
    for part in ("access_log", "local_reply_config"):
        manager.pop(part)
    manager["route_config"]["virtual_hosts"][0]["routes"] = routes
    return listener


def _envoy(processor: int) -> tuple[dict[str, Any], int, int, int]:
    """Return Envoy's configuration, and the ports of the processor's listener, the bare one and the provider."""
    provider, bare = free_port(), free_port()
    ports = {"pointsman": [processor], "openai": [provider, provider], "anthropic": [provider]}
    config = at_ports(recipe("ext_proc"), ports)
    connection_manager(config).pop("access_log")
    cluster_of(config, "pointsman").pop("outlier_detection")  # which would remember the time before there was one
    body = {"inline_string": json.dumps(_ANSWER)}
    answer = {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": body}}
    answer["response_headers_to_add"] = [{"header": {"key": "content-type", "value": "application/json"},
                                          "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}]  # fmt: skip
    through = {"match": {"prefix": "/"}, "route": {"cluster": "openai", "timeout": "0s"}}
    listeners = config["static_resources"]["listeners"]
    listeners += [_listener("bare", bare, [through]), _listener("provider", provider, [answer])]
    return config, listeners[0]["address"]["socket_address"]["port_value"], bare, provider


@contextmanager
def _running(config: dict[str, Any], folder: Path) -> Iterator[None]:
    path = folder / "envoy.yaml"
    path.write_text(yaml.safe_dump(config))
    options = ["--concurrency", "1", "--disable-hot-restart", "-l", "error"]
    with on(cores()[1]):
        process = subprocess.Popen([str(ENVOY), "-c", str(path), *options], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _configured(folder: Path, port: int, provider: int) -> Path:
    """Write a configuration whose models all speak the caller's format at the provider."""
    path = write(folder, port)
    config = json.loads(path.read_text())
    for entry in config["model_providers"]:
        entry |= {"base_url": f"http://127.0.0.1:{provider}", "formats": ["openai_chat"]}
    path.write_text(json.dumps(config))
    return path


def _start(stack: ExitStack, folder: Path) -> Setup:
    listening, port = free_port(), free_port()
    config, front, bare, provider = _envoy(listening)
    stack.enter_context(_running(config, folder))
    path = _configured(folder, port, provider)
    address = ("--address", f"127.0.0.1:{listening}")
    processor = stack.enter_context(serving(("gateway", "ext-proc", str(path), *address), front))
    return Setup(bare, front, processor, stack.enter_context(serving(("gateway", "up", str(path)), port)))


def _asked(path: str, seed: int, count: int, session: str = "") -> list[bytes]:
    """Return whole requests, each with a prompt of its own; all of a session but the first are pinned."""
    out = []
    for _, prompt in zip(range(count), prompts("embedded", seed), strict=False):
        body = orjson.dumps({"model": "auto", "messages": [{"role": "user", "content": prompt}]})
        pinned = f"x-session-id: {session}\r\n" if session else ""
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{pinned}"
        out.append(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    return out


def latency(setup: Setup, rounds: int) -> Iterator[Row]:
    """Measure one request at a time, in blocks that take turns."""
    kinds = {
        "bare": (setup.bare, ""), "pinned": (setup.front, "s"), "embedded": (setup.front, ""),
        "gateway, pinned": (setup.gateway.port, "s"), "gateway, embedded": (setup.gateway.port, ""),
    }  # fmt: skip
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(rounds * 4 + 1):
        for name, (port, session) in kinds.items():
            answers = load.exchange(port, _asked(_CHAT, number, _BLOCK, session), connections=1)
            assert all(answer.startswith(b"HTTP/1.1 200") for answer, _ in answers), answers[0]
            times[name] += [taken for _, taken in answers] if number else []
    found = {name: [sorted(taken)[len(taken) * share // 100] * 1e3 for share in (10, 50, 99)]
             for name, taken in times.items()}  # fmt: skip
    for name, aim in (("pinned", 1.0), ("embedded", 1.5)):
        added = [ours - bare for ours, bare in zip(found[name], found["bare"], strict=True)]
        alone = [ours - bare for ours, bare in zip(found[f"gateway, {name}"], found["bare"], strict=True)]
        value = f"p10 {added[0]:.2f}, p50 {added[1]:.2f}, p99 {added[2]:.2f} ms (the gateway alone {alone[1]:+.2f})"
        yield Row(f"added by the processor, {name}", value, at_most(added[1], aim, "ms"))
    yield Row("Envoy without it", f"p50 {found['bare'][1]:.2f}, p99 {found['bare'][2]:.2f} ms")


def throughput(setup: Setup, rounds: int) -> Iterator[Row]:
    """Measure how many requests a second one process does, proxied and decisions alone."""
    kinds = {
        "processor, proxied, pinned": (setup.front, setup.processor, _CHAT, "s"),
        "processor, proxied, embedded": (setup.front, setup.processor, _CHAT, ""),
        "processor, decisions, pinned": (setup.front, setup.processor, _DECISION, "s"),
        "processor, decisions, embedded": (setup.front, setup.processor, _DECISION, ""),
        "gateway, proxied, pinned": (setup.gateway.port, setup.gateway, _CHAT, "s"),
        "gateway, proxied, embedded": (setup.gateway.port, setup.gateway, _CHAT, ""),
        "gateway, decisions, pinned": (setup.gateway.port, setup.gateway, _DECISION, "s"),
        "gateway, decisions, embedded": (setup.gateway.port, setup.gateway, _DECISION, ""),
    }
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    for number in range(rounds):
        for name, (port, server, path, session) in kinds.items():
            todo = _asked(path, 1000 + number, 8000, session)
            before = server.cpu_seconds()
            report = load.run(port, todo, connections=_CONNECTIONS, seconds=_SECONDS)
            assert not report.failures, f"{report.failures} of {report.requests} {name} failed"
            used = (server.cpu_seconds() - before) / report.requests
            measured[name].append((report.per_second, used))
    for name, each in measured.items():
        clock, used = median(per for per, _ in each), median(used for _, used in each)
        yield Row(name, f"{clock:,.0f}/s by the clock, {1 / used:,.0f}/s by CPU ({used * 1e6:.0f} us each)")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    if ENVOY is None:
        raise SystemExit("Envoy is not installed here: `make test-envoy` installs it")
    print(f"{platform.machine()}, {len(cores()[0] | cores()[1])} cores, load {os.getloadavg()[0]:.1f}\n")
    with ExitStack() as stack, on(cores()[1]):
        setup = _start(stack, Path(stack.enter_context(TemporaryDirectory())))
        began, waited = time.perf_counter(), setup.processor.waited_seconds()
        show([*latency(setup, chosen.rounds), *throughput(setup, chosen.rounds)])
        share = (setup.processor.waited_seconds() - waited) / (time.perf_counter() - began)
        print(f"The processor waited for its core {share:.0%} of the time; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
