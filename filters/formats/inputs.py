"""Which kinds of input a body of any format holds: the names of parts differ between formats, and do not clash."""

from collections.abc import Collection, Iterator
from typing import Any, Final

from filters.context import Json
from filters.windows import find

_KINDS: Final = {
    "image": "image",
    "image_url": "image",
    "input_image": "image",
    "input_audio": "audio",
    "video_url": "video",
    "input_video": "video",
    "file": "pdf",
    "input_file": "pdf",
}
_PDF: Final = "application/pdf"


_HINTS: Final = {
    "image": (b"image",),
    "audio": (b"audio",),
    "video": (b"video",),
    "pdf": (b"file", b"document"),
}
"""What is in every body that holds a kind: to look for it first costs a fraction of going through all messages."""
KINDS: Final = frozenset(_HINTS)


def holds(raw: bytes, body: Json, kinds: Collection[str]) -> frozenset[str]:
    """Return which of these kinds of input a body holds; `raw` is its text."""
    if any(find(raw, hint) >= 0 for kind in kinds for hint in _HINTS[kind]):
        return kinds_of_input(body) & frozenset(kinds)
    return frozenset()


def kinds_of_input(body: Json) -> frozenset[str]:
    """Return what a valid body holds beside text: `image`, `audio`, `video`, `pdf`."""
    messages = body.get("messages")
    return frozenset(_in_list(messages if messages is not None else body.get("input")))


def _in_list(parts: Any) -> Iterator[str]:
    """Give the kinds of parts, and of what they hold: a message, a tool's result."""
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict):
            kind = str(part.get("type"))
            if kind in _KINDS:
                yield _KINDS[kind]
            elif kind == "document" and (part.get("source") or {}).get("media_type") == _PDF:
                yield "pdf"
            yield from _in_list(part.get("content"))
            yield from _in_list(part.get("output"))
