"""Server-sent events: a parser that takes any chunking, frames as bytes that pass, and the writer's one line.

The rules are those of the HTML standard, section 9.2: lines end in LF, CR or CRLF, also across chunks; a leading byte
order mark is ignored; several `data` lines are joined by LF; comments keep the connection alive and mean nothing more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One event: its name (`""` where none was given) and its data, as UTF-8 bytes.

    `comment` tells a comment line, which has neither and shows that the sender lives.
    """

    event: str
    data: bytes
    comment: bool = False


MAX_EVENT: Final = 16 * 1024 * 1024
"""Bytes. No vendor sends so much at once."""
_ENDS: Final = (b"\n\n", b"\r\n\r\n", b"\r\r")
_OVERLAP: Final = max(map(len, _ENDS)) - 1
_COMMENT: Final = SseEvent("", b"", comment=True)


class SseParser:
    """Reads bytes in any pieces and gives events as they complete.

    `limit` bounds, in bytes, what is held of an event that has not ended. `comments` asks for comment lines too, as
    events of their own.
    """

    def __init__(self, limit: int | None = None, *, comments: bool = False) -> None:
        self._limit = MAX_EVENT if limit is None else limit
        self._comments = comments
        self._buffer = bytearray()
        self._searched = 0
        self._event = ""
        self._data: list[bytes] = []
        self._held = 0
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[SseEvent]:
        """Take the next bytes and give the events that they complete. Raises ValueError past the limit."""
        self._buffer += chunk
        if not self._begun:
            if len(self._buffer) < 3 and b"\xef\xbb\xbf".startswith(bytes(self._buffer)):
                return
            self._begun = True
            if self._buffer.startswith(b"\xef\xbb\xbf"):
                del self._buffer[:3]
        yield from self._lines()
        if self._held + len(self._buffer) > self._limit:
            raise ValueError(f"an event is longer than {self._limit} bytes")

    def close(self) -> Iterator[SseEvent]:
        """Give the event that the end of the stream completes: its last line may lack its end, and the blank line.

        Where the stream was cut in the middle of that line, its data is half a JSON text, and no reader takes it.
        """
        if self._buffer:
            self._buffer += b"\n"
            yield from self._lines()
        yield from self._dispatch()

    def _lines(self) -> Iterator[SseEvent]:
        """Take the lines that are complete. What was searched in vain for the end of a line is not searched again."""
        start, buffer = 0, self._buffer
        try:
            while (end := _line_end(buffer, max(start, self._searched))) is not None:
                line, start = bytes(buffer[start : end[0]]), end[1]
                if not line:
                    yield from self._dispatch()
                elif not line.startswith(b":"):
                    self._field(line)
                elif self._comments:
                    yield _COMMENT
        finally:
            del buffer[:start]
            self._searched = 0
        self._searched = len(buffer) - buffer.endswith(b"\r")

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._held += len(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")

    def _dispatch(self) -> Iterator[SseEvent]:
        event, data = self._event, self._data
        self._event, self._data, self._held = "", [], 0
        if data:
            yield SseEvent(event, b"\n".join(data))


def _line_end(buffer: bytearray, start: int) -> tuple[int, int] | None:
    """Return where the line ends and the next begins; None while that cannot be known (a CR may become CRLF)."""
    lf = buffer.find(b"\n", start)
    cr = buffer.find(b"\r", start, lf if lf >= 0 else len(buffer))
    if cr < 0:
        return None if lf < 0 else (lf, lf + 1)
    if cr + 1 == len(buffer):
        return None
    return cr, cr + 2 if buffer[cr + 1] == 0x0A else cr + 1


def end_of_frames(data: bytes | bytearray, start: int = 0) -> int:
    """Return where the last complete frame ends, 0 where none does after `start`."""
    if data.endswith(_ENDS[0]):
        return len(data)
    return max((at + len(end) for end in _ENDS if (at := data.rfind(end, start)) >= 0), default=0)


def start_of_frame(frames: bytes, at: int) -> int:
    """Return where the frame begins that the byte at `at` of whole frames is in."""
    return max(start + len(end) if (start := frames.rfind(end, 0, at)) >= 0 else 0 for end in _ENDS)


class FrameBuffer:
    """Bytes of which no frame has ended. What was searched in vain for the end of one is not searched again."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes and return the frames that they complete. Raises ValueError past the limit."""
        held = self._held
        if not held and chunk.endswith(_ENDS[0]):
            return chunk
        start = max(0, len(held) - _OVERLAP)
        held += chunk
        end = end_of_frames(held, start)
        frames = bytes(held[:end])
        del held[:end]
        if len(held) > MAX_EVENT:
            raise ValueError(f"an event is longer than {MAX_EVENT} bytes")
        return frames

    def take(self) -> bytes:
        """Return what is held, and hold it no more."""
        held, self._held = self._held, bytearray()
        return bytes(held)


def frame(event: str, data: bytes) -> bytes:
    """Return one event as it goes over the wire; an empty name writes no `event` line."""
    return b"event: %b\ndata: %b\n\n" % (event.encode(), data) if event else b"data: %b\n\n" % data
