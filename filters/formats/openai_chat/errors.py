"""Errors in OpenAI's shape, `{"error": {"message", "type", "param", "code"}}`.

Read in that shape and in those that servers which call themselves compatible send instead.
"""

from collections.abc import Mapping
from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.error_words import error_object, message_of, own_status, parsed_error, says_failure
from filters.formats.canonical.errors import kind_of
from filters.formats.canonical.events import Failure
from filters.formats.canonical.overflow import recognised

_STATUSES: Final[Mapping[str, int]] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "timeout_error": 504,
    "overloaded_error": 503,
    "overloaded": 503,
    "server_is_overloaded": 503,
    "slow_down": 503,
}
_TYPES: Final[Mapping[str, str]] = {
    "api_error": "server_error",
    "billing_error": "insufficient_quota",
    "overloaded_error": "server_error",
    "timeout_error": "server_error",
    "request_too_large": "invalid_request_error",
}
_CODES: Final[Mapping[str, str]] = {
    "billing_error": "insufficient_quota",
    "overloaded_error": "overloaded",
    "request_too_large": "request_too_large",
}


def encode_error(failure: Failure) -> Json:
    """Return the body of an error answer, which is also the data of an error in a stream."""
    kind = failure.kind or kind_of(failure.status)
    return {
        "error": {
            "message": failure.message,
            "type": _TYPES.get(kind, kind),
            "param": failure.param,
            "code": failure.code or _CODES.get(kind),
        }
    }


def error_status(failure: Failure) -> int:
    """Return the status that OpenAI gives a failure: what Anthropic says with 529 or 402 is 503 or 429 here."""
    if failure.kind == "billing_error" and failure.status in {402, 429}:
        return 429
    overloaded = failure.status == 529 or (failure.kind == "overloaded_error" and failure.status == 503)
    return 503 if overloaded else failure.status


def is_error(body: Json) -> bool:
    """Tell an error that came with status 200 from an answer."""
    return not body.get("choices") and (says_failure(body) or message_of(error_object(body)) is not None)


def is_failure(chunk: Json) -> bool:
    """Tell an error in a stream from a chunk; one without choices may be about tokens or filters alone."""
    return says_failure(chunk) or (not chunk.get("choices") and "id" not in chunk and is_error(chunk))


def decode_error(status: int, body: bytes) -> Failure:
    """Read an error answer of any shape; what has none is told by its status alone."""
    return read_error(parsed_error(body), status)


def read_error(error: Any, status: int | None = None) -> Failure:
    """Read an error, or what holds one. Where no status tells it (in a stream), its own words do."""
    found = error_object(error)
    if status is None or status < 400:
        status = _status(found)
    code = found.get("code")
    return recognised(
        Failure(
            status=status,
            message=message_of(found) or f"the provider answered with status {status} and no message",
            kind=kind_of(status),
            code=code if isinstance(code, str) else None,
            param=found["param"] if isinstance(found.get("param"), str) else None,
        )
    )


def _status(error: Json) -> int:
    named = (_STATUSES.get(error[name]) for name in ("code", "type") if isinstance(error.get(name), str))
    return own_status(error) or next(filter(None, named), 500)
