"""Reasoning in a caller's history that goes to a Responses server as it is, in the caller's own bytes.

Earlier calls of the conversation may have gone to another vendor, whose proof is then in the reasoning items, sealed.
Such items are left out.
"""

from filters.context import Json
from filters.formats.canonical.fields import text_of
from filters.formats.canonical.seal import OPENAI, unseal


def unsealed_fields(body: Json) -> Json:
    """Return the fields of a valid body that must be others, with what they must be; none where nothing is sealed."""
    given = body.get("input")
    if not isinstance(given, list):
        return {}
    items = [_item(item) for item in given]
    if all(new is old for new, old in zip(items, given, strict=True)):
        return {}
    return {"input": [item for item in items if item is not None]}


def _item(item: Json) -> Json | None:
    """Return an item with its proof unsealed, the item itself where none is sealed, None where it is another's."""
    sealed = unseal(text_of(item, "encrypted_content")) if item.get("type") == "reasoning" else None
    if sealed is None:
        return item
    return {**item, "encrypted_content": sealed.blob} if sealed.origin == OPENAI else None
