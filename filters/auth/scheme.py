"""How a request says who calls."""

from typing import Protocol

from aiohttp import web

from filters.caller import Caller


class Scheme(Protocol):
    """One way to say who calls."""

    def caller_of(self, request: web.Request) -> Caller | None:
        """Return who calls, None where the request does not say so in this way.

        Raises DownstreamError (401) for what can only be meant for this scheme, and is not valid.
        """
