"""The kinds of errors, in Anthropic's words, and the HTTP statuses that say the same.

Source: Anthropic's API reference, "Errors". Anthropic says 529 where OpenAI says 503.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

STATUS_OF_KIND: Final[Mapping[str, int]] = MappingProxyType(
    {
        "invalid_request_error": 400,
        "authentication_error": 401,
        "billing_error": 402,
        "permission_error": 403,
        "not_found_error": 404,
        "request_too_large": 413,
        "rate_limit_error": 429,
        "api_error": 500,
        "timeout_error": 504,
        "overloaded_error": 529,
    }
)
_KIND_OF_STATUS: Final = MappingProxyType(
    {status: kind for kind, status in STATUS_OF_KIND.items()} | {503: "overloaded_error"}
)


def kind_of(status: int) -> str:
    """Return the kind of error that says the same as an HTTP status."""
    return _KIND_OF_STATUS.get(status, "invalid_request_error" if 400 <= status < 500 else "api_error")
