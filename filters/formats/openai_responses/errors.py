"""Errors as OpenAI writes them, `{"error": {"message", "type", "param", "code"}}`, and as its imitators do.

The types are those of the neutral form (Anthropic's words), which OpenAI shares but for two: its own faults are
`server_error`, and being overloaded is one of those, told apart by its code.
"""

from typing import Any, Final

import orjson

from filters.context import Json
from filters.formats.neutral import Failure

_KINDS: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_TO_OPENAI: Final = {"api_error": "server_error", "overloaded_error": "server_error", "timeout_error": "server_error"}
_FROM_OPENAI: Final = {
    "server_error": "api_error",
    "requests": "rate_limit_error",
    "tokens": "rate_limit_error",
    "rate_limit_exceeded": "rate_limit_error",
    "insufficient_quota": "rate_limit_error",
    "server_is_overloaded": "overloaded_error",
    "slow_down": "overloaded_error",
    "invalid_prompt": "invalid_request_error",
    "context_length_exceeded": "invalid_request_error",
}
_STATUS: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "overloaded_error": 503,
    "timeout_error": 504,
}
_MESSAGE_LIMIT: Final = 2000


def kind_of(status: int) -> str:
    """Return the neutral error type that says the same as an HTTP status."""
    return _KINDS.get(status) or ("api_error" if status >= 500 else "invalid_request_error")


def encode_error(failure: Failure) -> Json:
    """Write an error in OpenAI's shape."""
    kind = failure.kind or kind_of(failure.status)
    code = failure.code or ("server_is_overloaded" if kind == "overloaded_error" else None)
    wire = _TO_OPENAI.get(kind, kind)
    return {"error": {"message": failure.message, "type": wire, "param": failure.param, "code": code}}


def decode_error(status: int, body: bytes) -> Failure:
    """Read a provider's error answer, whatever its body holds."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Failure(status, _plain(body) or f"the provider answered {status}", kind_of(status))
    return _failure(status, _error_object(parsed))


def failure_in_stream(error: Any) -> Failure:
    """Read the error object of an event (`error`, `response.failed`), whose status only its words can tell."""
    found = _error_object(error)
    kind = _named_kind(found)
    status = _STATUS.get(kind, 500) if kind else 500
    return _failure(status, found)


def _failure(status: int, error: Json) -> Failure:
    message = error.get("message") or error.get("detail") or f"the provider answered {status}"
    text = message if isinstance(message, str) else orjson.dumps(message).decode()
    code, param = error.get("code"), error.get("param")
    return Failure(
        status,
        text[:_MESSAGE_LIMIT],
        _named_kind(error) or kind_of(status),
        str(code) if isinstance(code, str | int) and code else None,
        param if isinstance(param, str) else None,
    )


def _error_object(parsed: Any) -> Json:
    """Return the object that holds `message`: OpenAI nests it, vLLM, Gemini, FastAPI and others each do otherwise."""
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    if not isinstance(parsed, dict):
        return {"message": parsed} if isinstance(parsed, str) else {}
    inner = parsed.get("error")
    if isinstance(inner, dict):
        return inner
    return {"message": inner} if isinstance(inner, str) else parsed


def _named_kind(error: Json) -> str | None:
    """Return the neutral type that the error names by its code or type; None where it names none that is known."""
    for name in (error.get("code"), error.get("type")):
        if isinstance(name, str):
            kind = _FROM_OPENAI.get(name, name)
            if kind in _STATUS or kind == "api_error":
                return kind
    return None


def _plain(body: bytes) -> str:
    text = body[:_MESSAGE_LIMIT].decode("utf-8", "replace").strip()
    return "" if text.startswith("<") else text
