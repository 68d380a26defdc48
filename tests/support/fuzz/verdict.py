"""What is wrong with an answer, in a sentence; None where nothing is."""

import json
import re
from typing import Any, Final
from urllib.parse import unquote

from tests.support.fuzz.bodies import MARKER
from tests.support.fuzz.requests import Case

_TRACE_ID: Final = re.compile(r"[0-9a-f]{32}")
_DECISION: Final = {"model", "route", "trace_id"}
_IN_SESSION: Final = {"session_id", "pinned"}
_ANTHROPIC: Final = {"message", "type"}
_OPENAI: Final = {"message": str, "type": str, "param": (str, type(None)), "code": (str, type(None))}


def complaint(case: Case, status: int, headers: dict[str, str], body: bytes) -> str | None:
    """Judge the answer to a request."""
    if status >= 500 or status < 200:
        return f"status {status}: {body[:200]!r}"
    if status < 400 and not case.path.startswith("/routing"):
        return None
    if MARKER.encode() in body:
        return f"status {status} repeats what was said"
    if case.method == "HEAD":
        return "a body for HEAD" if body else None
    try:
        parsed = json.loads(body)
    except ValueError:
        return f"status {status} without JSON"
    return _misshapen(case, status, headers, parsed)


def _misshapen(case: Case, status: int, headers: dict[str, str], parsed: Any) -> str | None:
    if headers.get("content-type", "").partition(";")[0] != "application/json":
        return f"status {status} as {headers.get('content-type')}"
    if status == 405 and headers.get("allow") != "POST":
        return "405 without Allow"
    if status >= 400:
        return None if is_error(case, parsed) else f"status {status} in another shape: {parsed}"
    return _decision(case, parsed)


def is_error(case: Case, parsed: Any) -> bool:
    """Whether this is an error in the shape of the request's path, or in one that fits both vendors'."""
    if not isinstance(parsed, dict) or not isinstance(error := parsed.get("error"), dict):
        return False
    fields = {name for name, kind in _OPENAI.items() if name in error and isinstance(error[name], kind)}
    if parsed.get("type") == "error" and fields == set(error) == set(_OPENAI):
        return True
    if _speaks_anthropic(case):
        return set(parsed) == {"type", "error"} and parsed["type"] == "error" and fields == set(error) == _ANTHROPIC
    return set(parsed) == {"error"} and fields == set(error) == set(_OPENAI)


def _speaks_anthropic(case: Case) -> bool:
    path = unquote(case.path).removeprefix("/routing")
    if path.startswith("/v1/messages"):
        return True
    of_openai = any(path == own or path.startswith(own + "/") for own in ("/v1/chat/completions", "/v1/responses"))
    return b"\r\nanthropic-version:" in case.sent and not of_openai


def _decision(case: Case, parsed: Any) -> str | None:
    keys = _DECISION | (_IN_SESSION if case.sessions else set())
    given = set(parsed)
    if given - {"explain"} != keys or ("explain" in given and not case.explained):
        return f"a decision of {sorted(given)}"
    if not _TRACE_ID.fullmatch(parsed["trace_id"]) or not isinstance(parsed["model"], str):
        return f"a decision of odd values: {parsed}"
    if (parsed["route"] is None) != (parsed["model"] == "none"):
        return "a model without a route, or the other way round"
    return None
