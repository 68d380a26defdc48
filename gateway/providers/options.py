"""The `options` of an entry of `model_providers`: what a model or its server takes, where the catalogue is wrong."""

from typing import Annotated, Any, Literal

from pydantic import Field

from filters.section import Items, Section, Text

Tokens = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]


class OptionsSection(Section):
    """What a model or its server takes. What is not set here goes by the model's name."""

    context_window: Tokens | None = None
    """The most tokens of a request and its answer together."""

    input_modalities: Items[Literal["text", "image", "audio", "video", "pdf"]] | None = None
    """The kinds of input that the model takes."""

    max_tokens_default: Tokens | None = None
    """Sent to Anthropic-format servers, which require it, where the caller set no `max_tokens`."""

    max_tokens_limit: Tokens | None = None
    """The most output tokens that may be asked for; a larger limit is lowered to it."""

    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] | None = None
    """What Chat Completions servers call the limit."""

    sampling: bool | None = None
    """Whether the model takes `temperature`, `top_p` and `top_k`."""

    sampling_with_reasoning: bool | None = None
    """Whether it takes them in a request that asks for reasoning."""

    both_sampling: bool | None = None
    """Whether it takes a temperature and top_p in one request."""

    thinking: bool | None = None
    """Whether an Anthropic model has extended thinking."""

    adaptive_thinking: bool | None = None
    """Whether an Anthropic model takes `thinking: adaptive` with an effort, and not `budget_tokens`."""

    thinking_off: bool | None = None
    """Whether thinking may be switched off (`thinking: disabled`)."""

    prefill: bool | None = None
    """Whether the conversation may end with a message of the assistant, for the model to go on with."""

    reasoning_effort: bool | None = None
    """Whether the model takes an effort."""

    efforts: Items[Text] | None = None
    """The efforts that it knows, the least first; another becomes the nearest."""

    effort_with_tools: Literal["any", "absent", "none"] | None = None
    """What Chat Completions takes for the effort beside function tools: any, only no effort, only the word `none`."""

    reasoning_content: bool | None = None
    """Whether a Chat Completions server takes `reasoning_content` back in messages."""

    reasoning_details: bool | None = None
    """Whether it takes back `reasoning_details`, as OpenRouter does."""

    reasoning_content_required: bool | None = None
    """Whether it must be there in every message with tool calls."""

    thought_signatures: bool | None = None
    """Whether each tool call goes back with its thought signature (Gemini)."""

    late_system: bool | None = None
    """Whether a system message may follow other messages."""

    developer_role: bool | None = None
    """Whether late system messages may be sent as `developer`."""

    custom_tools: bool | None = None
    """Whether the server takes tools of type `custom`; others get a function."""

    tool_name_limit: Tokens | None = None
    """The longest name of a tool, in characters."""

    tool_id_length: Tokens | None = None
    """How many letters and digits the id of a tool call must have, exactly."""

    any_calls: bool | None = None
    """Whether names, ids and schemas of tools pass as they are where the caller speaks the server's format."""

    root_combinators: bool | None = None
    """Whether a tool's schema may have `anyOf`, `oneOf` or `allOf` at its root."""

    strict_schemas: bool | None = None
    """Whether `strict` is taken in tools and output formats."""

    output_schema: bool | None = None
    """Whether the server takes a JSON schema as an output format."""

    stop_limit: Count | None = None
    """How many stop sequences the server takes at most."""

    user_limit: Tokens | None = None
    """How many characters of `user` the server takes; a longer one is hashed."""

    stored_metadata: bool | None = None
    """Whether Chat Completions takes `metadata` for stored answers (`store`) alone."""

    refused: Items[Text] | None = None
    """Other fields that are refused (`metadata`, `logprobs`, `seed`, ...); they are left out."""

    def chosen(self) -> dict[str, Any]:
        """Return what is set, by the names of `ModelOptions`, and `context` and `inputs`."""
        said = self.model_dump(exclude_none=True)
        renamed = {"context_window": "context", "input_modalities": "inputs"}
        said = {renamed.get(name, name): value for name, value in said.items()}
        return said | ({"refused": frozenset(said["refused"])} if "refused" in said else {})
