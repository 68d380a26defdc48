"""A request, brought to what a model and its server take: the part of that which all wire formats have in common.

Every encoder calls this first, so that each rule is kept in one place and all formats obey it. What is lost is named in
a warning; what is only renamed is put back in the answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from filters.formats.canonical.call_ids import id_rule
from filters.formats.canonical.calls import settled
from filters.formats.canonical.request import Message, ModelOptions, OutputFormat, Request, Tool
from filters.formats.canonical.schemas import COMBINATORS, fits_strict, object_root, plain_root
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
    messages = settled(request.messages, id_of, warnings)
    if not (dialect.late_system or options.late_system or options.developer_role):
        messages = _system_first(messages, warnings)
    request = replace(
        request,
        messages=messages,
        tools=_tools(request.tools, options, dialect, warnings),
        output=_output(request.output, options, dialect, warnings),
        stop=_stop(request.stop, options, warnings),
        user=request.user and shortened(request.user, options.user_limit or dialect.user_limit),
    )
    return Prepared(_without_refused(request, options, warnings), warnings, tool_names)


def _system_first(messages: Sequence[Message], warnings: list[str]) -> Sequence[Message]:
    """Join late system messages to those at the beginning: many chat templates refuse them anywhere else."""
    head = next((index for index, message in enumerate(messages) if message.role != "system"), len(messages))
    late = [message for message in messages[head:] if message.role == "system"]
    if head < 2 and not late:
        return messages
    if late and head < len(messages):
        warnings.append("late system messages are joined to the first")
    parts = [part for message in (*messages[:head], *late) for part in message.parts]
    return [Message("system", parts), *(message for message in messages[head:] if message.role != "system")]


def _tools(tools: Sequence[Tool], options: ModelOptions, dialect: Dialect, warnings: list[str]) -> Sequence[Tool]:
    return [_tool(tool, options, dialect, warnings) for tool in tools]


def _tool(tool: Tool, options: ModelOptions, dialect: Dialect, warnings: list[str]) -> Tool:
    schema, strict = tool.schema, tool.strict
    if schema is not None:
        schema = object_root(schema) if options.root_combinators and not dialect.plain_roots else plain_root(schema)
        if any(key in (tool.schema or {}) and key not in schema for key in COMBINATORS):
            warnings.append(_MERGED)
    strict = _strict(strict, schema, options, dialect, warnings)
    return tool if schema is tool.schema and strict == tool.strict else replace(tool, schema=schema, strict=strict)


def _strict(
    strict: bool | None,  # noqa: FBT001 (the field's own value)
    schema: Mapping[str, Any] | None,
    options: ModelOptions,
    dialect: Dialect,
    warnings: list[str],
) -> bool | None:
    if not options.strict_schemas:
        return None
    if strict and dialect.strict_rules and schema is not None and not fits_strict(schema):
        warnings.append(_LOOSE)
        return False
    return strict


def _output(
    output: OutputFormat | None, options: ModelOptions, dialect: Dialect, warnings: list[str]
) -> OutputFormat | None:
    if output is None or output.schema is None:
        return output
    strict = _strict(output.strict, output.schema, options, dialect, warnings)
    return replace(output, strict=strict, name=plain(output.name, dialect.name_limit) if output.name else None)


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
