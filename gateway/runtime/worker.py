"""What a worker process and its supervisor have in common: the pipes between them."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class WorkerPipes:
    """What a worker is given: listening sockets, the pipe to say that it listens, the lifeline, its admin socket."""

    sockets: tuple[int, ...]
    ready: int
    lifeline: int
    admin: str

    def dump(self) -> str:
        """Return it as text for the command line of a worker."""
        return orjson.dumps(self).decode()

    @classmethod
    def load(cls, text: str) -> "WorkerPipes":
        """Return what `dump` wrote."""
        said = orjson.loads(text)
        return cls(tuple(said["sockets"]), said["ready"], said["lifeline"], said["admin"])


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
