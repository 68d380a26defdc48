"""Server-sent events as bytes that pass: where frames end, and whether the stream has said that it is complete."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from filters.context import WireFormat
from filters.formats import sse
from filters.formats.canonical.events import Failure
from filters.formats.canonical.request import Request
from filters.formats.registry import CODECS
from gateway.upstream.observe import Observer

_ENDS: Final = (b"\n\n", b"\r\n\r\n", b"\r\r")
_OVERLAP: Final = max(map(len, _ENDS)) - 1
_NOBODY: Final = Request(model="", messages=())

# Only a line of the stream itself begins with a field name: in JSON text a line break is always escaped. A server may
# leave `event:` away and say the type in the data alone.
_TERMINAL: Final[Mapping[WireFormat, re.Pattern[bytes]]] = MappingProxyType(
    {
        WireFormat.OPENAI_CHAT: re.compile(
            rb'^data: ?(?:(?P<last>\[DONE\])|(?P<error>\{ ?"error"))|[^\\]"finish_reason": ?"'
            rb'(?P<failed>(?:error|abort|network_error|insufficient_system_resource)")?',
            re.MULTILINE,
        ),
        WireFormat.ANTHROPIC_MESSAGES: re.compile(
            rb'^(?:event: ?|data: ?\{ ?"type": ?")(?:(?P<last>message_stop)|(?P<error>error))\b', re.MULTILINE
        ),
        WireFormat.OPENAI_RESPONSES: re.compile(
            rb'^(?:event: ?|data: ?\{ ?"type": ?")'
            rb"(?:(?P<last>response\.(?:completed|incomplete))|(?P<error>response\.failed|error))\b",
            re.MULTILINE,
        ),
    }
)
_TERMINAL_OF_SEVERAL: Final = re.compile(rb'^data: ?(?:(?P<last>\[DONE\])|(?P<error>\{ ?"error"))', re.MULTILINE)
"""Of a chat with several choices (`n`): each has a `finish_reason`, and the first is not the end."""
_HINTS: Final[Mapping[WireFormat, tuple[bytes, ...]]] = MappingProxyType(
    {
        WireFormat.OPENAI_CHAT: (b"[DONE]", b'"error"', b'"finish_reason":"', b'"finish_reason": "'),
        WireFormat.ANTHROPIC_MESSAGES: (b"message_stop", b"error"),
        WireFormat.OPENAI_RESPONSES: (b"response.completed", b"response.incomplete", b"response.failed", b"error"),
    }
)
"""One of these is in every end, and in few other frames: to look for them first costs a fraction of the pattern."""


def end_of_frames(data: bytes | bytearray, start: int = 0) -> int:
    """Return where the last complete frame ends, 0 where none does after `start`."""
    if data.endswith(_ENDS[0]):
        return len(data)
    return max((at + len(end) for end in _ENDS if (at := data.rfind(end, start)) >= 0), default=0)


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
        if len(held) > sse.MAX_EVENT:
            raise ValueError(f"an event is longer than {sse.MAX_EVENT} bytes")
        return frames

    def take(self) -> bytes:
        """Return what is held, and hold it no more."""
        held, self._held = self._held, bytearray()
        return bytes(held)


class Passage:
    """A stream that passes untouched, in whole frames, so that whatever happens it never ends inside one.

    `choices` is how many answers a chat asked for. `hide_usage` keeps the frames that only tell the usage from a caller
    that did not ask for them.
    """

    def __init__(
        self, wire: WireFormat, choices: int = 1, observer: Observer | None = None, *, hide_usage: bool = False
    ) -> None:
        self._observer = observer
        self._without_usage = CODECS[wire].without_usage if hide_usage else None
        self._wire = wire
        self._terminal = _TERMINAL[wire] if choices == 1 else _TERMINAL_OF_SEVERAL
        self._hints = _HINTS[wire]
        self._held = FrameBuffer()
        self.complete = False
        self.failed = False
        self.over = False

    @property
    def settled(self) -> bool:
        """Whether only a trailer may follow, for which nobody need wait long."""
        return self.complete

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes and return the frames that they complete."""
        try:
            frames = self._held.feed(chunk)
        except ValueError as error:
            return self.fail(Failure(502, f"The provider's stream cannot be read: {error}."))
        if frames:
            self._look(frames)
            if self._observer is not None:
                self._observer.passed(frames)
        return self._without_usage(frames) if self._without_usage else frames

    def close(self) -> bytes:
        """Take the end of the stream; return a last frame that lacks its blank line, or an error event."""
        last = self._held.take()
        if last:
            self._look(last)
        if self._observer is not None:
            self._observer.passed(last)
            self._observer.ended()
        if self.complete:
            return last + b"\n\n" if last else b""
        return self.fail(Failure(502, "The provider's stream ended before the answer did."))

    def fail(self, failure: Failure) -> bytes:
        """Return the error event that ends the stream; what was held of a half frame is dropped."""
        self._held.take()
        self.complete = self.failed = self.over = True
        return CODECS[self._wire].stream_encoder(_NOBODY).feed(failure)

    def _look(self, frames: bytes) -> None:
        """See whether frames hold the one that ends the answer, well or with the provider's own error."""
        if self.over:
            return
        for hint in self._hints:
            if hint in frames:
                for end in self._terminal.finditer(frames):
                    failed = end["error"] or end.groupdict().get("failed")
                    self.failed |= not self.complete and failed is not None
                    self.complete = True
                    self.over |= end["last"] is not None
                return
