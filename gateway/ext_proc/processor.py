"""The gRPC service: each stream is one HTTP request, served by the application as those of its listeners are."""

from collections.abc import Callable
from typing import Any

import grpc
import structlog
from aiohttp import web

from filters.api import Handler
from filters.errors import UpstreamError
from gateway.ext_proc import protocol as pb
from gateway.ext_proc.exchange import EXCHANGE, EndedError, Exchange, OutOfOrderError
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

    def service(self) -> grpc.GenericRpcHandler:
        """Return what a gRPC server serves."""
        method = grpc.stream_stream_rpc_method_handler(
            self.process, pb.ProcessingRequest.FromString, pb.ProcessingResponse.SerializeToString
        )
        return grpc.method_handlers_generic_handler(pb.SERVICE, {pb.METHOD: method})

    async def process(self, _: object, context: "grpc.aio.ServicerContext[pb.Message, pb.Message]") -> None:
        """Serve one request."""
        first = await context.read()
        if not isinstance(first, pb.ProcessingRequest):
            return
        try:
            await self._serve(Exchange(context.read, context.write, first))
        except OutOfOrderError as error:
            structlog.get_logger().error("ext_proc_misconfigured", reason=str(error))
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        except EndedError:
            return
        except UpstreamError as error:
            await context.abort(grpc.StatusCode.ABORTED, f"the answer cannot go on: {error.cause}")
        except Exception as error:  # noqa: BLE001 - gRPC would send its text, which may quote the request
            log_crash(None, error)
            await context.abort(grpc.StatusCode.INTERNAL, "the external processor failed; its log says where")

    async def _serve(self, exchange: Exchange) -> None:
        if exchange.unreadable:
            raise OutOfOrderError(exchange.unreadable)
        request = request_of(exchange)
        request[EXCHANGE] = exchange
        response = await self._handler(request)
        if not exchange.asked:
            assert isinstance(response, web.Response), "what the chain answers by itself is whole"  # noqa: S101
            await self._prepare(request, response)
            await exchange.refuse(response)
