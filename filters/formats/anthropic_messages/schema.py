"""JSON schemas as Anthropic's structured output takes them.

It wants every object closed (`additionalProperties: false`) and refuses constraints on values, which go into the
description instead, where the model still reads them. Source: Anthropic's documentation, "Structured outputs".
"""

from typing import Any, Final

import orjson

from filters.context import Json

_CONSTRAINTS: Final = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems",
    "maxItems", "uniqueItems", "minProperties", "maxProperties", "patternProperties",
)  # fmt: skip
_MAPS: Final = ("properties", "$defs", "definitions")
_LISTS: Final = ("anyOf", "allOf", "oneOf")


def strict(schema: Json) -> Json:
    """Return a copy of `schema` in which objects are closed and constraints are words."""
    out = {key: value for key, value in schema.items() if key not in _CONSTRAINTS}
    hints = {key: schema[key] for key in _CONSTRAINTS if key in schema}
    if hints:
        words = orjson.dumps(hints).decode()
        out["description"] = f"{out['description']}\n\n{words}" if out.get("description") else words
    for key in _MAPS:
        if isinstance(out.get(key), dict):
            out[key] = {name: _strict(value) for name, value in out[key].items()}
    for key in _LISTS:
        if isinstance(out.get(key), list):
            out[key] = [_strict(value) for value in out[key]]
    if "items" in out:
        out["items"] = _strict(out["items"])
    if out.get("type") == "object" or "properties" in out:
        out["additionalProperties"] = False
    return out


def _strict(value: Any) -> Any:
    return strict(value) if isinstance(value, dict) else value
