"""The format detection filter."""

from functools import partial
from typing import Any, ClassVar

from aiohttp import hdrs, web

from filters.api import CHAT, Filter, Handler
from filters.context import ChatRequest
from filters.errors import DownstreamError
from filters.format_detection.body import BodyReader
from filters.format_detection.limits import BodyLimits
from filters.format_detection.parsing import parse_object
from filters.formats.registry import DECISION_PREFIX, ENDPOINTS, Endpoint, chat_request
from filters.off_loop import off_loop


class FormatDetectionFilter(Filter):
    """Writes `CHAT`."""

    provides: ClassVar[tuple[web.RequestKey[Any], ...]] = (CHAT,)

    def __init__(self, bodies: BodyReader) -> None:
        self._bodies = bodies

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request with its body read, where it is a chat request."""
        endpoint = ENDPOINTS.get(request.path)
        if endpoint is None:
            if request.path.startswith(DECISION_PREFIX + "/"):
                raise _unknown_path()
            request[CHAT] = None
            return await handler(request)
        if request.method != hdrs.METH_POST:
            raise DownstreamError(
                405, f"{request.path} takes POST, not {request.method}.", headers={hdrs.ALLOW: hdrs.METH_POST}
            )
        if (small := self._bodies.at_hand(request)) is not None:
            request[CHAT] = _chat(small, endpoint, self._bodies.limits)
            return await handler(request)
        with self._bodies.reading() as body:
            sent = await body.read(request)
            request[CHAT] = await off_loop(len(sent), partial(_chat, sent, endpoint, self._bodies.limits))
            del sent
            return await handler(request)


def _chat(sent: bytes, endpoint: Endpoint, limits: BodyLimits) -> ChatRequest:
    body, raw = parse_object(sent, limits)
    return chat_request(endpoint.format, body, raw, decision_only=endpoint.decision_only)


def _unknown_path() -> DownstreamError:
    known = ", ".join(path for path, endpoint in ENDPOINTS.items() if endpoint.decision_only)
    return DownstreamError(404, f"There is no such path. The decision endpoints are {known}.")
