"""What a worker and its supervisor have in common: the pipes between them, and what is kept for a later worker."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class WorkerPipes:
    """What a worker is given: listening sockets, the pipe to say that it listens, the lifeline, its admin socket.

    `kept` is the file in which workers keep the text of the configuration that serves, for one that comes later.
    """

    sockets: tuple[int, ...]
    ready: int
    lifeline: int
    admin: str
    kept: str

    def dump(self) -> str:
        """Return it as text for the command line of a worker."""
        return orjson.dumps(self).decode()

    @classmethod
    def load(cls, text: str) -> "WorkerPipes":
        """Return what `dump` wrote."""
        said = orjson.loads(text)
        return cls(tuple(said["sockets"]), said["ready"], said["lifeline"], said["admin"], said["kept"])

    def keep(self, text: str) -> None:
        """Keep the text of a configuration that has come into service. A reader sees it whole, or the one before."""
        fresh = Path(f"{self.kept}.{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.kept)

    def last_kept(self) -> str | None:
        """Return the text of the configuration that came into service last, None before the first."""
        kept = Path(self.kept)
        return kept.read_text(encoding="utf-8") if kept.exists() else None


def tell_ready(pipe: int) -> None:
    """Say that this worker listens."""
    os.write(pipe, b"1")
    os.close(pipe)


async def drain_without(lifeline: int, drain: Callable[[], None]) -> None:
    """Drain once the supervisor is gone: the other end of the lifeline closes with it."""
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    loop.add_reader(lifeline, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(lifeline)
    drain()
