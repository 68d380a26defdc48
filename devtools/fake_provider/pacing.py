"""Writes paced chunks to very many connections for the price of one timer.

A task with its own `asyncio.sleep` for each stream costs three times as much; 1,024 streams at 50 frames a second are
51,200 writes a second, so that the difference is one core or half of one.
"""

import asyncio
import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_SLACK: Final = 0.0005
"""Seconds by which a chunk may come early, so that neighbours share a wake-up."""


@dataclass(slots=True)
class _Stream:
    transport: asyncio.Transport
    chunks: list[bytes]
    """The last one first."""
    pace: float
    done: asyncio.Future[None]


class Pacer:
    """Plays chunks on transports. Belongs to one event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heap: list[tuple[float, int, _Stream]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._count = 0

    async def play(self, transport: asyncio.Transport, chunks: Sequence[bytes], pace: float) -> None:
        """Write the chunks as they are, the first one `pace` seconds from now; return after the last one.

        There must be one. Returns early when the connection goes away. A late chunk delays none of those after it.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        self._count += 1
        stream = _Stream(transport, list(reversed(chunks)), pace, done)
        heapq.heappush(self._heap, (self._loop.time() + pace, self._count, stream))
        self._wake()
        await done

    def close(self) -> None:
        """Forget all streams."""
        if self._timer:
            self._timer.cancel()
        self._heap.clear()

    def _wake(self) -> None:
        due = self._heap[0][0]
        if self._timer is None or due < self._timer.when():
            if self._timer:
                self._timer.cancel()
            self._timer = self._loop.call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        heap, now = self._heap, self._loop.time() + _SLACK
        while heap and heap[0][0] <= now:
            due, number, stream = heap[0]
            if _send(stream):
                heapq.heapreplace(heap, (due + stream.pace, number, stream))
            else:
                heapq.heappop(heap)
        if heap:
            self._wake()


def _send(stream: _Stream) -> bool:
    """Write the next chunk; False at the end."""
    if stream.done.done():
        return False
    if not stream.transport.is_closing():
        stream.transport.write(stream.chunks.pop())
        if stream.chunks:
            return True
    stream.done.set_result(None)
    return False
