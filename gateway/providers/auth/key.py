"""A key that is sent as it is, in a header: `Authorization: Bearer`, `x-api-key`, `api-key`."""

from collections.abc import Mapping
from dataclasses import dataclass

from filters.credential import Credential
from gateway.providers.auth.authenticator import Outgoing

BEARER = "authorization"


def in_header(name: str, key: str) -> dict[str, str]:
    """Return the header that carries a key."""
    return {name: f"Bearer {key}" if name == BEARER else key}


@dataclass(frozen=True, slots=True)
class KeyInHeader:
    """Sends a key in the header of this name (in small letters); without a key, nothing."""

    name: str
    key: Credential | None

    @property
    def missing(self) -> str | None:
        """The environment variable that should hold the key."""
        return self.key.variable if self.key and self.key.secret is None else None

    def headers(self, _: Outgoing) -> Mapping[str, str]:
        """Return the header with the key."""
        key = self.key.reveal() if self.key else None
        return {} if key is None else in_header(self.name, key)
