"""The outermost middleware: errors become HTTP here and nowhere else, and every request ends in one record."""

import asyncio
from collections.abc import Callable
from typing import Final

import orjson
from aiohttp import hdrs, web

from filters.api import HOOKS, NO_HOOKS, RESPONSE_HEADERS, Filter, Handler
from filters.errors import DownstreamError, UpstreamError
from filters.formats.canonical.errors import kind_of
from filters.formats.canonical.events import Failure
from filters.formats.registry import format_of
from filters.record import RequestRecord
from gateway.telemetry.recording import RECORDING, Recording
from gateway.upstream.drain import is_drained

CLIENT_CLOSED_REQUEST: Final = 499
"""What nginx calls a request whose caller went away; only ever seen in the record."""
HEALTH_PATHS: Final = frozenset({"/healthz", "/readyz"})
"""Asked every few seconds, and worth neither a record nor a chain."""

Crash = Callable[[web.Request, Exception], None]


class Boundary(Filter):
    """Turns whatever the chain raises into an answer in the caller's error shape.

    Where an answer has begun it is raised again: the connection is then cut, so that nobody takes the answer for whole.
    `emit` takes the record of each request, a moment after its end: a whole answer is sent only after this has returned
    it. The records of all requests that end in one turn of the event loop are made and given in one go, which takes
    less than one here and one there. `on_crash` is told of an exception that is ours, by type and place, since
    its text could hold a piece of a prompt.
    """

    def __init__(self, emit: Callable[[RequestRecord], None], on_crash: Crash) -> None:
        self._emit = emit
        self._on_crash = on_crash
        self._ended: list[tuple[web.Request, Recording, int]] = []

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request, whatever happens."""
        request[RESPONSE_HEADERS] = {}
        request[HOOKS] = NO_HOOKS
        recording = request[RECORDING] = Recording()
        status = CLIENT_CLOSED_REQUEST
        try:
            response = await self._answer(request, handler)
            status = response.status
        except ConnectionError:
            raise
        except asyncio.CancelledError as error:
            status = 503 if is_drained(error) else CLIENT_CLOSED_REQUEST
            raise
        except Exception as error:
            status = error.status if isinstance(error, UpstreamError) else 500
            raise
        finally:
            if request.path not in HEALTH_PATHS:
                recording.end()
                if not self._ended:
                    asyncio.get_running_loop().call_soon(self._record)
                self._ended.append((request, recording, status))
        return response

    def _record(self) -> None:
        """Make and give the records of the requests that have ended since."""
        ended, self._ended = self._ended, []
        for request, recording, status in ended:
            record = recording.finish(request, status)
            try:
                request[HOOKS].done(request, record)
            except Exception as error:  # noqa: BLE001 - a hook of a filter must not cost the record
                self._on_crash(request, error)
            self._emit(record)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except DownstreamError as error:
            request[RECORDING].reason = error.message
            failure = Failure(error.status, error.message, error.kind, error.code, error.param, error.details)
            return error_response(request, failure, error.headers)
        except UpstreamError as error:
            if request.writer.output_size:
                raise
            failure = Failure(error.status, error.message, error.kind, error.code, error.param)
            return error_response(request, failure, _retry_after(error))
        except web.HTTPException as error:
            return error_response(request, Failure(error.status, error.reason), {})
        except ConnectionError:
            raise
        except Exception as error:  # the one place where a defect of ours becomes an answer
            self._on_crash(request, error)
            if request.writer.output_size:
                raise
            return error_response(request, Failure(500, "The gateway failed; its log has the trace id."), {})


def _retry_after(error: UpstreamError) -> dict[str, str]:
    return {} if error.retry_after is None else {hdrs.RETRY_AFTER: str(max(1, round(error.retry_after)))}


def error_response(request: web.Request, failure: Failure, headers: dict[str, str]) -> web.Response:
    """Return the answer for a failure, in the error shape of the path's wire format, and note its kind."""
    codec = format_of(request.path, request.headers).codec
    request[RECORDING].error = failure.kind or kind_of(failure.status)
    return web.Response(
        status=codec.error_status(failure),
        body=orjson.dumps(codec.encode_error(failure)),
        headers={hdrs.CONTENT_TYPE: "application/json", **headers},
    )
