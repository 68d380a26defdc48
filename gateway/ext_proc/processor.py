"""The gRPC service: each stream is one HTTP request, served by the application as those of its listeners are."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiohttp import web

from filters.api import Handler
from filters.errors import UpstreamError
from gateway.ext_proc import protocol as pb
from gateway.ext_proc.exchange import EXCHANGE, EndedError, Exchange, OutOfOrderError
from gateway.ext_proc.grpc_server.call import Call, Method, Status, StatusError
from gateway.ext_proc.request import request_of
from gateway.telemetry.crash import log_crash

Prepare = Callable[[web.Request, web.Response], Any]


class Processor:
    """Serves what Envoy asks about.

    `handler` is the whole application; `prepare` puts on an answer of its own what every answer carries.
    """

    def __init__(self, handler: Handler, prepare: Prepare) -> None:
        self._handler = handler
        self._prepare = prepare

    def methods(self) -> Mapping[str, Method]:
        """Return what a gRPC server serves, by its path."""
        codec = (pb.ProcessingRequest.FromString, pb.ProcessingResponse.SerializeToString)
        return {f"/{pb.SERVICE}/{pb.METHOD}": Method(self.process, *codec)}

    async def process(self, call: Call) -> None:
        """Serve one request. Raises StatusError where the stream ends without an answer of its own."""
        first = await call.read()
        if first is None:
            return
        try:
            await self._serve(Exchange(call.read, call.write, first))
        except OutOfOrderError as error:
            structlog.get_logger().error("ext_proc_misconfigured", reason=str(error))
            raise StatusError(Status.FAILED_PRECONDITION, str(error)) from None
        except EndedError:
            return
        except UpstreamError as error:
            raise StatusError(Status.ABORTED, f"the answer cannot go on: {error.cause}") from None
        except Exception as error:  # noqa: BLE001 - a defect, whose text may quote the request
            log_crash(None, error)
            raise StatusError(Status.INTERNAL, "the external processor failed; its log says where") from None

    async def _serve(self, exchange: Exchange) -> None:
        if exchange.unreadable:
            raise OutOfOrderError(exchange.unreadable)
        await exchange.ask_for_short_body()
        request = request_of(exchange)
        request[EXCHANGE] = exchange
        response = await self._handler(request)
        if not exchange.asked:
            assert isinstance(response, web.Response), "what the chain answers by itself is whole"  # noqa: S101
            await self._prepare(request, response)
            await exchange.refuse(response)
