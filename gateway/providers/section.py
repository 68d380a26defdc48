"""An entry of `model_providers`, as it stands in config.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from filters.address import BaseUrl
from filters.context import WireFormat
from filters.credential import HeaderValue, Secret
from filters.errors import did_you_mean
from filters.reference import Reference
from filters.section import HeaderName, Items, ModelText, Seconds, Section, Text
from gateway.providers.builtin import BUILTIN, INTERFACES

ModelName = Annotated[str, StringConstraints(pattern=r"^[^\s/*]+/([^\s*]+|\*)$"), Reference("model", "openai/unset")]
"""`provider/name`, where the name may hold slashes, or `provider/*`."""


class OptionsSection(Section):
    """What a model or its server can do, where it is not what its provider's usually do."""

    max_tokens_default: Annotated[int, Field(ge=1)] | None = None
    """Sent to Anthropic-format servers, which require it, where the caller set no `max_tokens`."""

    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] | None = None
    """What Chat Completions servers call the limit."""

    sampling: bool | None = None
    """Whether the model takes `temperature`, `top_p` and `top_k`."""

    adaptive_thinking: bool | None = None
    """Whether an Anthropic model takes `thinking: adaptive` with an effort, and not `budget_tokens`."""

    reasoning_content: bool | None = None
    """Whether a Chat Completions server takes `reasoning_content` back in messages."""

    developer_role: bool | None = None
    """Whether late system messages may be sent as `developer`."""

    reasoning_effort: bool | None = None
    """Whether the model takes `reasoning_effort`."""

    custom_tools: bool | None = None
    """Whether the server takes tools of type `custom`; others get a function."""


class ModelProvider(Section):
    """A model, and the server that has it."""

    model: ModelName
    """`provider/name`, or `provider/*` for whatever that provider has."""

    name: ModelText | None = None
    """Another name for this entry, by which routes, aliases and callers may call it."""

    access_key: Secret | None = None
    """The key, best as `$NAME`."""

    base_url: BaseUrl | None = Field(default=None, repr=False)
    """Where the server is; without a path, `/v1` is added. Providers that are built in need none."""

    provider_interface: Text | None = None
    """Which provider's API a server of your own speaks: `openai`, `claude`, `groq`, ..."""

    default: bool = False
    """Whether this model serves requests that no route matches and that name no configured model."""

    passthrough_auth: bool = False
    """Whether the caller's own credentials are sent on, in place of `access_key`."""

    headers: dict[HeaderName, HeaderValue] = Field(default={})
    """Headers added to each request to this provider; values may be `$NAME`."""

    http_host: Annotated[Text, Reference("address", "unset")] | None = None
    """The `Host` header, where it differs from the address."""

    formats: Annotated[Items[Annotated[WireFormat, Field(strict=False)]], Field(min_length=1)] | None = None
    """The wire formats that the server speaks; the caller's own is preferred, else the first."""

    api_version: Text | None = None
    """Azure OpenAI's `api-version`, for its deployment paths."""

    connect_timeout_seconds: Seconds | None = None
    """In place of `limits.connect_timeout_seconds`."""

    first_byte_timeout_seconds: Seconds | None = None
    """In place of `limits.first_byte_timeout_seconds`."""

    idle_timeout_seconds: Seconds | None = None
    """In place of `limits.idle_timeout_seconds`."""

    max_retries: Annotated[int, Field(ge=0)] | None = None
    """In place of `limits.max_retries`."""

    options: OptionsSection = OptionsSection()
    """What the model can do."""

    @field_validator("provider_interface")
    @classmethod
    def _interface_is_known(cls, value: str | None) -> str | None:
        if value is not None and value not in INTERFACES:
            raise ValueError(f"{value!r} is not an interface{did_you_mean(value, INTERFACES)}")
        return value

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        prefix = self.model.partition("/")[0]
        if self.base_url:
            return self
        if prefix not in BUILTIN:
            raise ValueError(f"{prefix!r} is not built in, so it needs a base_url{did_you_mean(prefix, BUILTIN)}")
        if BUILTIN[prefix].base_url is None:
            raise ValueError(f"{prefix} needs a base_url, since each customer has an address of their own")
        return self
