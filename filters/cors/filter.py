"""The CORS filter."""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from filters.address import is_address, is_origin_of
from filters.api import RESPONSE_HEADERS, Filter, Handler
from filters.errors import DownstreamError

_SITE: Final = "Sec-Fetch-Site"
_ANY: Final = "*"
_BY_THE_USER: Final = "none"
"""What a browser says of an address that its user typed."""
_PREFLIGHT_SECONDS: Final = "600"
_TOKENS: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\s*,\s*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*")
_LONGEST: Final = 2048
_PRIVATE: Final = "Access-Control-{}-Private-Network"


class CorsFilter(Filter):
    """Lets pages of these origins call, and those that the gateway itself served by one of these names."""

    def __init__(self, origins: Sequence[str] = (), hosts: Sequence[str] = ()) -> None:
        self._origins = frozenset(origins)
        self._hosts = frozenset(hosts) | {"localhost"}

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request unless it comes from a foreign page."""
        headers = request.headers
        origin, site = headers.get(hdrs.ORIGIN), headers.get(_SITE)
        if origin is None and site is None:
            return await handler(request)
        if origin is not None and self._is_named(origin):
            request[RESPONSE_HEADERS].update(_shared_with(origin))
            if request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in headers:
                return web.Response(status=204, headers=_preflight(request))
            return await handler(request)
        if not self._is_own(request, origin, site):
            raise DownstreamError(
                403,
                "This request comes from a web page whose origin may not call: cors.allowed_origins does not name it.",
                headers={hdrs.VARY: hdrs.ORIGIN},
            )
        return await handler(request)

    def _is_named(self, origin: str) -> bool:
        return _ANY in self._origins or origin.lower() in self._origins

    def _is_own(self, request: web.Request, origin: str | None, site: str | None) -> bool:
        """Tell whether a request comes from a page that this gateway served, or from its user."""
        if origin is None and site == _BY_THE_USER:
            return True
        if not self._is_trusted(request.host):
            return False
        if origin is None:
            return site == "same-origin"
        return is_origin_of(origin, request.host)

    def _is_trusted(self, host: str) -> bool:
        """Tell whether a name that the request was sent to can be nobody's but ours."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name in self._hosts or name.endswith(".localhost") or is_address(name)


def _shared_with(origin: str) -> Mapping[str, str]:
    return {
        hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin,
        hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: _ANY,
        hdrs.VARY: hdrs.ORIGIN,
    }


def _preflight(request: web.Request) -> Mapping[str, str]:
    """Return what a browser asks before it sends: the headers that it names are those that the page may set."""
    asked = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS, "")
    answer: dict[str, str] = {
        hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST",
        hdrs.ACCESS_CONTROL_MAX_AGE: _PREFLIGHT_SECONDS,
    }
    if len(asked) <= _LONGEST and _TOKENS.fullmatch(asked):
        answer[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = asked
    if request.headers.get(_PRIVATE.format("Request")) == "true":
        answer[_PRIVATE.format("Allow")] = "true"
    return answer
