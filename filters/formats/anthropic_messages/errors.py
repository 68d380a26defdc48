"""Errors in Anthropic's shape: `{"type": "error", "error": {"type": ..., "message": ...}}`."""

from typing import Any, NoReturn

import orjson

from filters.context import Json
from filters.errors import DownstreamError
from filters.formats.canonical.errors import STATUS_OF_KIND, kind_of
from filters.formats.canonical.events import Failure

_LONGEST = 4000


def refuse(param: str, why: str) -> NoReturn:
    """Raise the 400 that names a field of the caller's body and says what would be right; never quotes the body."""
    raise DownstreamError(400, f"`{param}` {why}", param=param)


def encode_error(failure: Failure) -> Json:
    """Write a failure as Anthropic does; a type that Anthropic does not know is replaced by the status's own."""
    kind = failure.kind if failure.kind in STATUS_OF_KIND else kind_of(failure.status)
    return {"type": "error", "error": {"type": kind, "message": failure.message}}


def error_status(failure: Failure) -> int:
    """Return the status that Anthropic gives a failure: overloaded servers say 529, a spent budget 402."""
    if failure.kind == "billing_error" and failure.status in {402, 429}:
        return 402
    return 529 if failure.kind == "overloaded_error" and failure.status == 503 else failure.status


def is_error(body: Json) -> bool:
    """Tell an error that came with status 200 from an answer."""
    return body.get("type") == "error" or bool(body.get("error"))


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
    status = status or STATUS_OF_KIND.get(kind, 502)
    message = error.get("message") or error.get("detail")
    if not isinstance(message, str):
        message = f"the provider answered with HTTP status {status} and no error message"
    return Failure(
        status,
        message[:_LONGEST],
        kind=kind if kind in STATUS_OF_KIND else kind_of(status),
        code=_text(error.get("code")),
        param=_text(error.get("param")),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
