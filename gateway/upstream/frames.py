"""Server-sent events as bytes that pass: where frames end, and whether the stream has said that it is complete."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from filters.context import WireFormat
from filters.formats.codecs import CODECS
from filters.formats.neutral import Failure, Request

_ENDS: Final = (b"\n\n", b"\r\n\r\n", b"\r\r")
_NOBODY: Final = Request(model="", messages=())

# Only a line of the stream itself begins with a field name: in JSON text a line break is always escaped. A server may
# leave `event:` away and say the type in the data alone.
_TERMINAL: Final[Mapping[WireFormat, re.Pattern[bytes]]] = MappingProxyType(
    {
        WireFormat.OPENAI_CHAT: re.compile(rb'^data: ?(?:\[DONE\]|\{ ?"error")|[^\\]"finish_reason": ?"', re.MULTILINE),
        WireFormat.ANTHROPIC_MESSAGES: re.compile(
            rb'^(?:event: ?(?:message_stop|error)\b|data: ?\{ ?"type": ?"(?:message_stop|error)")', re.MULTILINE
        ),
        WireFormat.OPENAI_RESPONSES: re.compile(
            rb"^(?:event: ?(?:response\.(?:completed|incomplete|failed)|error)\b"
            rb'|data: ?\{ ?"type": ?"(?:response\.(?:completed|incomplete|failed)|error)")',
            re.MULTILINE,
        ),
    }
)
_HINTS: Final[Mapping[WireFormat, tuple[bytes, ...]]] = MappingProxyType(
    {
        WireFormat.OPENAI_CHAT: (b"[DONE]", b'"error"', b'"finish_reason":"', b'"finish_reason": "'),
        WireFormat.ANTHROPIC_MESSAGES: (b"message_stop", b"error"),
        WireFormat.OPENAI_RESPONSES: (b"response.completed", b"response.incomplete", b"response.failed", b"error"),
    }
)
"""One of these is in every end, and in few other frames: to look for them first costs a fraction of the pattern."""


def says_complete(wire: WireFormat, frames: bytes) -> bool:
    """Tell whether frames hold the one that ends the answer, well or badly."""
    for hint in _HINTS[wire]:
        if hint in frames:
            return _TERMINAL[wire].search(frames) is not None
    return False


def end_of_frames(data: bytes) -> int:
    """Return where the last complete frame ends, 0 where none is complete."""
    if data.endswith(_ENDS[0]):
        return len(data)
    return max((at + len(end) for end in _ENDS if (at := data.rfind(end)) >= 0), default=0)


class Passage:
    """A stream that passes untouched, in whole frames, so that whatever happens it never ends inside one."""

    def __init__(self, wire: WireFormat) -> None:
        self._wire = wire
        self._held = b""
        self.complete = False
        self.failed = False

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes and return the frames that they complete."""
        data = self._held + chunk if self._held else chunk
        end = end_of_frames(data)
        frames, self._held = data[:end], data[end:]
        if frames and not self.complete:
            self.complete = says_complete(self._wire, frames)
        return frames

    def close(self) -> bytes:
        """Take the end of the stream; return a last frame that lacks its blank line, or an error event."""
        last, self._held = self._held, b""
        if last and (self.complete or says_complete(self._wire, last)):
            self.complete = True
            return last + b"\n\n"
        return b"" if self.complete else self.fail(Failure(502, "The provider's stream ended before the answer did."))

    def fail(self, failure: Failure) -> bytes:
        """Return the error event that ends the stream; what was held of a half frame is dropped."""
        self._held = b""
        self.complete = self.failed = True
        return CODECS[self._wire].stream_encoder(_NOBODY).feed(failure)
