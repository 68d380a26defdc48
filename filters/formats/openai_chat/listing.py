"""The answers to `GET /v1/models` in OpenAI's shape."""

from collections.abc import Mapping

from filters.context import Json


def one_model(name: str, owner: str) -> Json:
    """Return one model. OpenAI's types require a time of creation, which a gateway does not know."""
    return {"id": name, "object": "model", "created": 0, "owned_by": owner}


def all_models(owners: Mapping[str, str]) -> Json:
    """Return the list of models, given as their owners by name."""
    return {"object": "list", "data": [one_model(name, owner) for name, owner in owners.items()]}
