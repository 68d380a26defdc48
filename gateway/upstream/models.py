"""`GET /v1/models`: what there is, in the caller's format."""

from typing import Any, Final

from aiohttp import hdrs, web

from filters.context import WireFormat
from filters.errors import DownstreamError
from filters.formats.endpoints import format_of
from gateway.config.model import Config

PATH: Final = "/v1/models"
_READS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
_EPOCH: Final = "1970-01-01T00:00:00Z"
"""Both vendors require a date of creation, which a gateway does not know."""


class Models:
    """The configured models, their aliases and `auto`, which leaves the choice to the gateway."""

    def __init__(self, config: Config) -> None:
        owners = {provider.model: provider.prefix for provider in config.providers if not provider.is_wildcard}
        aliases = dict.fromkeys(config.model_aliases, "pointsman")
        self._owners: dict[str, str] = {**owners, **aliases, "auto": "pointsman"}

    @staticmethod
    def is_asked(request: web.Request) -> bool:
        """Whether this is a request for the list, or for one model of it."""
        return request.method in _READS and (request.path == PATH or request.path.startswith(PATH + "/"))

    def answer(self, request: web.Request) -> web.Response:
        """List the models, or tell of the one that the path names."""
        name = request.path.removeprefix(PATH).removeprefix("/")
        if name and name not in self._owners:
            raise DownstreamError(
                404, f"There is no such model. There are: {', '.join(self._owners)}.", code="model_not_found"
            )
        anthropic = format_of(request.path, request.headers) is WireFormat.ANTHROPIC_MESSAGES
        one = _anthropic if anthropic else _openai
        if name:
            return web.json_response(one(name, self._owners[name]))
        data = [one(model, owner) for model, owner in self._owners.items()]
        if not anthropic:
            return web.json_response({"object": "list", "data": data})
        return web.json_response(
            {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]}
        )


def _openai(name: str, owner: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": owner}


def _anthropic(name: str, _: str) -> dict[str, Any]:
    return {"type": "model", "id": name, "display_name": name, "created_at": _EPOCH}
