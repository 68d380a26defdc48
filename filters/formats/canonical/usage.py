"""Reading the tokens out of a stream that passes as bytes: a search first, and JSON only where it found something."""

import re
from collections.abc import Callable
from typing import Any

import orjson

from filters.context import Json
from filters.formats.canonical.events import Usage
from filters.formats.sse import SseParser, start_of_frame


class FrameUsage:
    """Takes whole frames. `hint` is in each frame that tells tokens; `read` reads the JSON of such a frame.

    A later report replaces what an earlier one said. What cannot be read tells nothing: it is the caller's to judge.
    """

    def __init__(self, hint: re.Pattern[bytes], read: Callable[[Json], Usage | None]) -> None:
        self._hint = hint
        self._read = read
        self.usage: Usage | None = None

    def feed(self, frames: bytes) -> Usage | None:
        """Take the next frames; return what is known so far where they tell tokens."""
        first = self._hint.search(frames)
        if first is None:
            return None
        for event in SseParser().feed(frames[start_of_frame(frames, first.start()) :]):
            if self._hint.search(event.data) and (told := self._told(event.data)) is not None:
                self.usage = self.usage.updated(told) if self.usage else told
        return self.usage

    def _told(self, data: bytes) -> Usage | None:
        try:
            parsed: Any = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        return self._read(parsed) if isinstance(parsed, dict) else None
