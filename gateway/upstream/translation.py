"""A provider's stream on its way through the neutral form."""

from collections.abc import Callable, Iterable, Iterator

from filters.context import WireFormat
from filters.formats.canonical.events import End, Event, Failure, Ping
from filters.formats.canonical.request import Request
from filters.formats.registry import FORMATS
from filters.formats.sse import SseEvent, SseParser


class Reading:
    """A provider's stream as neutral events."""

    def __init__(self, wire: WireFormat) -> None:
        self._parser = SseParser(comments=True)
        self._decoder = FORMATS[wire].codec.stream_decoder()
        self.over = False
        """Whether the stream cannot be read any further."""

    @property
    def settled(self) -> bool:
        """Whether the answer has said why it ended, so that only a trailer may follow."""
        return self._decoder.settled

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Take bytes as they come."""
        try:
            for frame in self._parser.feed(chunk):
                yield from self._read(frame)
        except ValueError as error:
            self.over = True
            yield Failure(502, f"The provider's stream cannot be read: {error}.")

    def close(self) -> Iterator[Event]:
        """Take the end of the stream."""
        for frame in self._parser.close():
            yield from self._read(frame)
        yield from self._decoder.close()

    def _read(self, frame: SseEvent) -> Iterable[Event]:
        """Read one frame. A comment keeps the connection alive, at the provider's side and so at the caller's."""
        return (Ping(),) if frame.comment else self._decoder.feed(frame)


class Translation:
    """A provider's stream as the caller's. After `End` or a `Failure` nothing more is written."""

    def __init__(
        self,
        upstream: WireFormat,
        downstream: WireFormat,
        request: Request,
        rewrite: Callable[[Iterable[Event]], Iterable[Event]] = iter,
    ) -> None:
        """Read `upstream` and write `downstream`; `rewrite` gives what the caller gets in place of some events."""
        self._reading = Reading(upstream)
        self._encoder = FORMATS[downstream].codec.stream_encoder(request)
        self._rewrite = rewrite
        self.complete = False
        self.failed = False

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes as they come and return what they are to the caller."""
        return self._write(self._reading.feed(chunk))

    def close(self) -> bytes:
        """Take the end of the provider's stream and return what is left to say."""
        return self._write(self._reading.close())

    @property
    def settled(self) -> bool:
        """Whether the answer has said why it ended, so that only a trailer may follow."""
        return self.complete or self._reading.settled

    @property
    def over(self) -> bool:
        """Whether all has been said: after that nothing more is written."""
        return self.complete

    def fail(self, failure: Failure) -> bytes:
        """Return the error event that ends the stream."""
        return self._write((failure,))

    def _write(self, events: Iterable[Event]) -> bytes:
        written = bytearray()
        for event in self._rewrite(events):
            if self.complete:
                break
            self.failed = isinstance(event, Failure)
            self.complete = self.failed or isinstance(event, End)
            written += self._encoder.feed(event)
        return bytes(written)
