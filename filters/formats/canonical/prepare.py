"""A request, brought to what a model and its server take: the part of that which all wire formats have in common.

Every encoder calls this first, so that each rule is kept in one place and all formats obey it. What is lost is named in
a warning; what is only renamed is put back in the answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from filters.context import Json
from filters.formats.canonical.call_ids import id_rule
from filters.formats.canonical.calls import settled
from filters.formats.canonical.mended_schemas import mended
from filters.formats.canonical.prefill import answered
from filters.formats.canonical.request import Message, ModelOptions, OutputFormat, Request, Text, Tool
from filters.formats.canonical.schemas import (
    COMBINATORS,
    fits_strict,
    is_object,
    may_be_object,
    object_root,
    plain_root,
)
from filters.formats.canonical.tool_names import plain, renamed
from filters.formats.canonical.user import shortened

_MERGED: Final = "combinations at the root of tool schemas are merged, since the model refuses them"
_LOOSE: Final = "strict is off where a schema is not one that strict mode takes"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a wire format itself allows, whatever the model: the most characters of names, ids and the user's id."""

    name_limit: int
    id_limit: int
    user_limit: int
    strict_rules: bool = True
    """Whether strict mode has OpenAI's rules for schemas."""
    late_system: bool = False
    """Whether system messages may stand anywhere."""
    id_of: Callable[[str], str] | None = None
    """The rule for ids of tool calls, where it is another than their length."""
    plain_roots: bool = False
    """Whether combinations at the root of a tool's schema are refused, whatever the model."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The request to write, the losses, and the caller's names of tools by what the provider calls them."""

    request: Request
    warnings: list[str]
    tool_names: Mapping[str, str]


def prepared(request: Request, options: ModelOptions, dialect: Dialect) -> Prepared:
    """Return the request as the model and its server take it."""
    warnings: list[str] = []
    request, tool_names = renamed(request, options.tool_name_limit or dialect.name_limit)
    id_of = dialect.id_of or id_rule(options.tool_id_length, dialect.id_limit)
    request = _output(request, options, dialect, warnings)
    messages = settled(request.messages, id_of, warnings)
    if not (dialect.late_system or options.late_system or options.developer_role):
        messages = _system_first(messages, warnings)
    messages = answered(messages, options, warnings)
    request = replace(
        request,
        messages=messages,
        tools=_tools(request.tools, options, dialect, warnings),
        stop=_stop(request.stop, options, warnings),
        user=request.user and shortened(request.user, options.user_limit or dialect.user_limit),
    )
    return Prepared(_without_refused(request, options, warnings), warnings, tool_names)


def _system_first(messages: Sequence[Message], warnings: list[str]) -> Sequence[Message]:
    """Join late system messages to those at the beginning: many chat templates refuse them anywhere else."""
    head = _head(messages)
    late = [message for message in messages[head:] if message.role == "system"]
    if head < 2 and not late:
        return messages
    if late and head < len(messages):
        warnings.append("late system messages are joined to the first")
    parts = [part for message in (*messages[:head], *late) for part in message.parts]
    return [Message("system", parts), *(message for message in messages[head:] if message.role != "system")]


def _tools(tools: Sequence[Tool], options: ModelOptions, dialect: Dialect, warnings: list[str]) -> Sequence[Tool]:
    """Return the tools as the model takes them. Vendors refuse two of one name, of which the first is sent."""
    unique: dict[str, Tool] = {}
    for tool in tools:
        unique.setdefault(tool.name, tool)
    if len(unique) < len(tools):
        warnings.append("of several tools of one name the first is sent")
    return [_tool(tool, options, dialect, warnings) for tool in unique.values()]


def _tool(tool: Tool, options: ModelOptions, dialect: Dialect, warnings: list[str]) -> Tool:
    schema = None if tool.schema is None else fitting_root(tool.schema, options, dialect, warnings)
    strict = fitting_strict(tool.strict, schema, options, dialect, warnings)
    return tool if schema is tool.schema and strict == tool.strict else replace(tool, schema=schema, strict=strict)


def fitting_root(schema: Json, options: ModelOptions, dialect: Dialect, warnings: list[str]) -> Json:
    """Return the schema of a tool, mended and with a root that the model takes; the schema itself where it is so."""
    schema = mended(schema)
    fitting = object_root(schema) if options.root_combinators and not dialect.plain_roots else plain_root(schema)
    if any(key in schema and key not in fitting for key in COMBINATORS):
        warnings.append(_MERGED)
    return fitting


def fitting_strict(
    strict: bool | None,  # noqa: FBT001 (the field's own value)
    schema: Mapping[str, Any] | None,
    options: ModelOptions,
    dialect: Dialect,
    warnings: list[str],
) -> bool | None:
    """Return whether strict mode is asked for: not where the server has none or refuses the schema in it."""
    if not options.strict_schemas:
        return None
    if strict and dialect.strict_rules and schema is not None and not fits_strict(schema):
        warnings.append(_LOOSE)
        return False
    return strict


def _output(request: Request, options: ModelOptions, dialect: Dialect, warnings: list[str]) -> Request:
    """Bring the output format to what the server takes; a schema that it does not take at all is said in words."""
    output = request.output
    if output is None or output.schema is None:
        return request
    schema = output.schema
    if dialect.strict_rules and not options.root_combinators and may_be_object(schema):
        schema = plain_root(schema)
    if not options.output_schema or (dialect.strict_rules and not options.root_combinators and not is_object(schema)):
        return _in_words(request, schema, warnings)
    strict = fitting_strict(output.strict, schema, options, dialect, warnings)
    name = plain(output.name, dialect.name_limit) if output.name else None
    return replace(request, output=replace(output, schema=schema, strict=strict, name=name))


def _in_words(request: Request, schema: Json, warnings: list[str]) -> Request:
    warnings.append("the output schema is said in words, since the server takes none like it")
    words = f"Answer with JSON alone, of this schema:\n{orjson.dumps(schema).decode()}"
    head = _head(request.messages)
    messages = [*request.messages[:head], Message("system", [Text(words)]), *request.messages[head:]]
    return replace(request, messages=messages, output=OutputFormat("json_object") if is_object(schema) else None)


def _head(messages: Sequence[Message]) -> int:
    """Return how many system messages begin the conversation."""
    return next((index for index, message in enumerate(messages) if message.role != "system"), len(messages))


def _stop(stop: Sequence[str], options: ModelOptions, warnings: list[str]) -> Sequence[str]:
    limit = options.stop_limit
    if limit is None or len(stop) <= limit:
        return stop
    warnings.append(f"only {limit} stop sequences are sent, as many as the model takes" if limit else "stop is dropped")
    return stop[:limit]


def _without_refused(request: Request, options: ModelOptions, warnings: list[str]) -> Request:
    lost = {name for name in options.refused if getattr(request, name, None) not in (None, ())}
    if not lost:
        return request
    warnings.extend(f"{name} is dropped" for name in sorted(lost - {"user"}))
    changes: dict[str, Any] = dict.fromkeys(lost)
    return replace(request, **changes)
