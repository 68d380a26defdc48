"""Errors in OpenAI's shape, `{"error": {"message", "type", "param", "code"}}`.

Read in that shape and in those that servers which call themselves compatible send instead.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from filters.context import Json
from filters.formats.canonical.events import Failure
from filters.formats.sse import SseParser

_KINDS: Final[Mapping[int, str]] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
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

_MESSAGE_LIMIT: Final = 2000


def encode_error(failure: Failure) -> Json:
    """Return the body of an error answer, which is also the data of an error in a stream."""
    kind = failure.kind or _kind(failure.status)
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
    return "choices" not in body and (body.get("type") == "error" or bool(body.get("error")))


def decode_error(status: int, body: bytes) -> Failure:
    """Read an error answer of any shape; what has none is told by its status alone."""
    event = next(SseParser().feed(body), None) if body.startswith(b"data:") else None  # LiteLLM, asked for a stream
    try:
        found = orjson.loads(event.data if event else body)
    except orjson.JSONDecodeError:
        found = _plain(body)
    return read_error(found, status)


def read_error(error: Any, status: int | None = None) -> Failure:
    """Read an error, or what holds one. Where the status is not known (in a stream), its own words tell it."""
    found = _error_object(error)
    if status is None:
        status = _status(found)
    code = found.get("code")
    return Failure(
        status=status,
        message=_message(found) or f"the provider answered with status {status} and no message",
        kind=_kind(status),
        code=code if isinstance(code, str) else None,
        param=found["param"] if isinstance(found.get("param"), str) else None,
    )


def _error_object(value: Any) -> Json:
    """Return the object that holds the message: OpenAI nests it, Gemini lists it, Ollama gives the text alone."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict) and value.get("error"):
        value = value["error"]
    return value if isinstance(value, dict) else {"message": value}


def _plain(body: bytes) -> str | None:
    """Return an error that is plain text, None for a page of HTML."""
    text = body[:_MESSAGE_LIMIT].decode("utf-8", "ignore").strip()
    return None if text.startswith("<") else text


def _message(error: Json) -> str | None:
    texts = (error.get(name) for name in ("message", "detail", "error_description"))
    return next((text[:_MESSAGE_LIMIT] for text in texts if isinstance(text, str) and text), None)


def _status(error: Json) -> int:
    for name in ("code", "status", "type"):
        value = error.get(name)
        if isinstance(value, str):
            value = int(value) if value.isdecimal() and len(value) == 3 else _STATUSES.get(value)
        if isinstance(value, int) and 400 <= value <= 599:
            return value
    return 500


def _kind(status: int) -> str:
    return _KINDS.get(status) or ("api_error" if status >= 500 else "invalid_request_error")
