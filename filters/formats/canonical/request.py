"""The neutral form between the wire formats: what a request asks. Answers are in `events`.

Three decoders read a wire format into this form and three encoders write it, so that no code knows two formats.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from filters.context import Json


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
    signature: str | None = None
    """Gemini's thought signature, without which it does not go on from this call."""


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
    search: bool = False
    """Whether it is the tool search of a Responses client, whose calls have items of their own there."""


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
    tool_names: Mapping[str, str] = field(default_factory=dict)
    """For writing the answer: the caller's names of the tools that the provider knows by others."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What an encoder must know of the model and of the server that it writes for.

    What a model or server does not take is left out or brought to what it takes, with a warning. The gateway fills
    this in from its catalogue of models; the defaults are those of a model of which nothing is known.
    """

    max_tokens_default: int = 8192
    """Anthropic requires `max_tokens`; this is sent where the caller set none."""
    max_tokens_limit: int | None = None
    """The most output tokens that the model can be asked for; a larger limit is lowered to it."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_completion_tokens"
    sampling: bool = True
    """False for models that refuse temperature, top_p and top_k."""
    sampling_with_reasoning: bool = True
    """False for models that refuse temperature and top_p in a request that asks for reasoning."""
    both_sampling: bool = True
    """False for models that take a temperature or top_p, but not both."""
    thinking: bool = True
    """False for Anthropic models that have no extended thinking."""
    adaptive_thinking: bool = False
    """True for Anthropic models that take `thinking: adaptive` and `output_config.effort`, not `budget_tokens`."""
    thinking_off: bool = True
    """False for models that refuse to have their reasoning switched off (`thinking: disabled`)."""
    prefill: bool = True
    """False for models that refuse a conversation whose last message is the assistant's, to be gone on with."""
    reasoning_effort: bool = True
    """False for models that refuse an effort (`reasoning_effort`, `reasoning`, `output_config.effort`)."""
    efforts: tuple[str, ...] = ()
    """The efforts that the model knows, the least first; empty where any may be sent. Another becomes the nearest."""
    effort_with_tools: Literal["any", "absent", "none"] = "any"
    """What Chat Completions takes for the effort beside function tools: any, only no effort, only the word `none`."""
    reasoning_content: bool = False
    """True for OpenAI-compatible servers (vLLM, DeepSeek) that take `reasoning_content` back in messages."""
    reasoning_details: bool = False
    """True for servers (OpenRouter) that take `reasoning_details` back in messages."""
    reasoning_content_required: bool = False
    """True where every assistant message with tool calls must have a `reasoning_content`, if only an empty one."""
    thought_signatures: bool = False
    """True for Gemini models, which want back the thought signature of each tool call (`extra_content`)."""
    late_system: bool = False
    """True where a system message may follow other messages; else its text goes to the first one, or to the user's."""
    developer_role: bool = False
    """True where late system messages may be sent as `developer`."""
    custom_tools: bool = False
    """True where the server takes `custom` tools as such; others get a function (see `custom_tools`)."""
    tool_name_limit: int | None = None
    """The longest name of a tool, where it is not what the format's own vendor takes."""
    tool_id_length: int | None = None
    """How many letters and digits the id of a tool call must have, exactly (Mistral: 9); None for any."""
    any_calls: bool = False
    """True where the server takes any names and ids of tools and calls, and schemas of any root: those of a body that
    stays in its format pass as they are."""
    root_combinators: bool = True
    """False where `anyOf`, `oneOf` and `allOf` are refused at the root of a tool's schema."""
    strict_schemas: bool = True
    """False where `strict` is refused in tools and output formats."""
    output_schema: bool = True
    """False where the server takes `json_object` as an output format but no schema, which is then said in words."""
    stop_limit: int | None = None
    """How many stop sequences the server takes at most."""
    user_limit: int | None = None
    """How many characters of `user` the server takes; a longer one is hashed."""
    stored_metadata: bool = False
    """True where Chat Completions takes `metadata` for stored answers (`store`) alone."""
    refused: frozenset[str] = frozenset()
    """Other fields of `Request` that are refused, by their names here (`metadata`, `verbosity`, `logprobs`, ...)."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A body for a provider and the small losses in writing it, one short clause each.

    They do not repeat the request's own `warnings`: who reports losses joins the two.
    """

    body: Json
    warnings: Sequence[str] = ()
    tool_names: Mapping[str, str] = field(default_factory=dict)
    """The caller's names of the tools that are renamed in the body."""
