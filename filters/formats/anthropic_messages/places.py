"""Where a Messages body has tools, and calls of them: for `canonical/same_format`."""

from functools import partial
from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.fields import objects_of
from filters.formats.canonical.same_format import Places, Seen, Visitor
from filters.formats.canonical.texts import each, with_field

_FIELDS: Final = ("tools", "tool_choice", "messages")
_OWN: Final = frozenset({None, "custom"})
"""The types of tools that the caller declares itself; those of Anthropic's own have names that it prescribes."""


def seen(body: Json) -> Seen:
    """Return the names, ids and declarations of a body."""
    found = Seen()
    for tool in objects_of(body, "tools"):
        if tool.get("type") in _OWN:
            found.name(tool.get("name"))
            found.holder(tool, "input_schema")
    choice = body.get("tool_choice")
    found.name(choice.get("name") if isinstance(choice, dict) else None)
    for message in objects_of(body, "messages"):
        _see_blocks(message, found)
    return found


def _see_blocks(holder: Json, found: Seen) -> None:
    for block in objects_of(holder, "content"):
        kind = block.get("type")
        if kind == "tool_use":
            found.name(block.get("name"))
            found.call(block.get("id"))
        elif kind == "tool_result":
            _see_blocks(block, found)
        elif kind == "tool_reference":
            found.name(block.get("tool_name"))


def changed(body: Json, visitor: Visitor) -> Json:
    """Return the fields that a visitor changes, with what they become."""
    places = _Places(visitor)
    new = with_field(body, "tools", partial(each, change=places.tool))
    new = with_field(new, "tool_choice", places.named)
    content = partial(with_field, name="content", change=partial(each, change=places.block))
    new = with_field(new, "messages", partial(each, change=content))
    return {name: new[name] for name in _FIELDS if new.get(name) is not body.get(name)}


class _Places:
    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    def tool(self, entry: Any) -> Any:
        if not isinstance(entry, dict) or entry.get("type") not in _OWN:
            return entry
        return self._visitor.declared(self.named(entry), "input_schema")

    def named(self, entry: Any) -> Any:
        return with_field(entry, "name", self._visitor.name)

    def block(self, block: Any) -> Any:
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "tool_use":
            return with_field(self.named(block), "id", self._visitor.call)
        if kind == "tool_result":
            block = with_field(block, "tool_use_id", self._visitor.result)
            return with_field(block, "content", partial(each, change=self.block))
        return with_field(block, "tool_name", self._visitor.name) if kind == "tool_reference" else block


PLACES: Final = Places(seen, changed)
