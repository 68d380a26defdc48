"""A provider as it is called: every default filled in, from the entry in the file and from what is built in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Protocol
from urllib.parse import quote, urlsplit

from filters.context import WireFormat
from filters.credential import Credential
from filters.formats.canonical.request import ModelOptions
from gateway.providers.builtin import BUILTIN, INTERFACES, Auth
from gateway.providers.section import ModelProvider

WILDCARD: Final = "*"
AZURE_API_VERSION: Final = "2024-10-21"
_OPERATIONS: Final = {
    WireFormat.OPENAI_CHAT: "chat/completions",
    WireFormat.OPENAI_RESPONSES: "responses",
    WireFormat.ANTHROPIC_MESSAGES: "messages",
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds: to connect, until the answer begins, and between two of its chunks."""

    connect: float
    first_byte: float
    idle: float


@dataclass(frozen=True)
class Provider:
    """Where one entry of `model_providers` sends its requests, and how.

    `model` is the entry's `provider/name` and `name` what else it is called. `formats` are what the server speaks, in
    its order. `deployments` tells that the address is Azure's, whose paths name the model.
    """

    model: str
    name: str
    base_url: str = field(repr=False)
    formats: tuple[WireFormat, ...]
    auth: Auth
    access_key: Credential | None
    headers: Mapping[str, Credential]
    passthrough_auth: bool
    http_host: str | None
    timeouts: Timeouts
    max_retries: int
    options: ModelOptions
    api_version: str | None = None

    @cached_property
    def prefix(self) -> str:
        """The provider's part of `provider/name`."""
        return self.model.partition("/")[0]

    @cached_property
    def is_wildcard(self) -> bool:
        """Whether this entry serves whatever the provider has."""
        return self.model.endswith("/" + WILDCARD)

    @cached_property
    def unset_key(self) -> str | None:
        """The environment variable without which this provider cannot be called, None where nothing is missing."""
        key = None if self.passthrough_auth else self.access_key
        credentials = [credential for credential in (key, *self.headers.values()) if credential]
        return next((credential.variable for credential in credentials if credential.secret is None), None)

    def model_id(self, model: str) -> str:
        """Return what the server calls a model that this entry serves."""
        return model.removeprefix(self.prefix + "/")

    def url(self, wire: WireFormat, model: str) -> str:
        """Return where a request in this format for this model (`provider/name`) goes."""
        return self.url_of(_OPERATIONS[wire], model)

    def url_of(self, operation: str, model: str) -> str:
        """Return where an operation (`embeddings`, `messages/count_tokens`) for this model goes."""
        if self.api_version is None:
            return f"{self.base_url}/{operation}"
        deployment = quote(self.model_id(model), safe="")
        return f"{self.base_url}/openai/deployments/{deployment}/{operation}?api-version={quote(self.api_version)}"


class Defaults(Protocol):
    """What entries leave to `limits`: timeouts in seconds, and how often a failed request is sent again."""

    @property
    def connect_timeout_seconds(self) -> float:
        """How long connecting may take."""

    @property
    def first_byte_timeout_seconds(self) -> float:
        """How long the answer may take to begin."""

    @property
    def idle_timeout_seconds(self) -> float:
        """How long the provider may be silent between two chunks."""

    @property
    def max_retries(self) -> int:
        """How many retries at the same provider."""


def build_provider(entry: ModelProvider, limits: Defaults) -> Provider:
    """Fill in what an entry leaves open. The entry has an address, its own or a built-in one."""
    prefix = entry.model.partition("/")[0]
    formats, auth = _speaks(entry, prefix)
    builtin = BUILTIN.get(prefix)
    base_url = (entry.base_url or (builtin.base_url if builtin else None) or "").rstrip("/")
    deployments = prefix == "azure_openai" and not urlsplit(base_url).path
    if entry.base_url and not deployments and not urlsplit(base_url).path:
        base_url += "/v1"
    chosen = entry.options.model_dump(exclude_none=True)
    return Provider(
        model=entry.model,
        name=entry.name or entry.model,
        base_url=base_url,
        formats=formats,
        auth=auth,
        access_key=entry.access_key,
        headers=entry.headers,
        passthrough_auth=entry.passthrough_auth,
        http_host=entry.http_host,
        timeouts=_timeouts(entry, limits),
        max_retries=limits.max_retries if entry.max_retries is None else entry.max_retries,
        options=replace(builtin.options if builtin else ModelOptions(max_tokens_field="max_tokens"), **chosen),
        api_version=(entry.api_version or AZURE_API_VERSION) if deployments else None,
    )


def _speaks(entry: ModelProvider, prefix: str) -> tuple[tuple[WireFormat, ...], Auth]:
    if prefix in BUILTIN and entry.provider_interface is None:
        formats, auth = BUILTIN[prefix].formats, BUILTIN[prefix].auth
    else:
        formats, auth = INTERFACES[entry.provider_interface or "openai"]
    return entry.formats or formats, auth


def _timeouts(entry: ModelProvider, limits: Defaults) -> Timeouts:
    return Timeouts(
        connect=entry.connect_timeout_seconds or limits.connect_timeout_seconds,
        first_byte=entry.first_byte_timeout_seconds or limits.first_byte_timeout_seconds,
        idle=entry.idle_timeout_seconds or limits.idle_timeout_seconds,
    )
