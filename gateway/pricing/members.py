"""Reading a large JSON object member by member.

A decoder in C keeps all threads waiting until it is done, the event loop's too, which is tens of milliseconds for the
two megabytes of models.dev. Between two members, others may have their turn.
"""

import json
import re
import time
from collections.abc import Iterator
from typing import Any, Final

from gateway.pricing.table import SourceError

_decode: Final = json.JSONDecoder().raw_decode
_BEGIN: Final = re.compile(r"[ \t\n\r]*\{[ \t\n\r]*(\}[ \t\n\r]*\Z)?")
_COLON: Final = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_NEXT: Final = re.compile(r"[ \t\n\r]*(?:,[ \t\n\r]*|(\}[ \t\n\r]*\Z))")


def members(document: bytes) -> Iterator[tuple[str, Any]]:
    """Yield names and values; for a thread other than the event loop's. Raises SourceError."""
    try:
        yield from _members(document.decode())
    except (ValueError, RecursionError):
        raise SourceError("it is not a JSON object") from None


def _members(text: str) -> Iterator[tuple[str, Any]]:
    step = _match(_BEGIN, text, 0)
    while not step[1]:
        name, at = _decode(text, step.end())
        if not isinstance(name, str):
            raise ValueError  # noqa: TRY004 - the caller treats all that is wrong alike
        value, at = _decode(text, _match(_COLON, text, at).end())
        yield name, value
        time.sleep(0)
        step = _match(_NEXT, text, at)


def _match(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str]:
    if (match := pattern.match(text, at)) is None:
        raise ValueError(pattern.pattern)
    return match
