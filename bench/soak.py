"""`make soak`: whether a gateway that serves everything for a long time stays as it is: memory, descriptors, tasks.

Decisions, pinned and new sessions, whole answers and streams in three formats from providers of two, streams that the
caller leaves, everything that fails, a reload each minute, a scrape and a look at the page every few seconds. The first
quarter warms up; what each figure grew from the second quarter to the last, by their medians, is printed, and too much
is exit code 1.

    python -m bench.soak [--minutes 15] [--rate 10]
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from bench.process import Server, cores, free_port, serving

SAMPLES = 60
AT_ONCE = 16
"""Requests that are under way at most: a machine that is too slow for the rate is no leak."""
RELOAD_SECONDS = 60.0
MODELS = ("openai/gpt-4o", "anthropic/claude-sonnet-4-5")
FAULTS = ("429", "500", "cut", "error-first", "error", "malformed", "html", "refuse", "401", "gzip", "pings", "bytes")
PROMPTS = ("Write a Python function for binary search", "hello there", "¿Qué tiempo hace hoy?", "a word " * 200)
WRONG = (b"{", b"[]", b'{"messages": 1}', b'{"model": "no/such", "messages": [{"role": "user", "content": "x"}]}')


@dataclass(frozen=True, slots=True)
class Sample:
    """How a process is: megabytes, and numbers of what it holds."""

    memory: float
    descriptors: int
    threads: int
    tasks: int


MOST = Sample(memory=8.0, descriptors=8, threads=2, tasks=8)
"""What a figure may grow by."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request. `leave` says that the caller goes after the first bytes."""

    path: str
    body: bytes
    session: str | None = None
    leave: bool = False


def questions(seed: int) -> Iterator[Question]:
    """Yield requests for ever."""
    rng, number = random.Random(seed), 0
    while True:
        number += 1
        kind = rng.random()
        path = rng.choice(("/v1/chat/completions", "/v1/messages", "/v1/responses"))
        if kind < 0.1:
            yield Question(rng.choice((path, "/v1/no-such-path", f"/routing{path}")), rng.choice(WRONG))
            continue
        model = rng.choice((*MODELS, "auto")) if kind < 0.8 else f"openai/fake-{rng.choice(FAULTS)}"
        stream = rng.random() < 0.5
        session = rng.choice((None, f"new-{number}", f"old-{rng.randrange(50)}"))
        body = _body(path, rng.choice(PROMPTS), model, stream=stream)
        yield Question(rng.choice((path, f"/routing{path}")), body, session, leave=stream and rng.random() < 0.2)


def _body(path: str, prompt: str, model: str, *, stream: bool) -> bytes:
    turns = [{"role": "user", "content": prompt}]
    said: dict[str, Any] = {"input": turns} if path.endswith("responses") else {"messages": turns, "max_tokens": 99}
    return json.dumps({"model": model, "stream": stream, **said}).encode()


def write(path: Path, provider: int, admin: int, port: int, *, turned: bool) -> None:
    """Write the configuration; `turned` is the other one of the two that it is reloaded with."""
    base = f"http://127.0.0.1:{provider}"
    config = {
        "listeners": [{"type": "model", "name": "soak", "port": port}],
        "model_providers": [
            *({"model": model, "access_key": "k", "base_url": base} for model in MODELS),
            {"model": "openai/*", "access_key": "k", "base_url": base},
        ],
        "routing_preferences": [
            {
                "name": "code",
                "description": "writing code and functions" + " and scripts" * turned,
                "models": list(MODELS[::-1] if turned else MODELS),
            },
            {"name": "talk", "description": "greetings and chit chat", "models": [MODELS[1]]},
        ],
        "routing": {"session_max_entries": 1000, "apply_to": "auto"},
        "decision_log": {"path": str(path.parent / "decisions")},
        "limits": {"first_byte_timeout_seconds": 2, "max_retries": 1},
        "admin": {"port": admin},
    }
    path.write_text(json.dumps(config))


