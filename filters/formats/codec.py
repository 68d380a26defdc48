"""What every wire format can do, so that whoever translates needs to know none of them.

All of it is pure: bytes and parsed JSON in, neutral form out, or the other way round. Sockets belong to others.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from filters.context import Json
from filters.formats.canonical.events import Event, Failure
from filters.formats.canonical.request import Encoded, ModelOptions, Request
from filters.formats.sse import SseEvent


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said in a conversation, as text, with what agents inject already taken out."""

    role: str
    text: str


class StreamDecoder(Protocol):
    """Reads a provider's events. Malformed input becomes a `Failure`, never an exception."""

    settled: bool
    """Whether the stream has said why the answer ended, so that only a trailer (such as the usage) may follow."""

    def feed(self, event: SseEvent) -> Iterable[Event]:
        """Take one event of the wire and give the neutral events that it means."""

    def close(self) -> Iterable[Event]:
        """Take the end of the stream: `End` if the answer was complete, else `Failure`. Nothing after either."""


class StreamEncoder(Protocol):
    """Writes an answer in the caller's format."""

    def feed(self, event: Event) -> bytes:
        """Take one neutral event and give the bytes to send (none, one or several SSE frames)."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One wire format."""

    decode_request: Callable[[Json], Request]
    """Read a client's body; raises DownstreamError for what cannot be carried to another format."""
    encode_request: Callable[[Request, ModelOptions], Encoded]
    """Write a provider's body; raises DownstreamError for what this format cannot say."""
    decode_answer: Callable[[Json], Iterable[Event]]
    """Read a provider's whole answer as events; malformed input becomes a `Failure`."""
    encode_answer: Callable[[Iterable[Event], Request], Json]
    """Write a whole answer for the caller of `Request`. The events must not hold a `Failure`."""
    stream_decoder: Callable[[], StreamDecoder]
    stream_encoder: Callable[[Request], StreamEncoder]
    decode_error: Callable[[int, bytes], Failure]
    """Read a provider's error answer (its status and body, whatever it holds)."""
    encode_error: Callable[[Failure], Json]
    """Write an error in the caller's shape."""
    ask_usage: Callable[[Json], Json] | None = None
    """Return the fields of a body that must be others so that its stream tells its usage; empty where it does.

    None where streams tell it anyway.
    """
    without_usage: Callable[[bytes], bytes] | None = None
    """Return whole frames without those that only tell the usage, for a caller that did not ask for it."""
    is_unfinished: Callable[[Json], bool] | None = None
    """Tell a whole answer that is still being made, and can be asked for again by its id."""
    keeps_answers: bool = False
    """Whether providers keep answers, which can be asked for again, and cancelled and deleted, by their id."""
