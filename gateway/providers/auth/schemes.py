"""The table of authentication schemes: what a provider of the built-in table names, and who carries it out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, Protocol

from filters.credential import Credential
from gateway.providers.auth.authenticator import Authenticator
from gateway.providers.auth.callers_own import CallersOwn
from gateway.providers.auth.key import BEARER, KeyInHeader
from gateway.providers.auth.sigv4 import SigV4, region_of

Auth = Literal["bearer", "x-api-key", "api-key"]
"""Where a key goes: `Authorization: Bearer`, `x-api-key` (Anthropic) or `api-key` (Azure)."""
_HEADERS: Final[Mapping[Auth, str]] = MappingProxyType(
    {"bearer": BEARER, "x-api-key": "x-api-key", "api-key": "api-key"}
)


def with_key(auth: Auth, key: Credential | None) -> Authenticator:
    """Return who sends a provider's key."""
    return KeyInHeader(_HEADERS[auth], key)


class AwsKeys(Protocol):
    """AWS credentials, and the region where the host's name does not tell it."""

    @property
    def access_key_id(self) -> Credential:
        """The id of the access key."""

    @property
    def secret_access_key(self) -> Credential:
        """The secret access key."""

    @property
    def session_token(self) -> Credential | None:
        """The token of temporary credentials."""

    @property
    def region(self) -> str | None:
        """The region."""


def with_aws(keys: AwsKeys, url: str) -> Authenticator:
    """Return who signs requests for a Bedrock endpoint."""
    region = keys.region or region_of(url) or ""
    return SigV4(keys.access_key_id, keys.secret_access_key, keys.session_token, region)


def with_callers_own(auth: Auth, provider: str) -> Authenticator:
    """Return who sends the caller's own credential."""
    return CallersOwn(_HEADERS[auth], provider)
