"""`GET /v1/models`: what there is, in the caller's format."""

from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs, web

from filters.api import WHO
from filters.formats.registry import format_of
from gateway.config.model import Config
from gateway.upstream.answers import json_answer
from gateway.upstream.candidates import Candidates
from gateway.upstream.permission import permitted

PATH: Final = "/v1/models"
_READS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


class Models:
    """The models there are, by every name that callers may use; `auto` leaves the choice to the gateway."""

    def __init__(self, config: Config, candidates: Candidates) -> None:
        self._candidates = candidates
        self._resolve = config.resolve
        self._owners = config.names.listing()

    @staticmethod
    def is_asked(request: web.Request) -> bool:
        """Whether this is a request for the list, or for one model of it."""
        return request.method in _READS and (request.path == PATH or request.path.startswith(PATH + "/"))

    def answer(self, request: web.Request) -> web.Response:
        """List the models, or tell of the one that the path names.

        Raises DownstreamError (404) for a name that no chat request could use.
        """
        name = request.path.removeprefix(PATH).removeprefix("/")
        owners = self._owners_for(request)
        owner = owners.get(name) or (self._owner(request, name) if name else "")
        listing = format_of(request.path, request.headers).listing
        return json_answer(listing.one(name, owner) if name else listing.all(owners))

    def _owner(self, request: web.Request, name: str) -> str:
        """Return whose model a name means that is not in the caller's list."""
        [candidate] = permitted(request, [self._candidates.of_name(name)])
        return candidate.provider.prefix

    def _owners_for(self, request: web.Request) -> Mapping[str, str]:
        """Return the names that the caller may use, by their owners."""
        caller = request.get(WHO)
        if caller is None or caller.models is None:
            return self._owners
        return {
            name: owner
            for name, owner in self._owners.items()
            if name == "auto" or caller.may_use(self._resolve(name) or name, None)
        }