class Soak:
    """Keeps a gateway busy and looks at it. `statuses` are what it answered."""

    def __init__(self, server: Server, admin: str, session: aiohttp.ClientSession) -> None:
        self._server = server
        self._url = f"http://127.0.0.1:{server.port}"
        self._admin = admin
        self._session = session
        self._places = asyncio.Semaphore(AT_ONCE)
        self.statuses: Counter[str] = Counter()

    async def ask(self, question: Question) -> None:
        """Send a request and read the answer, or as much of it as this caller wants."""
        headers = {"content-type": "application/json"}
        if question.session:
            headers["x-session-id"] = question.session
        try:
            async with self._session.post(self._url + question.path, data=question.body, headers=headers) as answer:
                self.statuses[str(answer.status)] += 1
                if question.leave:
                    await answer.content.readany()
                    answer.close()
                else:
                    await answer.read()
        except aiohttp.ClientPayloadError:
            self.statuses["cut off"] += 1

    async def keep_asking(self, rate: float) -> None:
        """Send so many requests a second at most, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for question in questions(1):
                await self._places.acquire()
                group.create_task(self.ask(question)).add_done_callback(lambda _: self._places.release())
                await asyncio.sleep(1 / rate)

    async def keep_watching(self) -> None:
        """Read the live feed, as an open page does, until cancelled."""
        async with self._session.get(f"{self._admin}/api/live") as answer:
            async for _ in answer.content.iter_any():
                pass

    async def sample(self) -> Sample:
        """Look at the process, and at what an operator looks at."""
        async with self._session.get(f"{self._admin}/metrics") as answer:
            await answer.read()
        async with self._session.get(f"{self._admin}/stats") as answer:
            stats = await answer.json()
        return Sample(self._server.rss_mb(), self._server.descriptors(), self._server.threads(), stats["tasks"])


async def soak(folder: Path, minutes: float, rate: float) -> tuple[list[Sample], Counter[str]]:
    """Run everything for so long, and return what was seen."""
    path, provider, admin, port = folder / "config.yaml", free_port(), free_port(), free_port()
    write(path, provider, admin, port, turned=False)
    everywhere = cores()[0] | cores()[1]
    with (
        serving(("gateway", "fake-provider", "--port", str(provider)), provider, everywhere),
        serving(("gateway", "up", str(path)), port, everywhere) as server,
    ):
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            running = Soak(server, f"http://127.0.0.1:{admin}", session)
            work = [asyncio.create_task(each) for each in (running.keep_asking(rate), running.keep_watching())]
            samples, turned, next_reload = [], False, RELOAD_SECONDS
            began = time.monotonic()
            for number in range(1, SAMPLES + 1):
                await asyncio.sleep(max(0.0, began + minutes * 60 * number / SAMPLES - time.monotonic()))
                if time.monotonic() - began >= next_reload:
                    turned, next_reload = not turned, next_reload + RELOAD_SECONDS
                    write(path, provider, admin, port, turned=turned)
                samples.append(await running.sample())
                print(f"{time.monotonic() - began:6.0f} s", asdict(samples[-1]), flush=True)
                if any(task.done() for task in work):
                    break
            for task in work:
                task.cancel()
            for task in work:
                with suppress(asyncio.CancelledError):
                    await task
    return samples, running.statuses


def grown(samples: Sequence[Sample]) -> Sample:
    """Return what each figure grew by from the second quarter to the last."""
    quarter = len(samples) // 4
    rows = [astuple(each) for each in samples]
    before, after = (
        [median(column) for column in zip(*part, strict=True)]
        for part in (rows[quarter : 2 * quarter], rows[-quarter:])
    )
    return Sample(*(round(last - first, 1) for first, last in zip(before, after, strict=True)))


def too_much(found: Sample) -> list[str]:
    """Return the names of the figures that grew too much."""
    return [each.name for each in fields(Sample) if getattr(found, each.name) > getattr(MOST, each.name)]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--rate", type=float, default=10.0, help="requests a second, at most")
    chosen = parser.parse_args()
    with TemporaryDirectory() as name:
        samples, statuses = asyncio.run(soak(Path(name), chosen.minutes, chosen.rate))
    found = grown(samples)
    print(f"{statuses.total()} requests: {dict(sorted(statuses.items()))}")
    print(f"first {samples[0]}\nlast {samples[-1]}\ngrown {found}")
    if wrong := too_much(found):
        sys.exit(f"grew by more than {MOST}: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
