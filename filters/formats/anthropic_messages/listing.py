"""The answers to `GET /v1/models` in Anthropic's shape."""

from collections.abc import Mapping
from typing import Final

from filters.context import Json

_EPOCH: Final = "1970-01-01T00:00:00Z"
"""Anthropic's types require a time of creation, which a gateway does not know."""


def one_model(name: str, _owner: str) -> Json:
    """Return one model; Anthropic tells no owner."""
    return {"type": "model", "id": name, "display_name": name, "created_at": _EPOCH}


def all_models(owners: Mapping[str, str]) -> Json:
    """Return the list of models, given as their owners by name, as one page."""
    names = list(owners)
    data = [one_model(name, owners[name]) for name in names]
    return {"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]}
