"""Tools and calls of a body that stays in its format, under the rules by which a translation writes them.

A format tells where its names, ids and schemas are by one function, `map_calls`, which calls a visitor for each; what
providers take of them is known in `tool_names`, `calls` and `schemas`, and so stands here once for all formats.
"""

from collections.abc import Callable
from typing import Any, Protocol

from filters.context import Json
from filters.formats.canonical.adapted import Adapted
from filters.formats.canonical.call_ids import id_rule
from filters.formats.canonical.calls import PairedIds
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


MapCalls = Callable[[Json, Visitor], Json]
"""Returns the fields of a body that a visitor changes, with what they become."""


def adapt_calls(adapted: Adapted, options: ModelOptions, dialect: Dialect, map_calls: MapCalls) -> None:
    """Bring names, ids and schemas to what the model takes; a server that takes any gets them as they are."""
    if options.any_calls:
        return
    body = {**adapted.body, **adapted.replace}
    names = _Names()
    map_calls(body, names)
    limit = options.tool_name_limit or dialect.name_limit
    new = allowed_names(names.seen, limit)
    mending = _Mending(new, options, dialect)
    for field, value in map_calls(body, mending).items():
        adapted.put(field, value)
    for warning in dict.fromkeys(mending.warnings):
        adapted.warn(warning)
    adapted.tool_names = {short: name for name, short in new.items()}


class _Names:
    """Sees every name, and changes nothing."""

    def __init__(self) -> None:
        self.seen: dict[str, None] = {}

    def name(self, name: Any) -> Any:
        if isinstance(name, str):
            self.seen[name] = None
        return name

    def declared(self, holder: Any, field: str) -> Any:  # noqa: ARG002 (the protocol's)
        return holder

    def output(self, holder: Any) -> Any:
        return holder

    def call(self, ident: Any) -> Any:
        return ident

    def result(self, ident: Any) -> Any:
        return ident


class _Mending:
    """Replaces what the model does not take. What is no string or no object is left for the provider to judge."""

    def __init__(self, names: dict[str, str], options: ModelOptions, dialect: Dialect) -> None:
        self._names = names
        self._options = options
        self._dialect = dialect
        self._ids = PairedIds(dialect.id_of or id_rule(options.tool_id_length, dialect.id_limit))
        self.warnings: list[str] = []

    def name(self, name: Any) -> Any:
        return self._names.get(name, name) if isinstance(name, str) else name

    def declared(self, holder: Any, field: str) -> Any:
        holder = with_field(holder, field, self._root)
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
