"""What every answer carries, whoever wrote it: put on, and made fit for a header, in this one place."""

from typing import Final

from aiohttp import hdrs, web

from filters.api import RESPONSE_HEADERS, TRACE
from gateway.upstream.headers import X_ROUTE, X_TRACE_ID, header_text
from gateway.version import VERSION

SERVER: Final = f"pointsman/{VERSION}"
_PROXIED: Final = "/v1/"


async def apply_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put on an answer what the chain wants it to say; what is proxied also names its trace and its route."""
    headers = response.headers
    headers[hdrs.SERVER] = SERVER
    if request.path.startswith(_PROXIED):
        headers[X_ROUTE] = "none"
        if TRACE in request:
            headers[X_TRACE_ID] = request[TRACE].trace_id
    for name, value in request[RESPONSE_HEADERS].items():
        headers[name] = header_text(value)
