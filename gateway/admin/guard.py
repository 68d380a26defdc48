"""Who may use the admin application: one middleware for all of its routes.

A browser can be made to send requests here by any page that its user opens. Three things tell them apart:

- `Host` must be an IP address, `localhost`, or a name in `admin.allowed_hosts`. A page that had its own name resolve to
  this address (DNS rebinding) sends that name.
- `Origin`, where a browser sends one, must be this application itself.
- `Sec-Fetch-Site: cross-site`, which a browser sends with what another page fetches, is refused.

Then the token, where there is one: `Authorization: Bearer`, compared in constant time. Public routes need none.
"""

import hmac
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from filters.address import is_address, is_origin_of
from filters.errors import DownstreamError
from gateway.admin.api import Handler

_BEARER: Final = "bearer "


class Guard:
    """Lets through what may pass. Raises DownstreamError: 403 for a wrong Host or Origin, 401 for a wrong token."""

    __middleware_version__: Final = 1

    def __init__(self, hosts: Collection[str], token: str | None, public: Collection[str]) -> None:
        self._hosts = frozenset(host.lower() for host in (*hosts, "localhost"))
        self._token = None if token is None else token.encode()
        self._public = frozenset(public)

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve a request that may be served."""
        self._check_host(request)
        _check_origin(request)
        if self._token is not None and request.path not in self._public:
            _check_token(request, self._token)
        return await handler(request)

    def _check_host(self, request: web.Request) -> None:
        host = _host_of(request.headers.get(hdrs.HOST, ""))
        if not (is_address(host) or host in self._hosts):
            raise DownstreamError(
                403, "The Host header names a host that is not served here; `admin.allowed_hosts` lists those that are."
            )


def _host_of(authority: str) -> str:
    """Return the host of `host:port`, in lower case, without the brackets of an IPv6 address; "" where it has none."""
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def _check_origin(request: web.Request) -> None:
    origin = request.headers.get(hdrs.ORIGIN)
    same = origin is None or is_origin_of(origin, request.headers.get(hdrs.HOST, ""))
    if not same or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise DownstreamError(403, "A page of another origin may not use the admin application.")


def _check_token(request: web.Request, token: bytes) -> None:
    given = request.headers.get(hdrs.AUTHORIZATION, "")
    told = given[len(_BEARER) :].strip() if given[: len(_BEARER)].lower() == _BEARER else ""
    if not hmac.compare_digest(told.encode("utf-8", "surrogateescape"), token):
        raise DownstreamError(
            401,
            "The admin application needs its token: Authorization: Bearer, and what `admin.token` says.",
            headers={hdrs.WWW_AUTHENTICATE: "Bearer"},
        )
