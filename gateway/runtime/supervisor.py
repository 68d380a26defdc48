"""Several worker processes behind one set of listening sockets.

The supervisor binds the sockets, starts the workers and passes the sockets to them, so that a connection waits in one
queue for whichever worker is free, and a worker that dies takes no connection with it but its own. It serves nothing
itself. A worker that ends is replaced, after a pause that grows while workers end soon after their start; where the
file is wrong by then, its replacement begins with the configuration that the others serve. Signals go to
the supervisor alone, since each worker has a session of its own: SIGTERM and SIGINT are passed on and end it once all
workers have drained, SIGHUP is passed on. Workers notice the supervisor's death by a pipe (the lifeline) and drain.

A worker says that it listens by one byte on a pipe of its own. One that ends before, at the first start, ends all.
"""

import asyncio
import os
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from gateway.admin.listener import AdminListener
from gateway.config.model import Config
from gateway.runtime.worker import WorkerPipes

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 10.0
_SETTLED: Final = 10.0
"""Seconds after which a worker counts as well: the next pause is the first again."""


class StartError(Exception):
    """A worker ended before it listened."""


class Supervisor:
    """Keeps `count` workers running. `command` is that of a worker, to which its pipes are added."""

    def __init__(
        self,
        count: int,
        sockets: Sequence[socket.socket],
        command: Sequence[str],
        environ: Mapping[str, str],
        folder: Path,
    ) -> None:
        self._count: Final = count
        self._sockets: Final = sockets
        self._command: Final = tuple(command)
        self._environ: Final = dict(environ)
        self._folder: Final = folder
        self._processes: Final[dict[int, Process]] = {}
        self._stopping = False
        self._log = structlog.get_logger()
        self._lifeline, self._held = os.pipe()

    @property
    def admin_sockets(self) -> Sequence[Path]:
        """The Unix sockets of the workers' admin applications, in the order of their numbers."""
        return [self._folder / f"{number}.sock" for number in range(self._count)]

    async def run(self, ready: Callable[[], None]) -> None:
        """Run until told to stop and every worker has ended. `ready` is called once all of them listen.

        Raises StartError where a worker ends before it listens, at the first start.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self.signalled, number)
        try:
            first = await asyncio.gather(*(self._start(number) for number in range(self._count)))
            if not all(first):
                self.signalled(signal.SIGTERM)
                raise StartError("a worker ended before it listened; what it logged says why")
            ready()
            await asyncio.gather(*(self._keep(number) for number in range(self._count)))
        finally:
            await asyncio.gather(*(process.wait() for process in self._processes.values()))
            os.close(self._held)
            os.close(self._lifeline)

    def signalled(self, number: int) -> None:
        """Pass a signal on; those that end a process end the supervisor's own hold on the sockets too."""
        if number != signal.SIGHUP:
            self._stopping = True
            for held in self._sockets:
                held.close()
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.send_signal(number)

    def _ends(self) -> bool:
        return self._stopping

    async def _start(self, number: int) -> bool:
        """Start a worker and return whether it came to listen."""
        told, tell = os.pipe()
        pipes = WorkerPipes(
            tuple(held.fileno() for held in self._sockets),
            tell,
            self._lifeline,
            str(self.admin_sockets[number]),
            str(self._folder / "config.yaml"),
        )
        try:
            self._processes[number] = await asyncio.create_subprocess_exec(
                *self._command,
                pipes.dump(),
                env=self._environ,
                pass_fds=(*pipes.sockets, tell, self._lifeline),
                start_new_session=True,
            )
        finally:
            os.close(tell)
        try:
            return await asyncio.to_thread(os.read, told, 1) == b"1"
        finally:
            os.close(told)

    async def _keep(self, number: int) -> None:
        """Replace a worker whenever it ends, until the supervisor is told to stop."""
        loop, pause = asyncio.get_running_loop(), _FIRST_PAUSE
        while not self._stopping:
            started = loop.time()
            code = await self._processes[number].wait()
            if self._ends():
                break
            pause = _FIRST_PAUSE if loop.time() - started > _SETTLED else min(2 * pause, _LONGEST_PAUSE)
            self._log.error("worker_ended", worker=number, code=code, restart_seconds=pause)
            await asyncio.sleep(pause)
            if not self._ends() and await self._start(number):
                self._log.info("worker_replaced", worker=number, pid=self._processes[number].pid)


async def supervise(
    supervisor: Supervisor, config: Config, admin: web.Application | None, ready: Callable[[], None]
) -> None:
    """Run until the supervisor is told to stop. Raises ConfigError where the admin address is taken, and StartError."""
    async with AsyncExitStack() as stack:
        if admin is not None and config.admin is not None:
            listener = AdminListener(admin, (config.admin.address, config.admin.port))
            await stack.enter_async_context(asynccontextmanager(listener.lifespan)(admin))
        await supervisor.run(ready)
