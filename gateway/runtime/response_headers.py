"""What every answer carries, whoever wrote it: put on, and made fit for a header, in this one place."""

from typing import Final

from aiohttp import hdrs, web

from filters.api import RESPONSE_HEADERS, TRACE
from filters.routing.reply import X_TRACE_ID
from gateway.runtime.lifecycle import Lifecycle
from gateway.runtime.runtime import RUNTIME
from gateway.telemetry.recording import RECORDING
from gateway.upstream.headers import X_COST, header_text
from gateway.version import VERSION

SERVER: Final = f"pointsman/{VERSION}"
_PROXIED: Final = "/v1/"


async def apply_headers(lifecycle: Lifecycle, request: web.Request, response: web.StreamResponse) -> None:
    """Put on an answer what the chain wants it to say; what is proxied also names its trace.

    While the process drains, each answer ends its connection, so that callers open their next one elsewhere.
    """
    headers = response.headers
    headers[hdrs.SERVER] = SERVER
    if lifecycle.draining:
        response.force_close()
        headers[hdrs.CONNECTION] = "close"
    if request.path.startswith(_PROXIED):
        if TRACE in request:
            headers[X_TRACE_ID] = request[TRACE].trace_id
        if (cost := _cost(request, response)) is not None:
            headers[X_COST] = f"{cost:.9f}"
    for name, value in request[RESPONSE_HEADERS].items():
        headers[name] = header_text(value)


def _cost(request: web.Request, response: web.StreamResponse) -> float | None:
    """Return the cost of a whole answer where it is to be told. That of a stream is not known when it begins."""
    runtime = request.get(RUNTIME)
    if runtime is None or not runtime.config.cost_header or not isinstance(response, web.Response):
        return None
    return request[RECORDING].costs()[0]
