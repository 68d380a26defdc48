"""Tools and calls of a body that stays in its format, under the rules by which a translation writes them.

A format tells where its names, ids and schemas are (`Places`); what providers take of them is known in `tool_names`,
`calls` and `schemas`, and so stands here once for all formats. Nearly all requests are as they should be, so that a
quick look comes first, and a body is walked through with changes only where it found something.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from filters.context import Json
from filters.formats.canonical.adapted import Adapted
from filters.formats.canonical.call_ids import id_rule
from filters.formats.canonical.calls import PairedIds
from filters.formats.canonical.mended_schemas import undescribed
from filters.formats.canonical.prepare import Dialect, fitting_root, fitting_strict
from filters.formats.canonical.request import ModelOptions
from filters.formats.canonical.texts import with_field
from filters.formats.canonical.tool_names import allowed_names, plain


class Visitor(Protocol):
    """Is called for each value in the order of the body, and returns what is to stand in its place."""

    def name(self, name: Any) -> Any:
        """See the name of a tool: where it is declared, chosen or called."""

    def declared(self, holder: Any, field: str) -> Any:
        """See what holds the schema of a tool's input in a field, and beside it whether it is strict."""

    def output(self, holder: Any) -> Any:
        """See what holds the name and the schema of the output format, and whether it is strict."""

    def call(self, ident: Any) -> Any:
        """See the id of a call."""

    def result(self, ident: Any) -> Any:
        """See the id of the call that a result answers."""


@dataclass(slots=True)
class Seen:
    """What a body has of names, calls and declarations; what is no string or no object is not among them."""

    names: dict[str, None] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    declared: list[tuple[Json, str]] = field(default_factory=list)
    """What holds a schema (of a tool or of the output), and the field that it is in; `strict` stands beside it."""

    def name(self, name: Any) -> None:
        """Add the name of a tool."""
        if isinstance(name, str):
            self.names[name] = None

    def call(self, ident: Any) -> None:
        """Add the id of a call."""
        if isinstance(ident, str):
            self.calls.append(ident)

    def holder(self, holder: Any, field_of_schema: str) -> None:
        """Add what holds a schema."""
        if isinstance(holder, dict):
            self.declared.append((holder, field_of_schema))


@dataclass(frozen=True, slots=True)
class Places:
    """Where a format has all that: `seen` looks, quickly, and `changed` returns the fields that a visitor changes."""

    seen: Callable[[Json], Seen]
    changed: Callable[[Json, Visitor], Json]


def adapt_calls(adapted: Adapted, options: ModelOptions, dialect: Dialect, places: Places) -> None:
    """Bring names, ids and schemas to what the model takes; a server that takes any gets them as they are."""
    if options.any_calls:
        return
    body = {**adapted.body, **adapted.replace}
    seen = places.seen(body)
    new = allowed_names(seen.names, options.tool_name_limit or dialect.name_limit)
    mending = _Mending(new, options, dialect)
    if not new and mending.nothing_odd(seen):
        return
    for changed, value in places.changed(body, mending).items():
        adapted.put(changed, value)
    for warning in dict.fromkeys(mending.warnings):
        adapted.warn(warning)
    adapted.tool_names = {short: name for name, short in new.items()}


class _Mending:
    """Replaces what the model does not take. What is no string or no object is left for the provider to judge."""

    def __init__(self, names: dict[str, str], options: ModelOptions, dialect: Dialect) -> None:
        self._names = names
        self._options = options
        self._dialect = dialect
        self._id_of = dialect.id_of or id_rule(options.tool_id_length, dialect.id_limit)
        self._ids = PairedIds(self._id_of)
        self.warnings: list[str] = []

    def nothing_odd(self, seen: Seen) -> bool:
        """Whether no id and no declaration would be replaced, as of nearly all requests."""
        if len(set(seen.calls)) < len(seen.calls) or any(self._id_of(ident) != ident for ident in seen.calls):
            return False
        return all(
            (self.output(holder) if field_of_schema == "schema" else self.declared(holder, field_of_schema)) is holder
            for holder, field_of_schema in seen.declared
        )

    def name(self, name: Any) -> Any:
        return self._names.get(name, name) if isinstance(name, str) else name

    def declared(self, holder: Any, field: str) -> Any:
        holder = with_field(_described(holder, field), field, self._root)
        return self._strict(holder, field)

    def output(self, holder: Any) -> Any:
        holder = with_field(holder, "name", self._plain)
        return self._strict(holder, "schema")

    def _root(self, schema: Any) -> Any:
        is_schema = isinstance(schema, dict)
        return fitting_root(schema, self._options, self._dialect, self.warnings) if is_schema else schema

    def _plain(self, name: Any) -> Any:
        return plain(name, self._dialect.name_limit) if isinstance(name, str) else name

    def _strict(self, holder: Any, field: str) -> Any:
        schema = holder.get(field) if isinstance(holder, dict) else None
        if not isinstance(schema, dict) or holder.get("strict") is not True:
            return holder
        strict = fitting_strict(holder["strict"], schema, self._options, self._dialect, self.warnings)
        return holder if strict else {**holder, "strict": False}

    def call(self, ident: Any) -> Any:
        return self._ids.call(ident) if isinstance(ident, str) else ident

    def result(self, ident: Any) -> Any:
        return self._ids.result(ident) if isinstance(ident, str) else ident


def _described(holder: Any, field: str) -> Any:
    """Return what holds a schema, with one that says nothing in place of `null` and of PHP's empty map."""
    if not isinstance(holder, dict) or field not in holder:
        return holder
    schema = undescribed(holder[field])
    return holder if schema is holder[field] else {**holder, field: schema}
