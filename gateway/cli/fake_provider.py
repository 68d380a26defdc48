"""`pointsman fake-provider`."""

import asyncio
import signal

import typer

from devtools.fake_provider.server import FakeProvider
from filters.errors import reason
from gateway.cli.configuration import err, out


def fake_provider(address: str, port: int, pace: float) -> None:
    """Serve until SIGTERM or Ctrl-C; exit 1 where it cannot listen."""
    try:
        asyncio.run(_serve(FakeProvider(address, port, pace=pace, record=False)))
    except OSError as error:
        err.print(f"{address}:{port} cannot be listened on: {reason(error)}", style="red", markup=False)
        raise typer.Exit(1) from None


async def _serve(provider: FakeProvider) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with provider:
        out.print(f"The fake provider listens on {provider.url}", markup=False)
        await stop.wait()
