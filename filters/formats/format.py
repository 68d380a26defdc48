"""What a wire format is. Each has one entry in the registry, of which everything about the format is asked.

All of it is pure: bytes and parsed JSON in, the canonical form out, or the other way round. Sockets belong to others.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from filters.context import Json, WireFormat
from filters.errors import DownstreamError
from filters.formats.canonical.adapted import Adapted
from filters.formats.canonical.events import Event, Failure, Usage
from filters.formats.canonical.request import Encoded, ModelOptions, Request
from filters.formats.canonical.texts import Visitor
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
        """Take one event of the wire and give the canonical events that it means."""

    def close(self) -> Iterable[Event]:
        """Take the end of the stream: `End` if the answer was complete, else `Failure`. Nothing after either."""


class StreamEncoder(Protocol):
    """Writes an answer in the caller's format."""

    def feed(self, event: Event) -> bytes:
        """Take one canonical event and give the bytes to send (none, one or several SSE frames)."""


class StreamUsage(Protocol):
    """Reads the token counts out of a stream that passes as it is."""

    usage: Usage | None
    """What is known so far."""

    def feed(self, frames: bytes) -> Usage | None:
        """Take whole frames; return what is known where they speak of tokens. Else it costs one search."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How a wire format is read and written."""

    decode_request: Callable[[Json], Request]
    """Read a client's body; raises DownstreamError for what cannot be carried to another format."""
    encode_request: Callable[[Request, ModelOptions], Encoded]
    """Write a provider's body; raises DownstreamError for what this format cannot say."""
    adapt: Callable[[Json, ModelOptions], Adapted]
    """Tell what must change in a caller's body, which stays in its format, for a model that the gateway chose."""
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
    error_status: Callable[[Failure], int]
    """The HTTP status with which the format's vendor says this."""
    is_error: Callable[[Json], bool]
    """Whether a whole answer that came with status 200 is an error all the same."""
    answer_usage: Callable[[Json], Usage | None]
    """Read the tokens of a whole answer, None where it does not say."""
    stream_usage: Callable[[], StreamUsage]
    ask_usage: Callable[[Json], Json] | None = None
    """Return the fields of a body that must be others so that its stream tells its usage; empty where it does.

    None where streams tell it anyway.
    """
    without_usage: Callable[[bytes], bytes] | None = None
    """Return whole frames without those that only tell the usage, for a caller that did not ask for it."""
    is_unfinished: Callable[[Json], bool] | None = None
    """Tell a whole answer that is still being made, and can be asked for again by its id."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What can be asked of a caller's body without translating it. All but `validate` expect a body that is valid."""

    validate: Callable[[Json], None]
    """Check the body for what routing relies on; raises DownstreamError naming the field."""
    turns: Callable[[Json], Iterator[Turn]]
    """Give what user and assistant said, newest first, lazily; turns without text of their own are left out."""
    visited: Callable[[Json, Visitor], Json]
    """Return the body with what a visitor puts in the place of each text that the model will read, oldest first; the
    body itself is kept. Roles are `system`, `user`, `assistant` and `tool`."""
    newest: Callable[[Json], Iterator[str]]
    """Give `result`, `user` or `assistant` for each message that says something, newest first."""
    system: Callable[[Json], object]
    """Return what stands for the system prompt, as JSON."""
    signers: Callable[[Json], Iterator[str]]
    """Give who signed the reasoning in the conversation, newest first."""
    unsealed: Callable[[Json], Json]
    """Return the fields that must be others so that no sealed proof is sent, with what they must be (see `seal`)."""

    def texts(self, body: Json) -> Iterator[Turn]:
        """Give every text that the model will read, oldest first, as it stands.

        For filters that inspect; what is said to the router is in `turns`.
        """
        found: list[Turn] = []

        def visit(role: str, text: str) -> str:
            found.append(Turn(role, text))
            return text

        self.visited(body, visit)
        return iter(found)

    def map_texts(self, body: Json, change: Callable[[str], str]) -> Json:
        """Return the body with each of its `texts` replaced by what `change` makes of it; the body itself is kept."""
        return self.visited(body, lambda _, text: change(text))


@dataclass(frozen=True, slots=True)
class Keeping:
    """What providers keep of requests in a format, so that a later one can go on from it where it is kept."""

    previous: Callable[[Json], str | None]
    """Return the id of what a body goes on from, None where it says all itself."""
    kept: Callable[[Json, str], Iterable[str]]
    """Give the ids under which something is kept, of a body and the id of its answer (empty where that has none)."""
    lost: Callable[[Json, str], DownstreamError]
    """Make the error that tells a body's sender, in words that its client acts on, that what it goes on from is not at
    hand, and why (a clause)."""


@dataclass(frozen=True, slots=True)
class StreamMarks:
    """How a stream that passes as bytes shows its end.

    `terminal` finds the end: its group `last` matches where nothing can follow, `error` (and `failed`, where there is
    such a group) where the answer failed. One of `hints` is in every end, and in few other frames: to look for them
    first costs a fraction of the pattern.
    """

    terminal: re.Pattern[bytes]
    hints: tuple[bytes, ...]
    ending: bytes = b""
    """The last frame, written for the caller where the provider leaves it away after it said why the answer ended."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How `GET /v1/models` is answered. A model is a name and its owner."""

    all: Callable[[Mapping[str, str]], Json]
    one: Callable[[str, str], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """The entry of a wire format."""

    name: WireFormat
    title: str
    """What its vendor calls it, for messages."""
    path: str
    """Where callers send requests in this format. Paths below it belong to the format too."""
    operation: str
    """Where a provider takes them, below its `base_url`."""
    codec: Codec
    shape: Shape
    listing: Listing
    marks: Callable[[Json], StreamMarks]
    """Return how the stream that answers a body shows its end."""
    root: str | None = None
    """How the roots of APIs end that speak this format alone, as vendors print them (`/anthropic`)."""
    model_field: str = "model"
    stream_field: str = "stream"
    limit_headers: Callable[[str, int, int, float, float], Mapping[str, str]] = lambda *_: {}
    """Write a rate limit: of `requests` or `tokens`, how many there are and are left, after how many seconds it stands
    anew, and the time now, in seconds since the epoch."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What its vendor requires; sent unless the caller's own headers say otherwise."""
    version_header: str | None = None
    """A header that tells this format's callers on a path that all share."""
    keeping: Keeping | None = None
    signer: str | None = None
    """Who signs the reasoning that this format carries, as in `seal`; None where it has no place for proofs."""
