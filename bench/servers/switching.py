"""The gateway, which switches its sinks off and on again in turn, and tells the processor time of a request in both.

    python -m bench.servers.switching CONFIG REPORT

In one process, since two processes of the same build differ by more than what is measured here. It runs like
`pointsman up`; at its end it writes to REPORT, as JSON, the requests and the seconds of processor time of each period:
`[[1204, 0.125], ...]`. The first is without sinks, the next with, and so on.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web

from filters.record import RequestRecord
from gateway.cli.main import app as pointsman
from gateway.telemetry.sinks import Sinks

_SETTLING: Final = 0.06
"""Seconds after a switch that do not count: lines that were logged before it are still being written."""
_PERIOD: Final = 0.14

_emit, _lifespan = Sinks.emit, Sinks.lifespan


class _Switch:
    """Whether sinks are on, and what was measured so far."""

    def __init__(self) -> None:
        self.on = True
        self.requests = 0
        self.periods: list[tuple[int, float]] = []

    async def run(self) -> None:
        while True:
            self.on = not self.on
            await asyncio.sleep(_SETTLING)
            requests, worked = self.requests, time.process_time()
            await asyncio.sleep(_PERIOD)
            self.periods.append((self.requests - requests, time.process_time() - worked))


def main() -> None:
    """Serve until the process is told to end."""
    config, report = sys.argv[1], Path(sys.argv[2])
    switch = _Switch()

    def emit(sinks: Sinks, record: RequestRecord) -> None:
        switch.requests += 1
        if switch.on:
            _emit(sinks, record)

    async def lifespan(sinks: Sinks, app: web.Application) -> AsyncIterator[None]:
        switching = asyncio.create_task(switch.run())
        async for _ in _lifespan(sinks, app):
            yield
        switching.cancel()
        report.write_text(json.dumps(switch.periods))  # noqa: ASYNC240 - at the very end

    Sinks.emit, Sinks.lifespan = emit, lifespan  # type: ignore[method-assign]
    pointsman(["up", config], standalone_mode=False)


if __name__ == "__main__":
    main()
