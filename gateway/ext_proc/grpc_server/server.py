"""Listening for gRPC, on a port or on a socket in the file system, and stopping."""

import asyncio
import errno
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.ext_proc.grpc_server.call import Method
from gateway.ext_proc.grpc_server.connection import Connection
from gateway.runtime.sockets import BACKLOG, bind

_UNIX: Final = "unix:"


class Server:
    """Serves methods, by their paths (`/package.Service/Method`). Messages have at most `largest` bytes."""

    def __init__(self, methods: Mapping[str, Method], largest: int) -> None:
        self._methods = methods
        self._largest = largest
        self._connections: set[Connection] = set()
        self._listening: asyncio.Server | None = None
        self._path: Path | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    async def listen(self, address: str) -> None:
        """Listen on `host:port` or `unix:path`. Raises OSError with the address as its `filename` where it cannot."""
        loop = asyncio.get_running_loop()
        if address.startswith(_UNIX):
            path = Path(address.removeprefix(_UNIX))
            try:
                self._listening = await loop.create_unix_server(self._connection, path, backlog=BACKLOG)
            except OSError as error:
                raise OSError(error.errno, error.strerror or str(error), address) from None
            self._path = path
            return
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal():
            raise OSError(errno.EINVAL, "it must be host:port or unix:path", address)
        [listening] = bind([(host, int(port))])
        self._listening = await loop.create_server(self._connection, sock=listening, backlog=BACKLOG)

    def _connection(self) -> Connection:
        made = Connection(self._methods, self._largest, self._gone)
        self._connections.add(made)
        self._empty.clear()
        return made

    def _gone(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    async def stop(self) -> None:
        """Take no new connections and calls, and wait until all calls have ended."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
            if self._path is not None:
                with suppress(FileNotFoundError):
                    self._path.unlink()
        for connection in tuple(self._connections):
            connection.drain()
        await self._empty.wait()

    def cut(self) -> None:
        """End all connections and their calls now."""
        for connection in tuple(self._connections):
            connection.cut()
