"""The format detection filter."""

import asyncio
from typing import Any, ClassVar, Final

from aiohttp import hdrs, web

from filters.api import CHAT, Filter, Handler
from filters.context import ChatRequest
from filters.errors import DownstreamError
from filters.format_detection.body import parse_object, read_body
from filters.formats.endpoints import DECISION_PREFIX, ENDPOINTS, Endpoint
from filters.formats.shapes import SHAPES

_LARGE: Final = 262_144
"""Bytes. Fewer are parsed in well under a millisecond; more are parsed in a thread."""


class FormatDetectionFilter(Filter):
    """Writes `CHAT`."""

    provides: ClassVar[tuple[web.RequestKey[Any], ...]] = (CHAT,)

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request with its body read, where it is a chat request."""
        endpoint = ENDPOINTS.get(request.path)
        if endpoint is not None:
            request[CHAT] = await _chat(request, endpoint)
        elif request.path.startswith(DECISION_PREFIX + "/"):
            raise _unknown_path()
        else:
            request[CHAT] = None
        return await handler(request)


async def _chat(request: web.Request, endpoint: Endpoint) -> ChatRequest:
    if request.method != hdrs.METH_POST:
        raise DownstreamError(
            405, f"{request.path} takes POST, not {request.method}.", headers={hdrs.ALLOW: hdrs.METH_POST}
        )
    sent = await read_body(request)
    body, raw = parse_object(sent) if len(sent) < _LARGE else await asyncio.to_thread(parse_object, sent)
    SHAPES[endpoint.format].validate(body)
    return ChatRequest(endpoint.format, body, raw, endpoint.decision_only)


def _unknown_path() -> DownstreamError:
    known = ", ".join(path for path, endpoint in ENDPOINTS.items() if endpoint.decision_only)
    return DownstreamError(404, f"There is no such path. The decision endpoints are {known}.")
