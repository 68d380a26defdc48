"""Errors in Anthropic's shape: `{"type": "error", "error": {"type": ..., "message": ...}}`, and the statuses they mean.

Source of the table: Anthropic's API reference, "Errors". Anthropic says 529 where OpenAI says 503.
"""

from types import MappingProxyType
from typing import Any, Final, NoReturn

import orjson

from filters.context import Json
from filters.errors import DownstreamError
from filters.formats.canonical.events import Failure

_STATUS: Final = MappingProxyType(
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
_KIND: Final = MappingProxyType({status: kind for kind, status in _STATUS.items()} | {503: "overloaded_error"})
_LONGEST = 4000


def refuse(param: str, why: str) -> NoReturn:
    """Raise the 400 that names a field of the caller's body and says what would be right; never quotes the body."""
    raise DownstreamError(400, f"`{param}` {why}", param=param)


def encode_error(failure: Failure) -> Json:
    """Write a failure as Anthropic does; a type that Anthropic does not know is replaced by the status's own."""
    kind = failure.kind if failure.kind in _STATUS else kind_of(failure.status)
    return {"type": "error", "error": {"type": kind, "message": failure.message}}


def kind_of(status: int) -> str:
    """Return the error type that says the same as an HTTP status."""
    return _KIND.get(status, "invalid_request_error" if 400 <= status < 500 else "api_error")


def decode_error(status: int, body: bytes) -> Failure:
    """Read a provider's error answer; a body that is not an error of a known shape is not repeated."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    return read_error(parsed, status)


def read_error(parsed: Any, status: int | None = None) -> Failure:
    """Read a parsed error; without a `status` (in a stream that began with 200) the error's type tells it."""
    error = parsed.get("error", parsed) if isinstance(parsed, dict) else None
    if isinstance(error, str):
        error = {"message": error}
    elif not isinstance(error, dict):
        error = {}
    kind = _text(error.get("type")) or ""
    status = status or _STATUS.get(kind, 502)
    message = error.get("message") or error.get("detail")
    if not isinstance(message, str):
        message = f"the provider answered with HTTP status {status} and no error message"
    return Failure(
        status,
        message[:_LONGEST],
        kind=kind if kind in _STATUS else kind_of(status),
        code=_text(error.get("code")),
        param=_text(error.get("param")),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
