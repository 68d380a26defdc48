"""The facts of one request. Each is frozen, has one type and is written once, by one filter.

Those that are made for every request are named tuples, which take a fifth of the time of a frozen dataclass to make.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, NewType

from filters.windows import dump_json

Json = dict[str, Any]
"""A parsed JSON object."""
NO_MODEL: Final = "none"
"""In place of a model, in answers and in pins: that no route matched."""


WireFormat = NewType("WireFormat", str)
"""The name of a wire format that callers and providers speak, as in a provider's `formats` setting. What is known of
one is in its entry of `filters.formats.registry`."""


class TraceContext(NamedTuple):
    """Where this request stands in a distributed trace (W3C Trace Context) and what the caller calls it.

    `trace_id` is 32 and `span_id` 16 lower-case hex digits; `parent_id` is the caller's span, None where the trace
    starts here; `flags` are the eight W3C trace flags; `request_id` is `X-Request-Id`, echoed or made.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    flags: int
    tracestate: str | None
    request_id: str

    def traceparent(self) -> str:
        """Return the `traceparent` header for a request that this one causes."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"


@dataclass(frozen=True, slots=True)
class Pin:
    """The remembered choice of a session.

    `inline` tells that the model came from routes in a request's body, so that it may be one the configuration does not
    know.
    """

    model: str
    route: str | None
    inline: bool = False


class Session(NamedTuple):
    """The caller's session: `id` as sent, `key` scoped to its tenant, and the pin that stood when the request came."""

    id: str
    key: str
    pin: Pin | None


class ChatRequest(NamedTuple):
    """A chat request in a registered wire format, parsed and known to have the right shape.

    `raw` is the decompressed body as it came; `body` is what it parses to and must not be changed.
    `decision_only` tells `/routing/v1/*` from `/v1/*`. `model_field` and `stream_field` are the members of the body in
    which the format has the model and the wish for a stream.
    """

    format: WireFormat
    body: Json
    raw: bytes
    decision_only: bool
    model_field: str = "model"
    stream_field: str = "stream"

    @property
    def model(self) -> str | None:
        """The model that the caller named, None where it left the choice open."""
        model = self.body.get(self.model_field)
        return model if isinstance(model, str) else None

    @property
    def stream(self) -> bool:
        """Whether the caller wants server-sent events."""
        return self.body.get(self.stream_field) is True

    def with_body(self, body: Json) -> "ChatRequest":
        """Return the same request with another body, for a filter that changes what is asked.

        The body must have the shape of the format. It is serialised anew, so that the caller's own bytes are given up.
        """
        return self._replace(body=body, raw=dump_json(body, len(self.raw)))


class Reading(NamedTuple):
    """The vector of a prompt, and the routes that it was compared with: `logits = matrix @ vector + weight * bias`.

    `encoder` names what made the vector. Arrays of numpy; `matrix` and `bias` are shared by all prompts.
    """

    encoder: str
    vector: Any
    matrix: Any
    bias: Any
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a classifier measured of one prompt.

    `routes`, `scores` (probabilities) and `thresholds` are in the order of the configured routes; the last two are
    empty where the classifier gives none. `skipped` are the stages that did not decide, each with its reason.
    `elapsed_us` is in microseconds by stage. `reading` is the prompt as the embedded classifier saw it, None where it
    did not look. `text` is what the last two user turns said, only where prompts are stored.
    """

    routes: Sequence[str]
    scores: Sequence[float] = ()
    thresholds: Sequence[float] = ()
    skipped: Sequence[tuple[str, str]] = ()
    elapsed_us: Mapping[str, int] = field(default_factory=dict)
    reading: Reading | None = field(default=None, repr=False, compare=False)
    text: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """Which model should serve the request, and why.

    `candidates` are `provider/model` names, best first, empty where no route matched. `decided_by` is `pin`,
    `embedded`, `llm` or `none`. `inline` tells that the routes came with the request. `explain` is the explanation that
    the caller asked for, None where it did not. `assessment` is what the classifier measured, None where none ran.
    """

    route: str | None
    candidates: Sequence[str]
    decided_by: str
    pinned: bool = False
    inline: bool = False
    explain: Mapping[str, Any] | None = None
    assessment: "Assessment | None" = None

    @property
    def model(self) -> str | None:
        """The first candidate, None where no route matched."""
        return self.candidates[0] if self.candidates else None


class Served(NamedTuple):
    """Who answers a request: known when a provider's answer has begun, before its first byte goes downstream.

    `model` is `provider/model`; `attempt` counts all attempts of the request from 1; `format` is the provider's.
    """

    model: str
    attempt: int
    format: WireFormat
    streamed: bool
