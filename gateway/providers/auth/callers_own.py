"""`passthrough_auth`: the caller's own credential is sent on, in the header that the provider reads.

A caller may send its key in the header of another vendor, as its SDK does: it is moved. A token of OAuth is no key and
stays a bearer token, whatever header the provider's keys have.
"""

from dataclasses import dataclass
from typing import Final

from filters.errors import DownstreamError
from gateway.providers.auth.authenticator import Outgoing
from gateway.providers.auth.key import BEARER, in_header

_KEYS: Final = ("x-api-key", "api-key")
_ACCOUNT: Final = ("openai-organization", "openai-project", "chatgpt-account-id")
_OAUTH: Final = ("sk-ant-oat", "eyJ")
"""How tokens begin that are no keys: Anthropic's for subscriptions, and JSON Web Tokens."""


@dataclass(frozen=True, slots=True)
class CallersOwn:
    """Sends the caller's credential in the header of this name. `provider` is for the error."""

    name: str
    provider: str
    missing: str | None = None

    def headers(self, outgoing: Outgoing) -> dict[str, str]:
        """Return the caller's credential, and what its vendor wants to know of the account."""
        caller = {name.lower(): value for name, value in outgoing.caller.items()}
        account: dict[str, str] = {name: caller[name] for name in _ACCOUNT if name in caller}
        if key := next((caller[name] for name in _KEYS if caller.get(name)), None):
            return account | in_header(self.name, key)
        scheme, _, token = caller.get(BEARER, "").partition(" ")
        if not token.strip():
            raise DownstreamError(
                401,
                f"{self.provider} is called with the caller's own credentials, and the request has none. "
                "Send a key as `Authorization: Bearer` or `x-api-key`.",
            )
        if scheme.lower() != "bearer" or token.strip().startswith(_OAUTH):
            return account | {BEARER: caller[BEARER]}
        return account | in_header(self.name, token.strip())
