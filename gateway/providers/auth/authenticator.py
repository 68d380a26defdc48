"""What every authentication scheme is: it sees the request as it will be sent, and returns the headers to add."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it will be sent, but for its credentials. `caller` holds the headers of the caller's own request."""

    method: str
    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    caller: Mapping[str, str] = field(default_factory=dict, repr=False)


class Authenticator(Protocol):
    """Authenticates requests to one provider."""

    @property
    def missing(self) -> str | None:
        """The environment variable without which no request can be authenticated; None where nothing is missing."""

    def headers(self, outgoing: Outgoing) -> Mapping[str, str]:
        """Return the headers to add; they replace others of the same names.

        Raises DownstreamError (401) where the caller should have brought a credential and did not.
        """
