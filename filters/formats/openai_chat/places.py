"""Where a Chat Completions body has tools, and calls of them: for `canonical/same_format`."""

from functools import partial
from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.fields import objects_of
from filters.formats.canonical.same_format import Places, Seen, Visitor
from filters.formats.canonical.texts import each, with_field

_FIELDS: Final = ("tools", "tool_choice", "response_format", "messages")
_HOLDERS: Final = ("function", "custom")


def seen(body: Json) -> Seen:
    """Return the names, ids and declarations of a body."""
    found = Seen()
    for entry in (*objects_of(body, "tools"), body.get("tool_choice")):
        _see_named(entry, found)
    for entry in objects_of(body, "tools"):
        found.holder(entry.get("function"), "parameters")
    form = body.get("response_format")
    found.holder(form.get("json_schema") if isinstance(form, dict) else None, "schema")
    for message in objects_of(body, "messages"):
        for call in objects_of(message, "tool_calls"):
            _see_named(call, found)
            found.call(call.get("id"))
    return found


def _see_named(entry: Any, found: Seen) -> None:
    for holder in _HOLDERS:
        if isinstance(entry, dict) and isinstance(said := entry.get(holder), dict):
            found.name(said.get("name"))


def changed(body: Json, visitor: Visitor) -> Json:
    """Return the fields that a visitor changes, with what they become."""
    places = _Places(visitor)
    new = with_field(body, "tools", partial(each, change=places.tool))
    new = with_field(new, "tool_choice", places.choice)
    new = with_field(new, "response_format", partial(with_field, name="json_schema", change=visitor.output))
    new = with_field(new, "messages", partial(each, change=places.message))
    return {name: new[name] for name in _FIELDS if new.get(name) is not body.get(name)}


class _Places:
    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    def tool(self, entry: Any) -> Any:
        return with_field(self._named(entry), "function", partial(self._visitor.declared, field="parameters"))

    def choice(self, given: Any) -> Any:
        listed = partial(with_field, name="tools", change=partial(each, change=self._named))
        return self._named(with_field(given, "allowed_tools", listed))

    def message(self, given: Any) -> Any:
        given = with_field(given, "tool_calls", partial(each, change=self._call))
        return with_field(given, "tool_call_id", self._visitor.result)

    def _call(self, entry: Any) -> Any:
        return with_field(self._named(entry), "id", self._visitor.call)

    def _named(self, entry: Any) -> Any:
        for holder in _HOLDERS:
            entry = with_field(entry, holder, partial(with_field, name="name", change=self._visitor.name))
        return entry


PLACES: Final = Places(seen, changed)
