"""What an error says, whatever its shape: servers that call themselves compatible have many.

OpenAI nests an object in `error`, Gemini lists it, Ollama gives a text, FastAPI has `detail`, MiniMax `base_resp`,
others `errors`, `msg` or `error_msg`, and a proxy in between answers in HTML.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from filters.context import Json
from filters.formats.sse import SseParser

LONGEST: Final = 4000
"""How much of a provider's message is repeated, in characters."""
_TEXTS: Final = (
    "message", "detail", "msg", "error_msg", "error_message", "errorMessage", "status_msg", "error_description",
    "reason", "description", "title",
)  # fmt: skip
_HOLDERS: Final = ("error", "base_resp", "errors", "detail", "fault", "exception")
_DEEPEST: Final = 4
_OF_MINIMAX: Final[Mapping[int, int]] = {1002: 429, 1004: 401, 1008: 402, 1026: 400, 1027: 400, 1039: 400, 2013: 400}
"""The `status_code` of `base_resp`, whose numbers are no HTTP statuses."""


def parsed_error(body: bytes) -> Any:
    """Return what the body of an error answer holds: JSON (also as a stream's first event), or plain text."""
    event = next(SseParser().feed(body), None) if body.startswith((b"data:", b"event:")) else None
    try:
        return orjson.loads(event.data if event else body)
    except orjson.JSONDecodeError:
        text = body[:LONGEST].decode("utf-8", "ignore").strip()
        return None if text.startswith("<") else text


def error_object(value: Any) -> Json:
    """Return the object that holds the message."""
    for _ in range(_DEEPEST):
        if isinstance(value, list) and value:
            value = value[0]
        if not isinstance(value, dict):
            break
        inner = next(
            (value[name] for name in _HOLDERS if isinstance(value.get(name), dict | list) and value[name]), None
        )
        if inner is None:
            inner = value.get("error")
            return {**value, "message": inner} if isinstance(inner, str) and inner else value
        value = inner
    return value if isinstance(value, dict) else {"message": value}


def message_of(error: Json) -> str | None:
    """Return what an error object says."""
    texts = (error.get(name) for name in _TEXTS)
    return next((text[:LONGEST] for text in texts if isinstance(text, str) and text), None)


def own_status(error: Json) -> int | None:
    """Return the HTTP status that an error object gives by itself, in MiniMax's numbers too."""
    code = error.get("status_code")
    if isinstance(code, int) and code in _OF_MINIMAX:
        return _OF_MINIMAX[code]
    return next((code for code in map(_status, (error.get("code"), error.get("status"), code)) if code), None)


def _status(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) == 3:
        value = int(value)
    return value if type(value) is int and 400 <= value <= 599 else None


def says_failure(body: Json) -> bool:
    """Whether an object that should be (a piece of) an answer says that the request failed."""
    if body.get("error") or "error" in (body.get("object"), body.get("type")) or body.get("success") is False:
        return True
    result = body.get("base_resp")
    return isinstance(result, dict) and result.get("status_code") not in {0, None, "0"}
