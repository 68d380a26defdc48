"""Schemas of tools without what is no JSON Schema, which libraries write all the same and vendors refuse.

An empty map is a list where PHP wrote it; a value that is not set is `null` where serialisers do not leave it out; old
drafts said `required: true` of a property, and `type: any`. OpenAI wants the items of each array described. Nothing
that is mended here says anything of the input, so that nothing is lost.

Sources: modelcontextprotocol/php-sdk#411 and prism-php/prism#1012 (`properties: []`), NousResearch/hermes-agent#54290
and apify/apify-mcp-server#36 (arrays without items).
"""

from typing import Any, Final

from filters.context import Json

_DEEPEST: Final = 64
_MAPS: Final = frozenset({"properties", "$defs", "definitions", "patternProperties"})
_LISTS: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_NEVER_EMPTY: Final = frozenset({"enum", "anyOf", "oneOf", "allOf"})
_NEVER_NULL: Final = _NEVER_EMPTY | {"type", "required", "items", "description", "title", "format", "pattern", "$ref"}
_ANYTHING: Final = frozenset({"any", ""})
"""Types that mean none."""
_NOTHING: Final = object()
"""Stands for a member that is to go."""


def mended(schema: Json, depth: int = 0) -> Json:
    """Return the schema as JSON Schema has it; the schema itself where nothing is wrong with it.

    Every tool of every request passes through here, so that what is right is looked at once and not copied.
    """
    out: Json | None = None
    for key, value in schema.items():
        new = _member(key, value, depth)
        if new is not value:
            out = dict(schema) if out is None else out
            out[key] = new
    if schema.get("type") == "array" and schema.get("items") is None and "prefixItems" not in schema:
        out = {**(schema if out is None else out), "items": {}}
    return schema if out is None else {key: value for key, value in out.items() if value is not _NOTHING}


def _member(key: str, value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        wrong = key == "required" or (key == "type" and value in _ANYTHING)
        return _NOTHING if wrong else value
    if kind is dict:
        return _inside(key, value, depth) if depth < _DEEPEST else value
    if kind is list:
        return _list(key, value, depth)
    if value is None:
        return {} if key in _MAPS else _NOTHING if key in _NEVER_NULL else value
    return _NOTHING if key == "required" else value


def _inside(key: str, value: Json, depth: int) -> Json:
    if key in _MAPS:
        return _map(value, depth + 1)
    return mended(value, depth + 1) if key == "items" else value


def _list(key: str, value: list[Any], depth: int) -> Any:
    if not value:
        return {} if key in _MAPS else _NOTHING if key in _NEVER_EMPTY else value
    if key not in _LISTS or depth >= _DEEPEST:
        return value
    new = [mended(each, depth + 1) if isinstance(each, dict) else each for each in value]
    return new if any(one is not other for one, other in zip(new, value, strict=True)) else value


def _map(value: Json, depth: int) -> Json:
    out: Json | None = None
    for name, each in value.items():
        new = mended(each, depth) if type(each) is dict else undescribed(each)
        if new is not each:
            out = dict(value) if out is None else out
            out[name] = new
    return value if out is None else out


def undescribed(value: Any) -> Any:
    """Return the schema of what is described by `null`, or by PHP's empty map: it may be anything."""
    return {} if value is None or value == [] else value
