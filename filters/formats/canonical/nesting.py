"""JSON that nests too deep to be written again: orjson reads 1024 levels and writes 254."""

from typing import Any, Final

import orjson

from filters.large_json import parse_json
from filters.surrogates import without_halves

MAX_DEPTH: Final = 128
"""What is read of others' JSON. Translation puts some levels around it; JSON Schemas of tools reach about 30."""
_WRITER_DEPTH: Final = 254


def nests_deeper(value: Any, depth: int = MAX_DEPTH) -> bool:
    """Tell whether a value nests deeper, by writing it inside as many lists as leave room for `depth` levels."""
    for _ in range(_WRITER_DEPTH - depth):
        value = [value]
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return True
    return False


def load_json(text: bytes | str) -> Any:
    """Parse JSON, with U+FFFD for half an emoji. Raises orjson.JSONDecodeError, also for what nests too deep.

    That is deeper than `MAX_DEPTH`.
    """
    value = _parsed(text)
    if _openings(text) > MAX_DEPTH and nests_deeper(value):
        raise orjson.JSONDecodeError(f"it nests more than {MAX_DEPTH} deep", "", 0)
    return value


def _parsed(text: bytes | str) -> Any:
    try:
        return parse_json(text) if isinstance(text, bytes) else orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "surrogate" not in error.msg:
            raise
        mended = without_halves(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        if mended is None:
            raise
        return parse_json(mended)


def _openings(text: bytes | str) -> int:
    return text.count(b"[") + text.count(b"{") if isinstance(text, bytes) else text.count("[") + text.count("{")
