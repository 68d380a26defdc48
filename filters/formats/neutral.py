"""The neutral form between the wire formats: what a request asks, and the events of which an answer is made.

Three decoders read a wire format into this form and three encoders write it, so that no code knows two formats. One
sequence of events describes an answer whether it is streamed or whole:

    Start, (Text | Thinking | Signature | BlockEnd | ToolStart | ToolArgs | ToolEnd | Annotation | Ping)*,
    Usage*, Finish, End          an answer that ended well
    ..., Failure                 an answer that did not; nothing follows

Tokens are counted in one way: `input_tokens` includes what was read from and written to a cache.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from filters.context import Json

# --- what a request asks --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """Text, with Anthropic's `cache_control` where it was set."""

    text: str
    cache: Json | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """An image by URL, or as base64 `data` of a `media_type`; `detail` is OpenAI's."""

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    detail: str | None = None
    cache: Json | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A document (PDF or plain text) by URL, or as base64 `data` of a `media_type`."""

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    name: str | None = None
    cache: Json | None = None


@dataclass(frozen=True, slots=True)
class Thought:
    """Thinking of an earlier turn.

    `signature` is the vendor's own proof, unsealed, and `vendor` (a `WireFormat` family: `anthropic` or `openai`) who
    made it. `redacted` tells that there is no text, only the blob. `id` is the item id of Responses.
    """

    text: str
    signature: str | None = None
    vendor: str | None = None
    redacted: bool = False
    id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool. `arguments` is JSON text, or free text where the tool is `custom`."""

    id: str
    name: str
    arguments: str
    custom: bool = False
    cache: Json | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered."""

    id: str
    content: Sequence["Text | Image | Document"]
    is_error: bool = False
    custom: bool = False
    cache: Json | None = None


Part = Text | Image | Document | Thought | ToolCall | ToolResult


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Tool results travel in a `user` message; `system` covers OpenAI's `developer` too."""

    role: Literal["system", "user", "assistant"]
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the model may call.

    `custom` tools take free text, in `grammar` (`{"syntax", "definition"}`) where one is given. A provider without such
    tools gets a function of one string instead, and the caller's encoder turns the call back: see `custom_tools`.
    """

    name: str
    description: str | None = None
    schema: Json | None = None
    strict: bool | None = None
    custom: bool = False
    grammar: Json | None = None
    cache: Json | None = None
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Whether the model may, must or must not call tools; `name` where it must call that one."""

    mode: Literal["auto", "none", "required", "tool"]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Reasoning:
    """How much the model should think. `effort` is OpenAI's word, `budget_tokens` Anthropic's number."""

    enabled: bool = True
    effort: str | None = None
    budget_tokens: int | None = None
    adaptive: bool = False
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """Structured output: any JSON object, or JSON of a schema."""

    kind: Literal["json_object", "json_schema"]
    name: str | None = None
    schema: Json | None = None
    strict: bool | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A chat request. Whatever is None was not said, and is left to the provider."""

    model: str
    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: Sequence[str] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    reasoning: Reasoning | None = None
    output: OutputFormat | None = None
    stream: bool = False
    include_usage: bool = False
    user: str | None = None
    metadata: Json | None = None
    service_tier: str | None = None
    verbosity: str | None = None
    logprobs: int | None = None
    echo: Json = field(default_factory=dict)
    """The client's own settings, which Responses answers repeat (tools, tool_choice, text, …), as it sent them."""
    warnings: Sequence[str] = ()
    """Small losses that the decoder already knows of."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What an encoder must know of the model and server it writes for."""

    max_tokens_default: int = 8192
    """Anthropic requires `max_tokens`; this is sent where the caller set none."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_completion_tokens"
    sampling: bool = True
    """False for models that refuse temperature, top_p and top_k."""
    adaptive_thinking: bool = False
    """True for Anthropic models that take `thinking: adaptive` and `output_config.effort`, not `budget_tokens`."""
    reasoning_content: bool = False
    """True for OpenAI-compatible servers (vLLM, DeepSeek) that take `reasoning_content` back in messages."""
    developer_role: bool = False
    """True where late system messages may be sent as `developer`."""
    reasoning_effort: bool = True
    """False for models of OpenAI's formats that refuse `reasoning_effort` (or `reasoning`)."""
    custom_tools: bool = False
    """True where the server takes `custom` tools as such; others get a function (see `custom_tools`)."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A body for a provider and the small losses in writing it, one short clause each.

    They do not repeat the request's own `warnings`: who reports losses joins the two.
    """

    body: Json
    warnings: Sequence[str] = ()


# --- of what an answer is made ---------------------------------------------------------------------------------------


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
