"""JSON that nests too deep to be written again: orjson reads 1024 levels and writes 254."""

from typing import Any, Final

import orjson

from filters.large_json import parse_json

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
    """Parse JSON. Raises orjson.JSONDecodeError, also for what nests deeper than `MAX_DEPTH`."""
    value = parse_json(text) if isinstance(text, bytes) else orjson.loads(text)
    if _openings(text) > MAX_DEPTH and nests_deeper(value):
        raise orjson.JSONDecodeError(f"it nests more than {MAX_DEPTH} deep", "", 0)
    return value


def _openings(text: bytes | str) -> int:
    return text.count(b"[") + text.count(b"{") if isinstance(text, bytes) else text.count("[") + text.count("{")
