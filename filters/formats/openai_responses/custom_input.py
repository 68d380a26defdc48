"""The free text of a custom tool's call, taken out of the JSON `{"input": "…"}` while it still arrives."""

import json
import re
from typing import Final

from filters.formats.canonical.custom_tools import to_text

_HEAD: Final = re.compile(r'\s*\{\s*"input"\s*:\s*"')
_STRING: Final = re.compile(r'[^"\\]*(?:\\(?:u[0-9a-fA-F]{4}|[^u])[^"\\]*)*')
_HALF: Final = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\Z")
"""The first half of a character that JSON escapes in two."""


class CustomInput:
    """Takes pieces of the arguments and gives pieces of the text.

    Where the arguments turn out to be no such JSON, nothing is given before the end, and then all of them.
    """

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self._over = False

    def feed(self, piece: str) -> str:
        """Take a piece of JSON and give what is certain of the text."""
        if self._over:
            return ""
        self._held += piece
        if not self._inside:
            head = _HEAD.match(self._held)
            if head is None:
                return ""
            self._inside = True
            self._held = self._held[head.end() :]
        return self._take()

    def close(self) -> str:
        """Give what is left at the end of the arguments."""
        return "" if self._inside else to_text(self._held)

    def _take(self) -> str:
        match = _STRING.match(self._held)
        end = match.end() if match else 0
        self._over = self._held.startswith('"', end)
        certain = self._held[:end]
        if not self._over and (half := _HALF.search(certain)):
            certain = certain[: half.start()]
        self._held = self._held[len(certain) :]
        return _unescape(certain)


def _unescape(text: str) -> str:
    """Return what a JSON string of this content means; unescaped control characters are let in, models forget them."""
    if "\\" not in text:
        return text
    try:
        meant: str = json.loads(f'"{text}"', strict=False)
    except json.JSONDecodeError:
        return text
    return meant.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
