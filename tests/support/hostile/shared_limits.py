"""Callers of several gateways that share their counters, and how many requests were let through in any minute."""

import asyncio
import itertools
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import Final, NamedTuple

import aiohttp

from filters.auth.api_keys import hash_of, new_key

KEY: Final = new_key()
HEADERS: Final = {"Authorization": f"Bearer {KEY}"}
_HELLO: Final = {"model": "mine/m", "messages": [{"role": "user", "content": "hello"}]}
_MINUTE: Final = 60.0
DECISION, PROXIED = "/routing/v1/chat/completions", "/v1/chat/completions"


class Sent(NamedTuple):
    """A request: when it was served, in seconds, as near as its caller can tell; its status; what was not counted."""

    at: float
    status: int
    uncounted: str | None


def write(
    path: Path,
    redis_url: str,
    limits: str,
    *,
    provider: str = "http://127.0.0.1:9",
    on_failure: str,
    timeout_ms: int = 500,
) -> Path:
    """Write the configuration of a gateway with one caller, whose limits are lines of YAML, and return its path."""
    path.write_text(
        dedent(
            f"""
            model_providers:
              - {{model: mine/m, base_url: "{provider}", access_key: k, price: {{input: 1, output: 1}}}}
            counters: {{type: redis, url: "{redis_url}", timeout_ms: {timeout_ms}, on_store_failure: {on_failure}}}
            api_keys:
              - {{name: ann, hash: "{hash_of(KEY)}", {limits}}}
            """
        )
    )
    return path


async def send(session: aiohttp.ClientSession, url: str) -> Sent:
    """Send one request."""
    clock = asyncio.get_running_loop().time
    began = clock()
    async with session.post(url, json=_HELLO, headers=HEADERS) as answer:
        await answer.read()
        return Sent((began + clock()) / 2, answer.status, answer.headers.get("x-pointsman-uncounted"))


async def paced(urls: Sequence[str], seconds: float, per_second: float) -> list[Sent]:
    """Send requests to the gateways in turn, so many a second, whatever they answer."""
    loop, tasks = asyncio.get_running_loop(), list[asyncio.Task[Sent]]()
    began = loop.time()
    async with aiohttp.ClientSession() as session:
        for number, url in zip(range(int(seconds * per_second)), itertools.cycle(urls), strict=False):
            await asyncio.sleep(max(0.0, began + number / per_second - loop.time()))
            tasks.append(asyncio.create_task(send(session, url)))
        return list(await asyncio.gather(*tasks))


def in_any_minute(sent: Sequence[Sent]) -> tuple[int, int]:
    """Return the fewest and the most requests that were let through in a minute that lies within the run."""
    passed = sorted(each.at for each in sent if each.status == 200)
    ends = max(each.at for each in sent)
    starts = [at for at in passed if at + _MINUTE <= ends]
    counts = [bisect_left(passed, at + _MINUTE) - index for index, at in enumerate(starts)]
    return min(counts), max(counts)
