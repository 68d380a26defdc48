"""Errors in Anthropic's shape: `{"type": "error", "error": {"type": ..., "message": ...}}`."""

from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.error_words import error_object, message_of, own_status, parsed_error, says_failure
from filters.formats.canonical.errors import STATUS_OF_KIND, kind_of
from filters.formats.canonical.events import Failure, FinishReason
from filters.formats.canonical.overflow import in_anthropics_words, recognised

_FILTERED: Final = "blocked by content filtering policy"
"""How Anthropic words the refusal of its content filter, which has no type or code of its own (claude-code#58367)."""


def encode_error(failure: Failure) -> Json:
    """Write a failure as Anthropic does; a type that Anthropic does not know is replaced by the status's own."""
    kind = failure.kind if failure.kind in STATUS_OF_KIND else kind_of(failure.status)
    error: Json = {"type": kind, "message": in_anthropics_words(failure)}
    if failure.details:
        error["details"] = dict(failure.details)
    return {"type": "error", "error": error}


def error_status(failure: Failure) -> int:
    """Return the status that Anthropic gives a failure: overloaded servers say 529, a spent budget 402."""
    if failure.kind == "billing_error" and failure.status in {402, 429}:
        return 402
    return 529 if failure.kind == "overloaded_error" and failure.status == 503 else failure.status


def is_error(body: Json) -> bool:
    """Tell an error that came with status 200 from an answer."""
    return says_failure(body) or ("content" not in body and message_of(error_object(body)) is not None)


def decode_error(status: int, body: bytes) -> Failure:
    """Read a provider's error answer, of any shape; what has none is told by its status alone."""
    return read_error(parsed_error(body), status)


def read_error(parsed: Any, status: int | None = None) -> Failure:
    """Read a parsed error; without a `status` (in a stream that began with 200) the error's type tells it."""
    error = error_object(parsed)
    kind = _text(error.get("type")) or ""
    if status is None or status < 400:
        status = STATUS_OF_KIND.get(kind) or own_status(error) or 502
    message = message_of(error) or f"the provider answered with HTTP status {status} and no error message"
    return recognised(
        Failure(
            status,
            message,
            kind=kind if kind in STATUS_OF_KIND else kind_of(status),
            code=_text(error.get("code"))
            or (FinishReason.CONTENT_FILTER.value if _FILTERED in message.lower() else None),
            param=_text(error.get("param")),
        )
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
