"""A stream that passes untouched: whole frames only, and whether it has said that the answer is complete.

A passage goes through these states, in order: the answer is going on; it is `complete`, well or (`failed`) with an
error, after which a trailer may follow (the usage and `[DONE]` of Chat Completions); it is `over`, and nothing passes.
"""

from typing import Protocol

from filters.context import WireFormat
from filters.formats.canonical.events import Failure
from filters.formats.canonical.request import Request
from filters.formats.format import StreamMarks
from filters.formats.registry import FORMATS
from filters.formats.sse import FrameBuffer, start_of_frame

_NOBODY = Request(model="", messages=())


class Watcher(Protocol):
    """Sees what passes."""

    def passed(self, frames: bytes) -> None:
        """See whole frames."""

    def ended(self) -> None:
        """See the end of the stream."""


class Passage:
    """Takes the bytes of a stream and gives them in whole frames, so that whatever happens it never ends inside one.

    `marks` are those of the format for the request that is answered; `watcher` sees what passes.
    `hide_usage` keeps the frames that only tell the usage from a caller that did not ask for them.
    """

    def __init__(
        self, wire: WireFormat, marks: StreamMarks, watcher: Watcher | None = None, *, hide_usage: bool = False
    ) -> None:
        self._without_usage = FORMATS[wire].codec.without_usage if hide_usage else None
        self._watcher = watcher
        self._wire = wire
        self._terminal, self._hints, self._ending = marks.terminal, marks.hints, marks.ending
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
            if self._watcher is not None:
                self._watcher.passed(frames)
        return self._without_usage(frames) if self._without_usage else frames

    def close(self) -> bytes:
        """Take the end of the stream; return a last frame that is not whole or was left away, or an error event."""
        last = self._held.take()
        if last:
            self._look(last)
        if self._watcher is not None:
            self._watcher.passed(last)
            self._watcher.ended()
        if self.complete:
            return (last + b"\n\n" if last else b"") + (b"" if self.over or self.failed else self._ending)
        return self.fail(Failure(502, "The provider's stream ended before the answer did."))

    def fail(self, failure: Failure) -> bytes:
        """Return the error event that ends the stream; what was held of a half frame is dropped."""
        self._held.take()
        self.complete = self.failed = self.over = True
        return FORMATS[self._wire].codec.stream_encoder(_NOBODY).feed(failure)

    def _look(self, frames: bytes) -> None:
        """See whether frames hold the one that ends the answer, well or with the provider's own error."""
        if self.over:
            return
        hinted = [at for hint in self._hints if (at := frames.find(hint)) >= 0]
        if not hinted:
            return
        for end in self._terminal.finditer(frames, start_of_frame(frames, min(hinted))):
            failed = end["error"] or end.groupdict().get("failed")
            self.failed |= not self.complete and failed is not None
            self.complete = True
            self.over |= end["last"] is not None
