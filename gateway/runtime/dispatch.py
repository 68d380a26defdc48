"""The way of a request from aiohttp's parser to the middlewares, as short as it can be.

An application of aiohttp looks for the route of each request anew, and passes it through two coroutines of its own
before the first middleware. Nearly all requests here are for a handful of paths, which are known at start: their routes
are looked up then, and the middlewares composed with their handlers. All else goes the application's own way.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial, reduce
from typing import Any, Final, NamedTuple

from aiohttp import hdrs, web
from aiohttp.web import UrlMappingMatchInfo

from filters.api import Handler

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Request(web.Request):
    """A request in which to look for a fact that is not there costs no exception."""

    def get(self, key: Any, default: Any = None) -> Any:
        """Return a fact, or what is given for one that is not there."""
        return self._state.get(key, default)

    def matched(self, match: UrlMappingMatchInfo) -> None:
        """Take a route that was found beforehand."""
        self._match_info = match


class _Route(NamedTuple):
    match: UrlMappingMatchInfo
    handler: Handler


class Dispatcher:
    """Passes requests to the handlers of an application, which must be frozen. `handle` is the application's own way.

    What is known beforehand are routes of one path and all methods.
    """

    def __init__(self, app: web.Application, handle: Handle) -> None:
        self._handle: Final = handle
        self._routes: Final = dict(_routes(app))

    async def __call__(self, request: Request) -> web.StreamResponse:
        """Serve the request."""
        route = self._routes.get(request.rel_url.raw_path)
        if route is None or hdrs.EXPECT in request.headers:
            return await self._handle(request)
        request.matched(route.match)
        return await route.handler(request)


def _routes(app: web.Application) -> Iterator[tuple[str, _Route]]:
    for route in app.router.routes():
        if isinstance(route.resource, web.PlainResource) and route.method == hdrs.METH_ANY:
            match = UrlMappingMatchInfo({}, route)
            match.add_app(app)
            match.freeze()
            yield route.resource.canonical, _Route(match, _composed(app, route.handler))


def _composed(app: web.Application, handler: Handler) -> Handler:
    return reduce(lambda inner, each: partial(each, handler=inner), reversed(app.middlewares), handler)
