"""Random requests as clients send them, in all three formats: for a provider that is as strict as the vendors are.

A request is planned once (turns, tools, settings) and written in a format, so that each format gets the same oddities:
names and ids that some vendors refuse, schemas of every root, calls that were interrupted, settings of other models.
What its own vendor would refuse whatever the model is never made in the caller's own format.
"""

import random
from dataclasses import dataclass, field
from typing import Any

import orjson

Json = dict[str, Any]
CHAT, RESPONSES, MESSAGES = "openai_chat", "openai_responses", "anthropic_messages"
LONG = "mcp__plugin_project-management-suite_tracker__list_all_open_merge_requests_of_team"
NAMES = ("get_weather", LONG, "files.search/v2", "3d_render", "größe", "a b", "_x")
IDS = ("call_0", "call_1", "toolu_01A09q90qw90lq917835lq9", "functions.f:0", "a|b", "toolu_" + "x" * 60)
OBJECT = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}
CLOSED = {**OBJECT, "required": ["a", "b"], "additionalProperties": False}
SCHEMAS = (
    OBJECT, CLOSED, {**OBJECT, "additionalProperties": False}, {}, {"type": "object"},
    {"properties": {"a": {"type": "string"}}}, {**OBJECT, "type": ["object", "null"]},
    {"type": "object", "anyOf": [OBJECT, {"type": "object", "properties": {"url": {"type": "string"}}}]},
    {"allOf": [OBJECT]}, {"$ref": "#/$defs/A", "$defs": {"A": OBJECT}},
    {"type": "object", "properties": {"rows": {"type": "array", "items": OBJECT}}, "required": ["rows"]},
    {"type": "object", "properties": {"any": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
)  # fmt: skip
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
TEXTS = ("hi", "What is the weather?", "  ", "line\n\n", "é😀")


@dataclass(frozen=True)
class Turn:
    """What one side says; `calls` are (id, name, arguments) and `results` (id, text)."""

    role: str
    text: str = ""
    image: bool = False
    thinking: str = ""
    calls: tuple[tuple[str, str, Json], ...] = ()
    results: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Plan:
    """A request, before it is written in a format."""

    turns: list[Turn]
    tools: list[tuple[str, Json, bool]] = field(default_factory=list)
    choice: str | None = None
    schema: Json | None = None
    effort: str | None = None
    sampling: Json = field(default_factory=dict)
    limit: int = 4000
    user: str | None = None
    stream: bool = False


def plan(chance: random.Random, *, orderly: bool) -> Plan:
    """Return a plan; `orderly` ones have each result at once after its call, and no late words of the system."""
    names = chance.sample(NAMES, chance.randint(0, 4))
    tools = [(name, chance.choice(SCHEMAS), chance.random() < 0.3) for name in names]
    sampling = {
        name: chance.choice((0.2, 1, 0.9)) for name in ("temperature", "top_p") if chance.random() < 0.3
    }  # fmt: skip
    return Plan(
        list(_turns(chance, names, orderly=orderly)),
        tools,
        chance.choice((None, None, "auto", "none", "required", names[0])) if names else None,
        chance.choice((None, None, *SCHEMAS)),
        chance.choice((None, None, *EFFORTS)),
        sampling,
        chance.choice((1, 100, 4000, 64_000, 1_000_000)),
        chance.choice((None, "ann", "u" * 150)),
        chance.random() < 0.5,
    )


def _turns(chance, names, *, orderly):
    yield Turn("user", "go", image=chance.random() < 0.2)
    for _ in range(chance.randint(0, 3)):
        thinking = chance.choice(("", "hm"))
        if not names or chance.random() < 0.4:
            yield Turn("assistant", chance.choice(("well", "so\n")), thinking=thinking)
        else:
            ids = chance.choices(IDS, k=chance.randint(1, 2)) if not orderly else chance.sample(IDS, 2)
            yield Turn(
                "assistant", "", thinking=thinking, calls=tuple((i, chance.choice(names), {"a": "x"}) for i in ids)
            )
            yield from _answers(chance, ids, orderly=orderly)
        if not orderly and chance.random() < 0.3:
            yield Turn("system", "late words")
        yield Turn("user", "go on")


def _answers(chance, ids, *, orderly):
    results = tuple((ident, chance.choice(("18C", "x"))) for ident in ids)
    how = "well" if orderly else chance.choice(("well", "well", "in two", "steered", "lost", "reversed"))
    if how == "in two" and len(results) > 1:
        yield Turn("user", results=results[:1])
        yield Turn("user", results=results[1:])
    elif how == "steered":
        yield Turn("user", "wait")
        yield Turn("user", results=results)
    elif how != "lost":
        yield Turn("user", results=results[::-1] if how == "reversed" else results)


def written(made: Plan, wire: str) -> Json:
    """Return the body of a plan in a format."""
    body = {CHAT: _chat, RESPONSES: _responses, MESSAGES: _messages}[wire](made)
    return body | ({"stream": True} if made.stream else {})


def _chat(made):
    body: Json = {"messages": [each for turn in made.turns for each in _chat_turn(turn)], **made.sampling}
    if made.tools:
        body["tools"] = [
            {"type": "function", "function": {"name": name, "parameters": schema, "strict": strict}}
            for name, schema, strict in made.tools
        ]
        body |= _choice(made, lambda name: {"type": "function", "function": {"name": name}})
    if made.schema is not None:
        form = {"name": "my answer", "schema": made.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    body |= {"max_completion_tokens": made.limit} if made.limit % 2 else {"max_tokens": made.limit}
    body |= {"reasoning_effort": made.effort} if made.effort else {}
    return body | ({"user": made.user, "metadata": {"a": "b"}, "stop": list("abcde")} if made.user else {})


def _chat_turn(turn):
    yield from ({"role": "tool", "tool_call_id": ident, "content": text} for ident, text in turn.results)
    if turn.calls:
        calls = [
            {"id": ident, "type": "function", "function": {"name": name, "arguments": orjson.dumps(said).decode()}}
            for ident, name, said in turn.calls
        ]
        yield {"role": "assistant", "content": None, "tool_calls": calls}
    elif turn.image:
        url = {"url": f"data:image/png;base64,{PIXEL}"}
        yield {
            "role": "user",
            "content": [{"type": "text", "text": turn.text}, {"type": "image_url", "image_url": url}],
        }
    elif turn.text:
        yield {"role": turn.role, "content": turn.text}


def _choice(made, named):
    if made.choice is None:
        return {}
    return {"tool_choice": made.choice if made.choice in {"auto", "none", "required"} else named(made.choice)}


def _responses(made):
    body: Json = {"input": [each for turn in made.turns for each in _items(turn)], **made.sampling}
    if made.tools:
        body["tools"] = [
            {"type": "function", "name": name, "parameters": schema, "strict": strict}
            for name, schema, strict in made.tools
        ]
        body |= _choice(made, lambda name: {"type": "function", "name": name})
    if made.schema is not None:
        form = {"type": "json_schema", "name": "my answer", "schema": made.schema, "strict": True}
        body["text"] = {"format": form, "verbosity": "low"}
    body |= {"max_output_tokens": max(made.limit, 16)}
    body |= {"reasoning": {"effort": made.effort, "summary": "auto"}} if made.effort else {}
    return body | ({"safety_identifier": made.user, "metadata": {"a": "b"}} if made.user else {})


def _items(turn):
    for ident, text in turn.results:
        yield {"type": "function_call_output", "call_id": ident, "output": text}
    for ident, name, said in turn.calls:
        yield {"type": "function_call", "call_id": ident, "name": name, "arguments": orjson.dumps(said).decode()}
    if turn.image:
        url = f"data:image/png;base64,{PIXEL}"
        parts = [{"type": "input_text", "text": turn.text}, {"type": "input_image", "image_url": url}]
        yield {"role": "user", "content": parts}
    elif turn.text:
        yield {"role": turn.role, "content": turn.text}


def _messages(made):
    body: Json = {"max_tokens": made.limit, "messages": [_message(turn) for turn in made.turns]}
    thinks = made.effort not in {None, "none"} and made.choice in {None, "auto", "none"}
    if made.tools:
        body["tools"] = [{"name": name, "input_schema": {"type": "object", **schema}} for name, schema, _ in made.tools]
        modes = {"auto": "auto", "none": "none", "required": "any"}
        kind = {"type": modes[made.choice]} if made.choice in modes else {"type": "tool", "name": made.choice}
        body |= {"tool_choice": kind} if made.choice else {}
    if thinks:
        body["thinking"] = {"type": "adaptive"}
        body["output_config"] = {"effort": {"minimal": "low"}.get(made.effort, made.effort)}
    else:
        body |= made.sampling
    if made.schema is not None:
        body.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": made.schema}
    return body | ({"metadata": {"user_id": made.user}, "stop_sequences": list("abcde")} if made.user else {})


def _message(turn):
    content: list[Json] = [{"type": "tool_result", "tool_use_id": i, "content": text} for i, text in turn.results]
    if turn.thinking:
        content.append({"type": "thinking", "thinking": turn.thinking, "signature": "c2ln"})
    content += [{"type": "text", "text": turn.text}] if turn.text else []
    if turn.image:
        content.append({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}})
    content += [{"type": "tool_use", "id": ident, "name": name, "input": said} for ident, name, said in turn.calls]
    return {"role": turn.role, "content": content}
