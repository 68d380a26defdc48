"""The real Envoy, processors and gateways as processes of their own, put together as the recipes of `deploy/envoy` say.

A recipe is run as it stands, but for its addresses: every listener and cluster gets ports that are free.
"""

import asyncio
import copy
import json
import shutil
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import yaml

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "deploy/envoy"
PROMPT_CODE = "Write a Python function that implements binary search on a sorted array"
PROMPT_REASON = (
    "Explain the trade-offs between microservices and monolithic architectures, considering scalability, team "
    "structure, and operational complexity"
)
PROMPT_OTHER = "What is the capital of France?"


INSTALLED = ROOT / ".envoy/envoy/_bin/envoy"
ENVOY = INSTALLED if INSTALLED.exists() else shutil.which("envoy")
NEEDS_ENVOY = pytest.mark.skipif(ENVOY is None, reason="Envoy is not installed here: `make test-envoy` installs it")


def free_ports(count):
    """Return ports of 127.0.0.1 that nobody listens on."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def free_port():
    return free_ports(1)[0]


def recipe(name):
    """Return a recipe of `deploy/envoy`, parsed."""
    return yaml.safe_load((RECIPES / f"{name}.yaml").read_text(encoding="utf-8"))


def endpoint(port):
    return {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}


def at_ports(config, clusters):
    """Return a recipe at free ports: `clusters` are the ports of each cluster's endpoints, by its name."""
    config = copy.deepcopy(config)
    config["admin"]["address"]["socket_address"]["port_value"] = free_port()
    for listener in config["static_resources"]["listeners"]:
        listener["address"]["socket_address"]["port_value"] = free_port()
    for cluster in config["static_resources"]["clusters"]:
        if cluster["name"] in clusters:
            addressed(cluster, clusters[cluster["name"]])
    return config


def addressed(cluster, ports):
    """Give each endpoint of a cluster its port; where there are more of one kind, the same of the other."""
    localities = cluster["load_assignment"]["endpoints"]
    if len(localities) == 1:
        first = localities[0]["lb_endpoints"][0]
        made = []
        for port in ports:
            each = copy.deepcopy(first)
            each["endpoint"]["address"]["socket_address"].update(address="127.0.0.1", port_value=port)
            made.append(each)
        localities[0]["lb_endpoints"] = made
        return
    for locality, port in zip(localities, ports, strict=True):
        locality["lb_endpoints"][0]["endpoint"]["address"]["socket_address"].update(port_value=port)


def ext_proc_filter(config):
    """Return the settings of the recipe's external processor, to be changed in place."""
    filters = connection_manager(config)["http_filters"]
    return next(each["typed_config"] for each in filters if each["name"] == "pointsman")


def connection_manager(config):
    return config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]


def cluster_of(config, name):
    return next(each for each in config["static_resources"]["clusters"] if each["name"] == name)


class Envoy:
    """A running Envoy. `url` is that of its first listener."""

    def __init__(self, config, process, session):
        self.config = config
        self.process = process
        self.session = session
        self.url = f"http://127.0.0.1:{self._port(config['static_resources']['listeners'][0])}"
        self.admin = f"http://127.0.0.1:{self._port(config['admin'])}"

    @staticmethod
    def _port(part):
        return part["address"]["socket_address"]["port_value"]

    async def post(self, path, body, headers=None, **options):
        """Post JSON, or bytes as they are, and return status, headers and what came."""
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self.session.post(self.url + path, headers=headers, **sent, **options) as answer:
            raw = await answer.read()
            parsed = json.loads(raw) if answer.content_type == "application/json" and raw else raw
            return answer.status, answer.headers, parsed

    async def chat(self, said=PROMPT_CODE, *, session=None, path="/v1/chat/completions", **more):
        headers = {"X-Session-Id": session} if session else {}
        body = {"model": "auto", "messages": [{"role": "user", "content": said}], **more}
        return await self.post(path, body, headers)

    async def stats(self, prefix):
        """Return the counters and gauges whose names begin so."""
        async with self.session.get(f"{self.admin}/stats?format=json&filter=^{prefix}") as answer:
            stats = (await answer.json())["stats"]
        return {each["name"]: each["value"] for each in stats if "value" in each}

    async def healthy(self, cluster, count):
        """Wait until so many endpoints of a cluster are healthy."""
        name = f"cluster.{cluster}.membership_healthy"
        async with asyncio.timeout(20):
            while (await self.stats(name)).get(name) != count:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)


@asynccontextmanager
async def envoy(config, tmp_path, *, concurrency=1):
    """Run Envoy while the context lasts."""
    path = tmp_path / f"envoy-{id(config)}.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    log = (tmp_path / "envoy.log").open("ab")
    options = ["--concurrency", str(concurrency), "--disable-hot-restart", "-l", "warning"]
    process = await asyncio.create_subprocess_exec(str(ENVOY), "-c", str(path), *options, stdout=log, stderr=log)
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            running = Envoy(config, process, session)
            await _ready(running)
            yield running
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        log.close()


async def _ready(running):
    async with asyncio.timeout(30):
        while True:
            assert running.process.returncode is None, "Envoy ended; its log is in envoy.log"
            try:
                async with running.session.get(f"{running.admin}/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


class Served:
    """`pointsman` with a command, as a process of its own on a port that stays the same when it is started again."""

    def __init__(self, command, config, port, options=()):
        self.port = port
        self._command = [sys.executable, "-m", "gateway", command, str(config), *options]
        where = f"127.0.0.1:{port}"
        self._command += ["--address", where] if command == "ext-proc" else ["--port", str(port)]
        self.process = None
        self.lines = []
        self._reading = None

    async def start(self):
        self.lines = []
        self.process = await asyncio.create_subprocess_exec(
            *self._command, cwd=ROOT, stderr=PIPE, stdout=DEVNULL, limit=2**20
        )
        listening = asyncio.Event()
        self._reading = asyncio.ensure_future(self._read(listening))
        async with asyncio.timeout(90):
            await listening.wait()
        assert self.process.returncode is None, self.lines
        return self

    async def _read(self, listening):
        async for line in self.process.stderr:
            self.lines.append(json.loads(line) if line.startswith(b"{") else {"event": line.decode()})
            if self.lines[-1]["event"] == "listening":
                listening.set()
        listening.set()

    @property
    def requests(self):
        """The lines of the access log."""
        return [line for line in self.lines if line["event"] == "request"]

    async def stop(self, number=signal.SIGTERM):
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            await self.process.wait()
        if self._reading is not None:
            await self._reading


@asynccontextmanager
async def served(*each):
    """Run several of them while the context lasts."""
    async with AsyncExitStack() as stack:
        for one in each:
            stack.push_async_callback(one.stop, signal.SIGKILL)
        yield await asyncio.gather(*(one.start() for one in each))
