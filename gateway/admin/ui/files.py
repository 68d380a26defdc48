"""The files of the page. They are read once, at start, and served with a policy that lets them load nothing else."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from aiohttp import hdrs, web

from gateway.admin.api import Handler, Route

_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "svg": "image/svg+xml",
        "html": "text/html; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
    }
)
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    hdrs.CACHE_CONTROL: "no-cache",
}
INDEX: Final = "index.html"


def file_routes() -> Sequence[Route]:
    """Return a route for each file, and `/` for the page itself. All are public: they hold the program and no data."""
    served = {each.name: each.read_bytes() for each in files("gateway.admin.ui").joinpath("static").iterdir()}
    routes = [Route("GET", f"/ui/{name}", _handler(name, body), public=True) for name, body in served.items()]
    return [Route("GET", "/", _handler(INDEX, served[INDEX]), public=True), *routes]


def _handler(name: str, body: bytes) -> Handler:
    kind = _TYPES[name.rpartition(".")[2]]

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=body, headers={**_HEADERS, hdrs.CONTENT_TYPE: kind})

    return serve
