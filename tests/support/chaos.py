"""A gateway with workers, and what can befall it: reloads, killed workers, a Redis that goes or hangs, a full disk."""

import asyncio
import os
import resource
import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import aiohttp

from tests.support.fake_redis import FakeRedis, RealRedis
from tests.support.gateway import config_text
from tests.support.processes import Gateway

MODELS = ("openai/one", "openai/two")
_ROOM = 4096
"""How large a file may still grow where the disk is full, in bytes."""


@dataclass
class Site:
    """What a gateway is configured with: its file, its providers, its Redis and the port of its admin listener."""

    path: Path
    provider: str
    redis: FakeRedis | RealRedis
    admin_port: int

    @property
    def admin(self) -> str:
        return f"http://127.0.0.1:{self.admin_port}"

    def write(self, first: str) -> None:
        """Write the file, at once as a deployment does, with `first` as the first candidate of its route."""
        providers = [{"model": model, "base_url": self.provider, "access_key": "k"} for model in MODELS]
        providers[0]["default"] = "true"
        second = next(model for model in MODELS if model != first)
        cache = f"{{type: redis, url: '{self.redis.url}'}}"
        text = config_text(
            providers,
            (first, second),
            routing=f"{{session_ttl_seconds: 3600, session_cache: {cache}}}",
            admin=f"{{port: {self.admin_port}}}",
            decision_log=f"{{path: {self.path.parent / 'decisions'}}}",
        )
        draft = self.path.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(self.path)


@dataclass
class Trouble:
    """Does things to a running gateway. `lost` are the callers' ports whose connections a killed worker took along."""

    site: Site
    gateway: Gateway
    rng: Random
    session: aiohttp.ClientSession
    first: str = MODELS[0]
    lost: list[int] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    _count: int = 0

    def workers(self) -> list[int]:
        return children(self.gateway.process.pid)

    async def all_ready(self) -> None:
        """Wait until each worker answers."""
        for number in range(len(self.workers())):
            while await self._status("GET", f"/readyz?worker={number}") != 200:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)

    async def kill(self) -> None:
        """Kill a worker, noting whose connections it had, and wait until another has taken its place."""
        pid = self.rng.choice(self.workers())
        os.kill(pid, signal.SIGSTOP)
        self.lost += peers(pid, int(self.gateway.url.rpartition(":")[2]))
        os.kill(pid, signal.SIGKILL)
        while pid in self.workers() or len(self.workers()) < 2:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
        await self.all_ready()

    async def reload(self) -> None:
        """Turn the candidates round, and see that new sessions are decided by the new file."""
        self.first = next(model for model in MODELS if model != self.first)
        self.site.write(self.first)
        how = self.rng.choice(("the file alone", "SIGHUP", "POST"))
        if how == "SIGHUP":
            self.gateway.process.send_signal(signal.SIGHUP)
        if how == "POST":
            assert await self._status("POST", "/reload") == 200
        async with asyncio.timeout(20):
            while await self._old() or await self._old():  # noqa: ASYNC110 - either worker may have been asked
                await asyncio.sleep(0.1)

    async def restart_redis(self) -> None:
        await self.site.redis.stop()
        await asyncio.sleep(self.rng.uniform(0.0, 1.0))
        await self.site.redis.start()

    async def freeze_redis(self, seconds: float) -> None:
        self.site.redis.freeze(frozen=True)
        await asyncio.sleep(seconds)
        self.site.redis.freeze(frozen=False)

    @contextmanager
    def full_disk(self):
        """Let no file of the gateway grow any more."""
        self._limit(_ROOM)
        try:
            yield
        finally:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        workers = self.workers()
        writers = [each for worker in workers for each in children(worker)]
        for pid in (self.gateway.process.pid, *workers, *writers):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    async def _old(self) -> bool:
        """Ask about a new session, on a connection of its own, and return whether an old file decided."""
        self._count += 1
        headers = {"x-session-id": f"reload-{self._count}", "Connection": "close"}
        body = {"messages": [{"role": "user", "content": "Write a Python function for binary search"}]}
        url = f"{self.gateway.url}/routing/v1/chat/completions"
        async with self.session.post(url, json=body, headers=headers) as answer:
            assert answer.status == 200
            return (await answer.json())["model"] != self.first

    async def _status(self, method: str, where: str) -> int:
        async with self.session.request(method, self.site.admin + where) as answer:
            return answer.status


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and not lost."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def peers(pid: int, port: int) -> list[int]:
    """Return the other ends' ports of the connections that a process has accepted on a port of this host."""
    held = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            held.add(str(link.readlink()).removeprefix("socket:[").rstrip("]"))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = [row for row in rows if row[9] in held and int(row[1].rpartition(":")[2], 16) == port]
    return [number for row in ours if (number := int(row[2].rpartition(":")[2], 16))]
