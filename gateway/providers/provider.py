"""A provider as it is called: every default filled in, from the entry in the file and from what is built in."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from typing import Any, Final, Protocol

from filters.address import DIRECT
from filters.context import WireFormat
from filters.credential import Credential
from filters.formats.registry import FORMATS
from gateway.providers.addresses import Endpoints, endpoints
from gateway.providers.auth.authenticator import Authenticator, Outgoing
from gateway.providers.auth.schemes import with_aws, with_callers_own, with_key
from gateway.providers.builtin import ANYTHING, CHAT, OWN, OWN_RESPONSES
from gateway.providers.models.catalogue import ModelFacts, model_facts, server_facts
from gateway.providers.section import ModelProvider

WILDCARD: Final = "*"
_REMEMBERED: Final = 1024
"""Of how many models under one `provider/*` the facts are kept."""


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
    its order. `facts` tells what the server and what it calls a model take. `api` is the name of the provider whose API
    it is, and `at_home` tells that the address is that provider's own.
    """

    model: str
    name: str
    endpoints: Endpoints = field(repr=False)
    formats: tuple[WireFormat, ...]
    authenticator: Authenticator = field(repr=False)
    headers: Mapping[str, Credential]
    passthrough_auth: bool
    http_host: str | None
    timeouts: Timeouts
    max_retries: int
    facts: Callable[[str], ModelFacts] = field(repr=False)
    api: str = "openai"
    at_home: bool = False
    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    secrets: Sequence[Credential] = field(default=(), repr=False)
    """What must never be repeated to a caller: keys, and the values of the configured headers."""

    @cached_property
    def trust(self) -> ssl.SSLContext | bool:
        """What certificates are checked against: True for what the system trusts (and `SSL_CERT_FILE` names).

        Raises OSError where `ca_file` cannot be read or holds no certificate.
        """
        if self.ca_file is None:
            return True
        context = ssl.create_default_context()
        context.load_verify_locations(self.ca_file)
        return context

    @cached_property
    def prefix(self) -> str:
        """The provider's part of `provider/name`."""
        return self.model.partition("/")[0]

    @cached_property
    def is_wildcard(self) -> bool:
        """Whether this entry serves whatever the provider has."""
        return self.model.endswith("/" + WILDCARD)

    def keeps_with(self, other: "Provider") -> bool:
        """Tell whether what the other keeps is at hand here too: it is the same account of the same server."""
        return (self.endpoints.root, self.secrets) == (other.endpoints.root, other.secrets)

    @property
    def base_url(self) -> str:
        """The root of the server's API."""
        return self.endpoints.root

    @cached_property
    def unset_key(self) -> str | None:
        """The environment variable without which this provider cannot be called, None where nothing is missing."""
        unset = (credential.variable for credential in self.headers.values() if credential.secret is None)
        return self.authenticator.missing or next(unset, None)

    def model_id(self, model: str) -> str:
        """Return what the server calls a model that this entry serves."""
        return model.removeprefix(self.prefix + "/")

    def url(self, wire: WireFormat, model: str) -> str:
        """Return where a request in this format for this model (`provider/name`) goes."""
        return self.url_of(FORMATS[wire].operation, model)

    def url_of(self, operation: str, model: str) -> str:
        """Return where an operation (`embeddings`, `messages/count_tokens`) for this model goes."""
        return self.endpoints.of(operation, self.model_id(model))

    def credentials(self, outgoing: Outgoing) -> Mapping[str, str]:
        """Return the headers that the configuration adds to a request: the key, whatever else is set, the host.

        Raises DownstreamError (401) where the caller should have brought a credential and did not.
        """
        added = dict(self.authenticator.headers(outgoing))
        set_here = {name: value for name, each in self.headers.items() if (value := each.reveal()) is not None}
        host = {"Host": self.http_host} if self.http_host else {}
        return {**{name: value for name, value in set_here.items() if name.lower() not in added}, **added, **host}


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
    server = entry.server
    facts = _facts(entry)
    facts("")  # published data is read now, and not at a request
    return Provider(
        model=entry.model,
        name=entry.name or entry.model,
        endpoints=endpoints(entry.base_url or server.base_url or "", server, entry.api_version),
        formats=entry.spoken,
        authenticator=_authenticator(entry),
        headers=entry.headers,
        passthrough_auth=entry.passthrough_auth,
        http_host=entry.http_host,
        timeouts=_timeouts(entry, limits),
        max_retries=limits.max_retries if entry.max_retries is None else entry.max_retries,
        facts=facts,
        proxy=None if entry.proxy == DIRECT else entry.proxy,
        ca_file=entry.ca_file,
        secrets=_secrets(entry),
        api=entry.api,
        at_home=entry.base_url is None,
    )


def _secrets(entry: ModelProvider) -> tuple[Credential, ...]:
    aws = entry.aws
    keys = (entry.access_key, *((aws.secret_access_key, aws.session_token) if aws else ()))
    return (*filter(None, keys), *entry.headers.values())


def _facts(entry: ModelProvider) -> Callable[[str], ModelFacts]:
    server, chosen = entry.server, entry.options.chosen()
    if server.adapts:
        facts = server_facts(server.options, chosen)
        return lambda _: facts
    look_up = partial(_own_facts if server is OWN else _model_facts, entry, chosen)
    return lru_cache(maxsize=_REMEMBERED)(look_up)


def _model_facts(entry: ModelProvider, chosen: Mapping[str, Any], model: str) -> ModelFacts:
    return model_facts(entry.api, entry.server.options, model, chosen)


def _own_facts(entry: ModelProvider, chosen: Mapping[str, Any], model: str) -> ModelFacts:
    """Return the facts of a model at a server of one's own: what that refuses is a guess, and no more than its name."""
    server = entry.server.options if entry.spoken == CHAT else OWN_RESPONSES
    same_format = model_facts(entry.api, ANYTHING, model, chosen).options
    return replace(model_facts(entry.api, server, model, chosen), same_format=same_format)


def _authenticator(entry: ModelProvider) -> Authenticator:
    if entry.passthrough_auth:
        return with_callers_own(entry.server.auth, entry.model)
    if entry.aws is not None:
        return with_aws(entry.aws, entry.base_url or "")
    return with_key(entry.server.auth, entry.access_key)


def _timeouts(entry: ModelProvider, limits: Defaults) -> Timeouts:
    return Timeouts(
        connect=entry.connect_timeout_seconds or limits.connect_timeout_seconds,
        first_byte=entry.first_byte_timeout_seconds or limits.first_byte_timeout_seconds,
        idle=entry.idle_timeout_seconds or limits.idle_timeout_seconds,
    )
