"""An entry of `model_providers`, as it stands in config.yaml."""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, field_validator, model_validator

from filters.address import ApiUrl, ProxyUrl
from filters.context import WireFormat
from filters.credential import HeaderValue, Secret
from filters.errors import did_you_mean
from filters.formats.registry import FORMATS
from filters.reference import Reference
from filters.section import HeaderName, Items, ModelText, Seconds, Section, Text
from gateway.providers.addresses import format_shown, formats_at
from gateway.providers.auth.sigv4 import region_of
from gateway.providers.builtin import BUILTIN, INTERFACES, OPENAI, OWN, Builtin
from gateway.providers.options import OptionsSection

_ALSO_CALLED: Final = {
    "bigmodel": "zhipu",
    "claude": "anthropic",
    "dashscope": "qwen",
    "glm": "zhipu",
    "google": "gemini",
    "gpt": "openai",
    "grok": "xai",
    "kimi": "moonshotai",
    "vertex": "gemini",
    "z.ai": "zhipu",
    "zai": "zhipu",
}
"""What people and other tools call built-in providers, where a likeness of the names does not tell it."""


def _registered(name: WireFormat) -> WireFormat:
    if name not in FORMATS:
        raise ValueError(f"{name!r} is not one of {', '.join(FORMATS)}{did_you_mean(name, FORMATS)}")
    return name


FormatName = Annotated[
    WireFormat, AfterValidator(_registered), WithJsonSchema({"type": "string", "enum": list(FORMATS)})
]
"""The name of a registered wire format."""

ModelName = Annotated[str, StringConstraints(pattern=r"^[^\s/*]+/([^\s*]+|\*)$"), Reference("model", "openai/unset")]
"""`provider/name`, where the name may hold slashes, or `provider/*`."""


class AwsSection(Section):
    """AWS credentials, with which requests to Amazon Bedrock are signed (Signature Version 4)."""

    access_key_id: Secret
    """The id of the access key, best as `$NAME`."""

    secret_access_key: Secret
    """The secret access key, best as `$NAME`."""

    session_token: Secret | None = None
    """The session token of temporary credentials."""

    region: Text | None = None
    """The region; unset, the one in the host's name."""


Dollars = Annotated[float, Field(ge=0, strict=False)]


class PriceSection(Section):
    """What a model costs, in US dollars for a million tokens: 0 for one of your own that costs nothing."""

    input: Dollars
    """Tokens read."""

    output: Dollars
    """Tokens written."""

    cache_read: Dollars | None = None
    """Tokens read from a cache; unset, as `input`."""

    cache_write: Dollars | None = None
    """Tokens written to a cache; unset, as `input`."""


class ModelProvider(Section):
    """A model, and the server that has it."""

    model: ModelName
    """`provider/name`, or `provider/*` for whatever that provider has."""

    name: ModelText | None = None
    """Another name for this entry, by which routes, aliases and callers may call it."""

    access_key: Secret | None = None
    """The key, best as `$NAME`."""

    aws: AwsSection | None = None
    """AWS credentials, in place of `access_key`."""

    base_url: ApiUrl | None = Field(default=None, repr=False)
    """Where the server is, as its vendor prints it. Providers that are built in need none."""

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

    proxy: ProxyUrl | None = Field(default=None, repr=False)
    """The HTTP proxy through which the server is reached, or `direct`; unset, what the environment says."""

    ca_file: Text | None = None
    """A file with certificates (PEM) of authorities that are trusted for this server, beside the system's."""

    formats: Annotated[Items[FormatName], Field(min_length=1)] | None = None
    """The wire formats that the server speaks; the caller's own is preferred, else the first."""

    api_version: Text | None = None
    """Azure's `api-version`."""

    connect_timeout_seconds: Seconds | None = None
    """In place of `limits.connect_timeout_seconds`."""

    first_byte_timeout_seconds: Seconds | None = None
    """In place of `limits.first_byte_timeout_seconds`."""

    idle_timeout_seconds: Seconds | None = None
    """In place of `limits.idle_timeout_seconds`."""

    max_retries: Annotated[int, Field(ge=0)] | None = None
    """In place of `limits.max_retries`."""

    price: PriceSection | None = None
    """What it costs, above every price list."""

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
            meant = _ALSO_CALLED.get(prefix.lower())
            hint = f"; did you mean {meant!r}?" if meant else did_you_mean(prefix, BUILTIN)
            raise ValueError(f"{prefix!r} is not built in, so it needs a base_url{hint}")
        if BUILTIN[prefix].base_url is None:
            raise ValueError(f"{prefix} needs a base_url, since each customer has an address of their own")
        return self

    @model_validator(mode="after")
    def _azure_alone_has_versions(self) -> Self:
        if (self.api_version or "?" in (self.base_url or "")) and not self.server.azure:
            raise ValueError("api_version is Azure's; this entry's API has none: set provider_interface: azure_openai")
        return self

    @model_validator(mode="after")
    def _aws_knows_its_region(self) -> Self:
        if self.aws is None:
            return self
        if self.access_key is not None:
            raise ValueError("access_key and aws are two ways to authenticate; keep one of them")
        if not (self.aws.region or region_of(self.base_url or "")):
            raise ValueError("aws needs a region, since the host of base_url names none")
        return self

    @property
    def server(self) -> Builtin:
        """What the server is like: by the interface, else by what the URL shows, else by the prefix."""
        if self.provider_interface is not None:
            return INTERFACES[self.provider_interface]
        known = BUILTIN.get(self.model.partition("/")[0], OWN)
        shown = format_shown(self.base_url or "")
        if shown is None or shown in known.formats or (known.azure and shown in OPENAI):
            return known
        return next(each for each in (OWN, INTERFACES["chatgpt"], INTERFACES["claude"]) if shown in each.formats)

    @property
    def api(self) -> str:
        """The name of the provider whose API is spoken, by which rules about models go."""
        if self.provider_interface is not None:
            return {"claude": "anthropic"}.get(self.provider_interface, self.provider_interface)
        prefix = self.model.partition("/")[0]
        if self.server is INTERFACES["claude"]:
            return "anthropic"
        return prefix if prefix in BUILTIN else "openai"

    @property
    def spoken(self) -> tuple[WireFormat, ...]:
        """The wire formats of the server: those given, else the one that the URL is an endpoint of, else its usual."""
        shown = format_shown(self.base_url or "")
        return self.formats or ((shown,) if shown else formats_at(self.base_url or "", self.server))
