"""Sends cases over real sockets and collects what is wrong with the answers."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.support.fuzz.requests import Case, make_case
from tests.support.fuzz.verdict import complaint

_PATIENCE: Final = 30.0
Reply = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


@dataclass(slots=True)
class Findings:
    """How many answers there were of each status, and what is wrong with which requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)


class Connection:
    """One connection, kept alive as long as the server keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, sent: bytes, *, head: bool = False) -> Reply:
        """Send bytes and return the final answer to them; again where a connection kept alive was closed meanwhile."""
        if self._reader is not None:
            try:
                return await self._ask(sent, head=head)
            except (EOFError, ConnectionError):
                await self.close()
        return await self._ask(sent, head=head)

    async def _ask(self, sent: bytes, *, head: bool) -> Reply:
        reader, writer = await self._open()
        async with asyncio.timeout(_PATIENCE):
            writer.write(sent)
            status, headers = await _read_head(reader)
            while status == 100:
                status, headers = await _read_head(reader)
            body = b"" if head else await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection", "").lower() == "close":
            await self.close()
        return status, headers, body

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._writer is None or self._reader.at_eof():
            await self.close()
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 22)
        return self._reader, self._writer

    async def close(self) -> None:
        """Close it; the next question opens another."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = (line.partition(":") for line in lines if line)
    return int(first.split(" ")[1]), {name.lower(): value.strip() for name, _, value in headers}


async def fuzz(port: int, seed: int, count: int, *, prefix: str = "/routing", connections: int = 4) -> Findings:
    """Send so many requests to a server on 127.0.0.1."""
    findings = Findings()
    numbers = iter(range(count))
    await asyncio.gather(*(_work(port, seed, numbers, prefix, findings) for _ in range(connections)))
    return findings


async def _work(port: int, seed: int, numbers: Iterator[int], prefix: str, findings: Findings) -> None:
    connection = Connection(port)
    for number in numbers:
        case = make_case(seed, number, prefix)
        wrong = await _judge(connection, case, findings)
        if wrong:
            findings.complaints.append(f"case {number}: {case.method} {case.path[:60]}: {wrong}")
    await connection.close()


async def _judge(connection: Connection, case: Case, findings: Findings) -> str | None:
    try:
        status, headers, body = await connection.ask(case.sent, head=case.method == "HEAD")
    except (OSError, EOFError, TimeoutError, ValueError, KeyError) as error:
        await connection.close()
        return f"no answer ({error!r})"
    findings.statuses[status] += 1
    return complaint(case, status, headers, body)
