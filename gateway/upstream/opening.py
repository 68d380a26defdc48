"""The opening of a stream: the frames before the answer's first content, which are held until it has come.

    silent --(a frame that is no comment and no ping)--> answering --(text, thinking, a tool call, the end)--> begun
       |                                                     |
       +--------------(an error, or the end)-----------------+--> failed: an UpstreamError, and nothing was passed on

A status of 200 and a first frame promise nothing: aggregators send comments while they look for a server, and an error
event after them. Held frames go to the caller as they came once there is content, so that until then another candidate
can answer. `exchange` owns an Opening while it waits, and no longer.
"""

from collections.abc import Iterable
from typing import Final

from filters.context import WireFormat
from filters.formats.canonical.events import End, Event, Failure, Finish, FinishReason, Ping, Start, Usage
from filters.formats.registry import FORMATS
from filters.formats.sse import FrameBuffer, SseParser
from gateway.resilience.retry import CONTENT_FILTER
from gateway.upstream.candidates import Candidate
from gateway.upstream.failures import broken, false_success

MOST_HELD: Final = 1024 * 1024
"""Bytes. What sends more before its first word is passed on as it is."""
FILTERED: Final = Failure(400, "the provider's content filter refused", "invalid_request_error", CONTENT_FILTER)


class Opening:
    """Takes the bytes of a stream in `wire` until its first content. `filtered_fails` is as for `judge`."""

    def __init__(self, candidate: Candidate, wire: WireFormat, *, filtered_fails: bool = False) -> None:
        self._candidate = candidate
        self._buffer = FrameBuffer()
        self._parser = SseParser()
        self._decoder = FORMATS[wire].codec.stream_decoder()
        self._filtered_fails = filtered_fails
        self._held = bytearray()
        self.answering = False
        """Whether a frame has come that is more than a sign of life."""
        self.begun = False
        """Whether there is content."""
        self.ident = ""
        """What the provider calls the answer."""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes. Raises UpstreamError where they are an error, or no stream."""
        try:
            frames = self._buffer.feed(chunk)
            self._held += frames
            for event in self._parser.feed(frames):
                self._look(self._decoder.feed(event))
                if self.begun:  # a fast provider's first bytes may hold its whole answer
                    break
        except ValueError as error:
            raise broken(self._candidate, f"the stream cannot be read: {error}") from None
        self.begun = self.begun or len(self._held) > MOST_HELD

    def close(self) -> None:
        """Take the end of the stream. Raises UpstreamError where it came before the answer did."""
        rest = self._buffer.take()
        if not (self._held + rest).strip():
            raise broken(self._candidate, "the answer ended before it began", cause="broke_off")
        self._held += rest
        for event in (*self._parser.feed(rest), *self._parser.close()):
            self._look(self._decoder.feed(event))
        if not self.begun:
            self._look(self._decoder.close())

    def take(self) -> bytes:
        """Return all bytes so far, an incomplete frame at their end included."""
        return bytes(self._held) + self._buffer.take()

    def _look(self, events: Iterable[Event]) -> None:
        for event in events:
            if self.begun:
                return
            judge(self._candidate, (event,), filtered_fails=self._filtered_fails)
            if isinstance(event, Start):
                self.ident = event.id
            self.answering = self.answering or not isinstance(event, Ping)
            self.begun = not isinstance(event, Start | Ping | Usage)


def judge(candidate: Candidate, events: Iterable[Event], *, filtered_fails: bool) -> None:
    """Raise UpstreamError for events that are no answer, whatever the status said.

    `filtered_fails` makes one of an answer that a content filter ended before its first word.
    """
    for event in events:
        if isinstance(event, Failure):
            raise false_success(candidate, event)
        if isinstance(event, Finish | End):
            if filtered_fails and isinstance(event, Finish) and event.reason is FinishReason.CONTENT_FILTER:
                raise false_success(candidate, FILTERED)
            return
        if not isinstance(event, Start | Ping | Usage):
            filtered_fails = False
