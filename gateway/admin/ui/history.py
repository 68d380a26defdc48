"""The decision log as the page reads it: in a thread, one reading at a time, and each answer kept for a moment.

However many pages are open, the log is read no more often than that: an answer is kept for ten times as long as it took
to read, and two seconds at least.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.storage.decision_log.reading import Log

T = TypeVar("T")
_LEAST_SECONDS: Final = 2.0
_TIMES: Final = 10


class History:
    """Reads the decision log in a folder; None where there is none. Of JSON lines it reads the end alone."""

    def __init__(
        self, folder: Path | None, clock: Callable[[], float] = time.monotonic, *, json_lines: bool = False
    ) -> None:
        self._folder: Final = folder
        self._json_lines: Final = json_lines
        self._clock: Final = clock
        self._lock: Final = asyncio.Lock()
        self._kept: Final[dict[str, tuple[float, Any]]] = {}

    @property
    def on(self) -> bool:
        """Whether there is a log."""
        return self._folder is not None

    @property
    def whole(self) -> bool:
        """Whether there is a log, and all of it is read."""
        return self.on and not self._json_lines

    async def read(self, key: str, work: Callable[[Log], T]) -> T:
        """Return what `work` makes of the log; the same for the same key for a moment. Raises LogError.

        Keys are words of the page, so that few are kept.
        """
        async with self._lock:
            ends, found = self._kept.get(key, (0.0, None))
            if self._clock() < ends:
                kept: T = found
                return kept
            began = self._clock()
            read = await asyncio.shield(asyncio.to_thread(self._read, work))
            now = self._clock()
            self._kept[key] = (now + max(_LEAST_SECONDS, _TIMES * (now - began)), read)
            return read

    def _read(self, work: Callable[[Log], T]) -> T:
        assert self._folder is not None, "there is a log"  # noqa: S101 - whoever asks has looked
        with Log(self._folder, tail=True) as log:
            return work(log)
