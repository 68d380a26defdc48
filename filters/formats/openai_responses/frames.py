"""The server-sent events of one answer, numbered from 0."""

import orjson

from filters.context import Json
from filters.formats.sse import frame


class Frames:
    """Takes events and holds their frames until they are taken; when `silent`, it drops them."""

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent
        self._number = 0
        self._frames: list[bytes] = []

    def __call__(self, kind: str, fields: Json) -> None:
        """Write an event of type `kind`."""
        if self.silent:
            return
        data = orjson.dumps({"type": kind, "sequence_number": self._number, **fields})
        self._number += 1
        self._frames.append(frame(kind, data))

    def take(self) -> bytes:
        """Return the frames since the last time."""
        frames = b"".join(self._frames)
        self._frames.clear()
        return frames
