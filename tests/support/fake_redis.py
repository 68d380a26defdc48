"""A Redis on a real socket (RESP2): what pins need of it, and a way into every kind of trouble. And the real one."""

import asyncio
import contextlib
import shutil
import signal
import ssl
import tempfile
import time
from asyncio.subprocess import DEVNULL
from typing import Self

OK, NIL = b"+OK\r\n", b"$-1\r\n"
REAL = shutil.which("redis-server")


class FakeRedis:
    """Serves one database. `delay` (seconds) comes before each answer, `stalled` keeps all of them back.

    `refuses` holds the error that a command is answered with; `commands` are those that came; `most` is the greatest
    number of connections that were open at once.
    """

    def __init__(self, password: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.password = password
        self.tls = tls
        self.delay = 0.0
        self.refuses: dict[str, str] = {}
        self.commands: list[list[str]] = []
        self.values: dict[str, tuple[bytes, float]] = {}
        self.most = 0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._passed = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._port = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        secret = f":{self.password}@" if self.password else ""
        return f"{'rediss' if self.tls else 'redis'}://{secret}127.0.0.1:{self._port}/0"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._writers)

    @property
    def stalled(self) -> bool:
        return not self._flowing.is_set()

    @stalled.setter
    def stalled(self, stalled: bool) -> None:
        (self._flowing.clear if stalled else self._flowing.set)()

    async def start(self) -> None:
        """Listen, after a stop on the same port as before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, ssl=self.tls)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Go away: nobody is listened to, and every connection is cut."""
        self._server.close()
        self.stalled = False
        self.cut()
        await self._server.wait_closed()
        await asyncio.gather(*self._serving)

    def cut(self) -> None:
        """Cut every connection."""
        for writer in self._writers:
            writer.transport.abort()

    def freeze(self, *, frozen: bool) -> None:
        """Keep every answer back, or go on."""
        self.stalled = frozen

    async def pass_time(self, seconds: float) -> None:
        """Let time pass for what expires."""
        self._passed += seconds

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.most = max(self.most, len(self._writers))
        known = self.password is None
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                name, *arguments = await _command(reader)
                if name == "AUTH":
                    known = arguments[-1] == self.password
                await asyncio.sleep(self.delay)
                await self._flowing.wait()
                writer.write(self._answer(name, arguments) if known else b"-NOAUTH Authentication required.\r\n")
                await writer.drain()
        self._writers.discard(writer)
        writer.transport.abort()

    def _answer(self, name: str, arguments: list[str]) -> bytes:
        self.commands.append([name, *arguments])
        if name in self.refuses:
            return f"-{self.refuses[name]}\r\n".encode()
        if name in {"AUTH", "CLIENT", "SELECT"}:
            return OK
        known = {"GET": self._get, "GETEX": self._get, "MGET": self._mget, "SET": self._set, "DEL": self._delete}
        return known[name](*arguments)

    def _live(self, key: str) -> tuple[bytes, float] | None:
        if key in self.values and self.values[key][1] <= self._now():
            del self.values[key]
        return self.values.get(key)

    def _get(self, key: str, *options: str) -> bytes:
        if (entry := self._live(key)) is None:
            return NIL
        if options:
            self.values[key] = (entry[0], self._now() + int(options[1]))
        return b"$%d\r\n%b\r\n" % (len(entry[0]), entry[0])

    def _mget(self, *keys: str) -> bytes:
        return b"*%d\r\n%b" % (len(keys), b"".join(map(self._get, keys)))

    def _set(self, key: str, value: str, *options: str) -> bytes:
        standing = self._live(key)
        if ("NX" in options and standing) or ("XX" in options and not standing):
            return NIL
        if "KEEPTTL" in options:
            expires = standing[1] if standing else float("inf")
        else:
            expires = self._now() + int(options[options.index("EX") + 1])
        self.values[key] = (value.encode(), expires)
        return OK

    def _delete(self, key: str) -> bytes:
        return b":%d\r\n" % (self.values.pop(key, None) is not None)

    def _now(self) -> float:
        return time.monotonic() + self._passed


async def _command(reader: asyncio.StreamReader) -> list[str]:
    words = []
    for _ in range(int((await reader.readuntil(b"\r\n"))[1:])):
        size = int((await reader.readuntil(b"\r\n"))[1:])
        words.append((await reader.readexactly(size + 2))[:-2].decode())
    return [words[0].upper(), *words[1:]]


class RealRedis:
    """`redis-server` on a free port, for as long as the context lasts. What it holds outlasts a stop."""

    async def __aenter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="redis-")
        self._port = await _free_port()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._folder.cleanup()

    async def start(self) -> None:
        """Listen, after a stop on the same port and with the same data as before."""
        command = ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", self._folder.name]
        command += ["--save", "", "--appendonly", "yes"]
        self._process = await asyncio.create_subprocess_exec(str(REAL), *command, stdout=DEVNULL, stderr=DEVNULL)
        await self._listening()

    async def stop(self) -> None:
        """Be killed."""
        self._process.kill()
        await self._process.wait()

    def freeze(self, *, frozen: bool) -> None:
        """Keep every answer back, or go on: connections stay open, and new ones are accepted by the kernel alone."""
        self._process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    async def pass_time(self, seconds: float) -> None:
        """Let time pass for what expires."""
        await asyncio.sleep(seconds)

    async def _listening(self) -> None:
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                    writer.close()
                    return
                await asyncio.sleep(0.01)


async def _free_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port
