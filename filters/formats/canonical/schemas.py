"""JSON schemas of tools and outputs, as providers take them.

Anthropic, OpenAI and others want the root of a tool's schema to be an object without `anyOf`, `oneOf` or `allOf`.
OpenAI's strict mode wants every object closed and every property required.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from filters.context import Json

COMBINATORS: Final = ("allOf", "anyOf", "oneOf")
_REFUSED_AT_ROOT: Final = frozenset((*COMBINATORS, "not", "enum", "const", "if", "then", "else", "nullable", "$ref"))
_NOT_STRICT: Final = frozenset(
    ("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties")
)
_MAPS: Final = ("properties", "$defs", "definitions")
_DEEPEST: Final = 64


def is_object(schema: Json) -> bool:
    """Whether the root of a schema is an object and says so."""
    return schema.get("type") == "object"


def may_be_object(schema: Json) -> bool:
    """Whether an object can match a schema, as far as its root tells."""
    kind = schema.get("type")
    return kind is None or kind == "object" or (isinstance(kind, list) and "object" in kind)


def object_root(schema: Json) -> Json:
    """Return a schema whose root is an object, whatever it combines; the schema itself where it is one."""
    if schema.get("type") == "object":
        return schema
    if any(key in schema for key in COMBINATORS):
        return {**schema, "type": "object"}
    return plain_root(schema)


def plain_root(schema: Json) -> Json:
    """Return a schema whose root is an object without combinations; the schema itself where it is one.

    The properties of all branches are merged, those are required that all branches require, and what a combination
    said beyond that goes into the description, where the model still reads it.
    """
    if schema.get("type") == "object" and _REFUSED_AT_ROOT.isdisjoint(schema):
        return schema
    merged = _Merged()
    merged.add(_resolved(schema, schema), schema, depth=0)
    kept = {key: value for key, value in schema.items() if key not in _REFUSED_AT_ROOT}
    out: Json = {**kept, "type": "object", "properties": merged.properties}
    if merged.required:
        out["required"] = list(merged.required)
    else:
        out.pop("required", None)
    combined = {key: schema[key] for key in COMBINATORS if key in schema}
    if combined:
        words = f"The input must also match: {orjson.dumps(combined).decode()}"
        out["description"] = f"{out['description']}\n\n{words}" if out.get("description") else words
    return out


class _Merged:
    """The properties of a schema and of all that it combines."""

    def __init__(self) -> None:
        self.properties: Json = {}
        self.required: dict[str, None] = {}

    def add(self, schema: Json, root: Json, *, depth: int) -> None:
        """Take a schema that holds as a whole."""
        properties = schema.get("properties")
        for name, value in properties.items() if isinstance(properties, dict) else ():
            if name not in self.properties:
                self.properties[name] = value
            elif value is not None and self.properties[name] != value:
                self.properties[name] = {"anyOf": [*_alternatives(self.properties[name]), value]}
        self.required |= dict.fromkeys(_strings(schema.get("required")))
        if depth < _DEEPEST:
            self._combine(schema, root, depth + 1)

    def _combine(self, schema: Json, root: Json, depth: int) -> None:
        for key in COMBINATORS:
            branches = []
            for branch in _objects(schema.get(key)):
                merged = _Merged()
                merged.add(_resolved(branch, root), root, depth=depth)
                branches.append(merged)
                self.add({"properties": merged.properties}, root, depth=_DEEPEST)
            wanted = [branch.required for branch in branches]
            every = (name for required in wanted for name in required if key == "allOf" or _in_all(name, wanted))
            self.required |= dict.fromkeys(every)


def _in_all(name: str, wanted: list[dict[str, None]]) -> bool:
    return all(name in required for required in wanted)


def _alternatives(schema: Any) -> list[Any]:
    found = schema.get("anyOf") if isinstance(schema, dict) and set(schema) == {"anyOf"} else None
    return found if isinstance(found, list) else [schema]


def _resolved(schema: Json, root: Json) -> Json:
    """Return what a schema that only points elsewhere in the same document means."""
    target = schema.get("$ref")
    for _ in range(_DEEPEST):
        if not isinstance(target, str) or not target.startswith("#/"):
            return schema
        found: Any = root
        for step in target[2:].split("/"):
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            return schema
        schema, target = found, found.get("$ref")
    return schema


def _strings(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _objects(value: Any) -> list[Json]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def fits_strict(schema: Mapping[str, Any], depth: int = 0) -> bool:
    """Whether OpenAI's strict mode takes a schema: objects closed, all properties required, nothing that it refuses."""
    if depth > _DEEPEST or not _NOT_STRICT.isdisjoint(schema):
        return False
    kind = schema.get("type")
    if kind == "object" or "properties" in schema or (isinstance(kind, list) and "object" in kind):
        properties = schema.get("properties") or {}
        if schema.get("additionalProperties") is not False or set(properties) - set(_strings(schema.get("required"))):
            return False
    return all(fits_strict(inner, depth + 1) for inner in _inside(schema))


def _inside(schema: Mapping[str, Any]) -> list[Json]:
    inside = _objects(schema.get("anyOf")) + _objects(schema.get("prefixItems"))
    for key in _MAPS:
        if isinstance(schema.get(key), dict):
            inside += _objects(list(schema[key].values()))
    return inside + _objects([schema.get("items")])
