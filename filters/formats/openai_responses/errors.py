"""Errors. Their shape is that of Chat Completions, OpenAI's one for all its APIs; only a stream has its own ways.

A stream of Responses fails twice over, as OpenAI's own does: an `error` event, whose nested `error` makes the official
SDK raise, and then `response.failed` with the whole response, which is what Codex and others look at. A client that
knows only one of the two is still told.
"""

from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.error_words import error_object, message_of, says_failure
from filters.formats.canonical.events import Failure
from filters.formats.canonical.fields import text_of
from filters.formats.openai_chat.errors import decode_error, encode_error, error_status, read_error

__all__ = [
    "decode_error", "encode_error", "error_event", "error_status", "failed_error", "is_error", "read_stream_error",
]  # fmt: skip

_FAILED_CODES: Final = frozenset(
    ("server_error", "rate_limit_exceeded", "invalid_prompt", "context_length_exceeded", "insufficient_quota")
)
_OVERLOADED: Final = frozenset(("server_is_overloaded", "slow_down"))


def is_error(body: Json) -> bool:
    """Tell an error that came with status 200. An answer has an `error` of its own, null in good ones."""
    if body.get("object") == "response":
        return body.get("status") == "failed"
    return says_failure(body) or ("output" not in body and message_of(error_object(body)) is not None)


def error_event(failure: Failure) -> Json:
    """Return the fields of an `error` event: as documented, and nested as OpenAI sends them."""
    error = encode_error(failure)["error"]
    return {"code": error["code"], "message": error["message"], "param": error["param"], "error": error}


def failed_error(failure: Failure) -> Json:
    """Return the `error` of a response that failed, whose codes are few."""
    if failure.code in _FAILED_CODES:
        code = failure.code
    elif failure.status == 429:
        code = "rate_limit_exceeded"
    else:
        code = "invalid_prompt" if 400 <= failure.status < 500 else "server_error"
    return {"code": code, "message": failure.message}


def read_stream_error(error: Any) -> Failure:
    """Read the error of an event, which has no HTTP status: its own words tell it."""
    if isinstance(error, dict) and text_of(error, "code") in _OVERLOADED:
        return read_error(error, 503)
    return read_error(error)
