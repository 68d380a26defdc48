"""What watches an answer on its way to the caller: the recording, and the hooks of the filter chain."""

from collections.abc import Callable, Iterable, Iterator

from aiohttp import web

from filters.api import HOOKS
from filters.context import WireFormat
from filters.formats.canonical.events import Event, TextDelta, ThinkingDelta, ToolStart, Usage
from filters.formats.estimate import OutputEstimate
from filters.formats.registry import FORMATS
from gateway.telemetry.recording import RECORDING
from gateway.upstream.translation import Reading

_CONTENT = (TextDelta, ThinkingDelta, ToolStart)


class Observer:
    """Watches the answer of one request, which a provider gives in `wire`.

    An answer that is translated is watched event by event (`rewrite`). One that passes byte for byte is read beside
    that only where a filter wants its events; else no more than its usage is looked for.
    """

    def __init__(self, request: web.Request, wire: WireFormat) -> None:
        self._request = request
        self._hooks = request[HOOKS]
        self._recording = request[RECORDING]
        self._usage = FORMATS[wire].codec.stream_usage()
        self._output = self._recording.output = OutputEstimate()
        self._rewriters = self._hooks.rewriters(request)
        self._reading = Reading(wire) if self._hooks.watches_events and not self._rewriters else None

    @property
    def rewrites(self) -> bool:
        """Whether a filter changes this answer, so that it cannot pass byte for byte."""
        return bool(self._rewriters)

    def rewrite(self, events: Iterable[Event]) -> Iterator[Event]:
        """Give the events that the caller gets in place of these, and show each to whoever watches."""
        for rewriter in self._rewriters:
            events = _rewritten(rewriter.feed, events)
        for event in events:
            self._see(event)
            yield event

    def passed(self, frames: bytes) -> None:
        """See frames of a stream that passes byte for byte."""
        self._recording.note_first_token()
        if self._reading is not None:
            for event in self._reading.feed(frames):
                self._see(event)
            return
        self._output.frames(frames)
        if (told := self._usage.feed(frames)) is not None:
            self._recording.note_usage(told)

    def ended(self) -> None:
        """See the end of a stream that passed byte for byte."""
        if self._reading is not None:
            for event in self._reading.close():
                self._see(event)

    def whole(self, events: Iterable[Event]) -> None:
        """See the events of a whole answer that passes byte for byte."""
        self._recording.note_first_token()
        for event in events:
            if self._reading is not None:
                self._see(event)
            else:
                self._count(event)

    def _see(self, event: Event) -> None:
        if isinstance(event, _CONTENT):
            self._recording.note_first_token()
        self._count(event)
        self._hooks.event(self._request, event)

    def _count(self, event: Event) -> None:
        if isinstance(event, Usage):
            self._recording.note_usage(event)
        else:
            self._output.event(event)


def _rewritten(feed: Callable[[Event], Iterable[Event]], events: Iterable[Event]) -> Iterator[Event]:
    for event in events:
        yield from feed(event)
