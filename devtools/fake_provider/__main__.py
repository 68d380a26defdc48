"""`python -m devtools.fake_provider --port 12100`: a provider for people who have no key."""

import argparse
import asyncio
import signal
import sys

from devtools.fake_provider.server import FakeProvider


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="fake_provider", description="A fake LLM provider in three wire formats.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=12100, help="0 takes a free one")
    parser.add_argument("--pace", type=float, default=0.02, help="seconds between streamed frames")
    asyncio.run(_serve(parser.parse_args()))


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with FakeProvider(arguments.host, arguments.port, pace=arguments.pace, record=False) as provider:
        sys.stdout.write(f"fake provider: {provider.url}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    main()
