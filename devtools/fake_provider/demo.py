"""What the fake provider says unasked: an echo, or what its model name asks for, so that people can try it by hand.

Model names with a meaning: `fake-429`, `fake-stall`, … (the names in `faults.PRESETS`) and `fake-64x20ms` (so many
frames, so far apart).
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import orjson

from devtools.fake_provider.answers import Answer, Json, Tool, Usage
from devtools.fake_provider.faults import PRESETS, Fault

_PACED: Final = re.compile(r"fake-(\d+)x(\d+)ms$")


def demo_answer(body: Json) -> Answer:
    """Answer what the model name asks for, else the forced tool, the wanted JSON, or an echo of the last user turn."""
    model = str(body.get("model", ""))
    if paced := _PACED.search(model):
        return paced_answer(int(paced[1]), int(paced[2]) / 1000)
    answer = _forced_tool(body) or Answer.text(*_words(_wanted_json(body) or _echo(body)))
    answer = replace(answer, usage=Usage(len(_said(body).split()) + 8, sum(len(b.pieces) for b in answer.blocks) or 1))
    preset = PRESETS.get(model.rpartition("fake-")[2]) if "fake-" in model else None
    return replace(answer, fault=preset) if preset else answer


@lru_cache(maxsize=64)
def paced_answer(count: int, pace: float) -> Answer:
    """Return a text of `count` pieces of 16 bytes that are `pace` seconds apart."""
    return Answer.text(*(f"frame {number:06d} wd " for number in range(count)), fault=Fault(pace=pace), reusable=True)


def _echo(body: Json) -> str:
    return f"You said: {_said(body)}\n\n(The fake provider, asked for {body.get('model')}.)"


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s*$|\s*\S+", text)


def _said(body: Json) -> str:
    """Return the text of the last user turn in any of the formats."""
    turns = body.get("messages", body.get("input"))
    if isinstance(turns, str):
        return turns
    users = [turn for turn in turns or [] if isinstance(turn, dict) and turn.get("role") == "user"]
    return " ".join(_texts(users[-1].get("content"))) if users else ""


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else []:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]


def _forced_tool(body: Json) -> Answer | None:
    """Call the tool that the request insists on, with arguments that fit its schema."""
    choice = body.get("tool_choice")
    kind = choice.get("type") if isinstance(choice, dict) else choice
    if kind not in {"required", "any", "tool", "function"}:
        return None
    wanted = (choice.get("function") or choice).get("name") if isinstance(choice, dict) else None
    for tool in body.get("tools") or []:
        described = tool.get("function") or tool
        if wanted in {None, described.get("name")}:
            schema = described.get("parameters") or described.get("input_schema") or {}
            arguments = orjson.dumps(sample(schema)).decode()
            return Answer.tools(Tool("call_fake_1", described["name"], tuple(re.findall(r".{1,8}", arguments))))
    return None


def _wanted_json(body: Json) -> str | None:
    """Write JSON that fits the schema of a request for structured output, in whichever format it asks."""
    chat = body.get("response_format") or {}
    wanted = (body.get("text") or {}).get("format") or (body.get("output_config") or {}).get("format") or chat
    if wanted.get("type") not in {"json_object", "json_schema"}:
        return None
    return orjson.dumps(sample((wanted.get("json_schema") or wanted).get("schema") or {"type": "object"})).decode()


def sample(schema: Json, root: Json | None = None) -> Any:
    """Return the plainest value that fits a JSON schema (of the subset that structured output allows)."""
    root = root or schema
    if "$ref" in schema:
        return sample(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], root)
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: sample(part, root) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema.get("items", {}), root)]
    return {"string": "fake", "integer": 1, "number": 1.5, "boolean": True}.get(kind)
