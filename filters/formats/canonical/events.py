"""The neutral form between the wire formats: the events of which an answer is made.

One sequence describes an answer whether it is streamed or whole:

    Start, (TextDelta | ThinkingDelta | Signature | BlockEnd | ToolStart | ToolArgs | ToolEnd | Annotation | Ping)*,
    Usage*, Finish, End          an answer that ended well
    ..., Failure                 an answer that did not; nothing follows

Tokens are counted in one way: `input_tokens` includes what was read from and written to a cache.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from filters.context import Json


class FinishReason(StrEnum):
    """Why the model stopped."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    STOP_SEQUENCE = "stop_sequence"
    CONTENT_FILTER = "content_filter"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Start:
    """The answer begins. `created` is in seconds since the epoch, 0 where the provider does not say."""

    id: str
    model: str
    created: int = 0


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text. `refusal` tells OpenAI's refusals from ordinary text."""

    text: str
    refusal: bool = False
    logprobs: Any = None


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """A piece of the thinking (or of its summary) that the provider shows."""

    text: str


@dataclass(frozen=True, slots=True)
class Signature:
    """The vendor's proof for the thinking block that is open, or a whole redacted block where none is."""

    vendor: str
    blob: str
    redacted: bool = False
    id: str | None = None


@dataclass(frozen=True, slots=True)
class BlockEnd:
    """The open text or thinking block is complete; what follows, of whatever kind, is a new block."""


@dataclass(frozen=True, slots=True)
class ToolStart:
    """A tool call begins. `key` tells calls apart that are open at once, and is the decoder's own."""

    key: int
    id: str
    name: str
    custom: bool = False


@dataclass(frozen=True, slots=True)
class ToolArgs:
    """A piece of a tool call's arguments: JSON text, or free text of a custom tool."""

    key: int
    text: str


@dataclass(frozen=True, slots=True)
class ToolEnd:
    """A tool call's arguments are complete."""

    key: int


@dataclass(frozen=True, slots=True)
class Annotation:
    """A citation of the text just sent: `url` and `title`, or the provider's own form in `raw`."""

    url: str | None
    title: str | None
    start: int | None = None
    end: int | None = None
    raw: Json | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """Nothing, so that the connection is seen to live."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens so far, cumulative: a later one replaces what it knows. None means not said.

    `input_tokens` includes `cache_read` and `cache_write`; `output_tokens` includes `reasoning`.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None

    @property
    def total(self) -> int:
        """The tokens that are known of, read and written."""
        return (self.input_tokens or 0) + (self.output_tokens or 0)

    def updated(self, later: "Usage") -> "Usage":
        """Return what is known after a later report: its numbers replace these, and what it leaves out stays."""
        return Usage(
            self.input_tokens if later.input_tokens is None else later.input_tokens,
            self.output_tokens if later.output_tokens is None else later.output_tokens,
            self.cache_read if later.cache_read is None else later.cache_read,
            self.cache_write if later.cache_write is None else later.cache_write,
            self.reasoning if later.reasoning is None else later.reasoning,
        )


@dataclass(frozen=True, slots=True)
class Finish:
    """The model stopped, and why; `stop_sequence` is the one that it met, where it says."""

    reason: FinishReason
    stop_sequence: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The answer is complete. Sent once, after Finish and the last Usage."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The answer broke off, or never began.

    `status` is the HTTP status that says the same; `kind` the error type in Anthropic's words (`overloaded_error`,
    `rate_limit_error`, …), which the encoders translate; `code` OpenAI's machine-readable code where there is one.
    """

    status: int
    message: str
    kind: str | None = None
    code: str | None = None
    param: str | None = None
    details: Mapping[str, object] | None = None
    """Anthropic's `error.details`, on which its clients act."""


Event = (
    Start
    | TextDelta
    | ThinkingDelta
    | Signature
    | BlockEnd
    | ToolStart
    | ToolArgs
    | ToolEnd
    | Annotation
    | Ping
    | Usage
    | Finish
    | End
    | Failure
)
