"""`python -m devtools.demo_page URL PAGE COMMAND...`: run a gateway, and send it mild mixed traffic for its page.

URL is where the gateway listens, PAGE where its page is. Ends with the command; Ctrl-C and SIGTERM end both.
"""

import asyncio
import random
import signal
import sys
from collections.abc import Sequence
from itertools import count
from typing import Final

import aiohttp

PROMPTS: Final = (
    "Write a Python function for binary search",
    "Generate the boilerplate of a REST controller in Java",
    "Write unit tests for this parser",
    "Analyze the tradeoffs between microservices and a monolith, step by step",
    "Explain in detail why the sky is blue, and why sunsets are red",
    "Compare three ways to finance a house, with their risks",
    "hi there",
    "What is the capital of France?",
    "Write a haiku about trains",
    "thanks, that is all",
)
_PAUSE: Final = 0.7
"""Seconds between two requests, on average."""
_QUICK: Final = 60
"""Requests that come at first, so many times as quickly: `_QUICKER`."""
_QUICKER: Final = 20
_PATIENCE: Final = 60.0


async def main(url: str, page: str, command: Sequence[str]) -> int:
    """Run the gateway and ask it until it ends; return its exit code."""
    process = await asyncio.create_subprocess_exec(*command)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, process.terminate)
    asking = asyncio.create_task(ask(url, page))
    try:
        return await process.wait()
    except asyncio.CancelledError:
        return await process.wait()
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def ask(url: str, page: str, pause: float = _PAUSE) -> None:
    """Wait until the gateway is ready, say where its page is, and send one request after another until cancelled.

    The first come quickly, so that there is something to see when the page is opened.
    """
    async with aiohttp.ClientSession() as session:
        await ready(session, url)
        sys.stderr.write(f"\nThe page is at {page} ; Ctrl-C ends it.\n\n")
        for number in count():
            await asyncio.sleep(random.expovariate(1 / pause) / (_QUICKER if number < _QUICK else 1))
            async with session.post(f"{url}{random.choice(PATHS)}", json=body(), headers=headers()) as answer:  # noqa: S311
                await answer.read()


async def ready(session: aiohttp.ClientSession, url: str) -> None:
    """Return once the gateway is ready. Raises TimeoutError after a minute."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            try:
                async with session.get(f"{url}/readyz") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.2)


PATHS: Final[Sequence[str]] = ("/v1/chat/completions", "/v1/chat/completions", "/v1/messages", "/routing/v1/messages")


def body() -> dict[str, object]:
    """Return a request that every path takes."""
    said = random.choice(PROMPTS)  # noqa: S311
    stream = random.random() < 0.5  # noqa: S311
    return {"model": "auto", "max_tokens": 200, "stream": stream, "messages": [{"role": "user", "content": said}]}


def headers() -> dict[str, str]:
    """Return the headers of a request: some belong to one of a few sessions."""
    number = random.randrange(20)  # noqa: S311
    return {"X-Session-Id": f"demo-{number}"} if number < 5 else {}


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:])))
    except KeyboardInterrupt:
        sys.exit(0)
