"""A play for any client: call the tools that a question needs, keep to the shape that is asked for, and answer."""

import json
from typing import Any

from devtools.fake_provider.answers import Answer, Block, Text, Thinking
from tests.support.acting import Seen

CITIES = ("Oslo", "Rome")
FINAL = ("final_result", "final_answer", "finish")
"""Names of tools by which frameworks want their answer."""


def obliging(seen: Seen) -> Answer:
    """Answer as a willing model would."""
    blocks = _act(seen)
    thinks = any(seen.body.get(name) for name in ("reasoning_effort", "reasoning", "thinking"))
    return Answer((Thinking(("Let me ", "see.")), *blocks) if thinks else blocks)


def _act(seen: Seen) -> tuple[Block, ...]:
    weather = next((name for name in seen.tools if name.endswith("get_weather")), None)
    asked = [city for city in CITIES if city in seen.said]
    told = [result for result in seen.results if "18C" in result]
    if weather and asked and not told:
        return tuple(seen.call(f"call_{city}", weather, city=city) for city in asked)
    if "hand over" in seen.said and (other := next((name for name in seen.tools if "transfer" in name), None)):
        return (seen.call("call_over", other),)
    for name in (_forced(seen.body), *FINAL):
        if name in seen.tools:
            return (seen.call("call_final", name, **instance(seen.schema_of(name))),)
    if schema := shape(seen.body):
        return (Text((json.dumps(instance(schema)),)),)
    said = " and ".join(told or seen.results) or "Hello!"
    return (Text((said, f" I see {seen.images} image." if seen.images else "")),)


def _forced(body: dict[str, Any]) -> str | None:
    """Return the tool that must be called: the one that is named, or the last where any must."""
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        named = (choice.get("function") or choice).get("name")
        if named or choice.get("type") != "any":
            return named
    elif choice != "required":
        return None
    last = body["tools"][-1]
    return (last.get("function") or last)["name"]


def shape(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the JSON Schema that the answer must fit, in whichever format it is asked for."""
    holders = (body.get("response_format"), (body.get("text") or {}).get("format"), body.get("output_format"))
    for holder in (*holders, (body.get("output_config") or {}).get("format")):
        found = (holder or {}).get("schema") or ((holder or {}).get("json_schema") or {}).get("schema")
        if found:
            return found
    return None


def instance(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """Return something that fits a schema."""
    root = schema if root is None else root
    if "$ref" in schema:
        return instance(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return instance(next(each for each in schema[several] if each.get("type") != "null"), root)
    if known := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
        return known[0]
    kind = schema.get("type", "object")
    kind = next(each for each in kind if each != "null") if isinstance(kind, list) else kind
    if kind == "array":
        return [instance(schema.get("items") or {"type": "string"}, root)]
    if kind == "object":
        return {name: instance(each, root) for name, each in schema.get("properties", {}).items()}
    return {"string": "Oslo", "integer": 18, "number": 18.5, "boolean": True, "null": None}[kind]
