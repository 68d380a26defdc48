"""Where a Responses body has tools, and calls of them: for `canonical/same_format`.

Tools in namespaces have names of their own, which are short enough.
"""

from functools import partial
from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.fields import objects_of
from filters.formats.canonical.same_format import Places, Seen, Visitor
from filters.formats.canonical.texts import each, with_field

_FIELDS: Final = ("tools", "tool_choice", "text", "input")
_TOOLS: Final = frozenset({"function", "custom"})
_CALLS: Final = frozenset({"function_call", "custom_tool_call"})
_RESULTS: Final = frozenset({"function_call_output", "custom_tool_call_output"})


def seen(body: Json) -> Seen:
    """Return the names, ids and declarations of a body."""
    found = Seen()
    for tool in objects_of(body, "tools"):
        if _is(tool, _TOOLS):
            found.name(tool.get("name"))
            found.holder(tool, "parameters")
    text = body.get("text")
    found.holder(text.get("format") if isinstance(text, dict) else None, "schema")
    for item in objects_of(body, "input"):
        if _is(item, _CALLS):
            found.name(None if item.get("namespace") else item.get("name"))
            found.call(item.get("call_id"))
    return found


def changed(body: Json, visitor: Visitor) -> Json:
    """Return the fields that a visitor changes, with what they become."""
    places = _Places(visitor)
    new = with_field(body, "tools", partial(each, change=places.tool))
    new = with_field(new, "tool_choice", places.choice)
    new = with_field(new, "text", partial(with_field, name="format", change=visitor.output))
    new = with_field(new, "input", partial(each, change=places.item))
    return {name: new[name] for name in _FIELDS if new.get(name) is not body.get(name)}


class _Places:
    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    def tool(self, entry: Any) -> Any:
        if not _is(entry, _TOOLS):
            return entry
        return self._visitor.declared(self._named(entry), "parameters")

    def choice(self, given: Any) -> Any:
        given = with_field(given, "tools", partial(each, change=self._named))
        return self._named(given) if _is(given, _TOOLS) else given

    def item(self, item: Any) -> Any:
        if _is(item, _CALLS):
            item = item if item.get("namespace") else self._named(item)
            return with_field(item, "call_id", self._visitor.call)
        return with_field(item, "call_id", self._visitor.result) if _is(item, _RESULTS) else item

    def _named(self, entry: Any) -> Any:
        return with_field(entry, "name", self._visitor.name)


def _is(entry: Any, kinds: frozenset[str]) -> bool:
    return isinstance(entry, dict) and entry.get("type") in kinds


PLACES: Final = Places(seen, changed)
