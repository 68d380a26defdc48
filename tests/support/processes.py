"""`pointsman up` as a process of its own."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Gateway:
    """A started gateway: its process, its address, and what it has logged so far."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[dict] = []
        self.url = ""

    async def listening(self) -> None:
        """Wait until it says where it listens."""
        while not self.url:
            await self._line()

    async def says(self, event: str) -> None:
        """Wait until it has logged an event."""
        async with asyncio.timeout(60):
            while not any(line.get("event") == event for line in self.lines):
                await self._line()

    async def ended(self) -> int:
        """Wait until it has ended and everything is read; return its exit code."""
        while not self.process.stderr.at_eof():
            await self._line()
        return await self.process.wait()

    async def _line(self) -> None:
        raw = await self.process.stderr.readline()
        assert raw or self.url, f"it ended before it listened: {self.lines}"
        if not raw:
            return
        self.lines.append(json.loads(raw) if raw.startswith(b"{") else {"text": raw.decode().strip()})
        if self.lines[-1].get("event") == "listening":
            self.url = f"http://{self.lines[-1]['addresses'][0]}"


async def start(config: Path, *options: str, port: int = 0) -> Gateway:
    """Start one on a port of 127.0.0.1."""
    command = ["-m", "gateway", "up", str(config), "--address", "127.0.0.1", "--port", str(port), *options]
    return Gateway(await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stderr=PIPE))


@asynccontextmanager
async def up(config: Path, *options: str):
    """Run one for a while."""
    gateway = await start(config, *options)
    try:
        async with asyncio.timeout(60):
            await gateway.listening()
        yield gateway
    finally:
        if gateway.process.returncode is None:
            gateway.process.kill()
            gateway.process._transport.close()  # its workers may hold the other end of the log a while longer
            await gateway.process.wait()
