"""`python -m devtools.otlp_receiver`: takes OTLP traces over HTTP and prints a line for each span.

`GET /spans` gives the newest ones as JSON. For a first look and for tests; it keeps nothing.
"""

import argparse
import asyncio
import signal
import sys
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

import orjson
from aiohttp import hdrs, web
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_KEPT: Final = 1000
_PROTOBUF: Final = "application/x-protobuf"

Told = dict[str, Any]


class Receiver:
    """The newest spans, and the handlers that take and give them."""

    def __init__(self) -> None:
        self.spans: deque[Told] = deque(maxlen=_KEPT)

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application()
        app.router.add_post("/v1/traces", self._take)
        app.router.add_get("/spans", self._give)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            export = ExportTraceServiceRequest.FromString(raw)
        except DecodeError as error:
            raise web.HTTPBadRequest(text=f"not an ExportTraceServiceRequest: {error}") from None
        for span in _spans(export):
            self.spans.append(span)
            sys.stdout.write(f"{orjson.dumps(span).decode()}\n")
        sys.stdout.flush()
        body = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: _PROTOBUF})

    async def _give(self, _: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(list(self.spans)), content_type="application/json")


def _spans(export: ExportTraceServiceRequest) -> Iterator[Told]:
    for resource in export.resource_spans:
        for scope in resource.scope_spans:
            yield from map(_told, scope.spans)


def _told(span: Span) -> Told:
    return {
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_span_id": span.parent_span_id.hex() or None,
        "name": span.name,
        "duration_ms": (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6,
        "attributes": {pair.key: _value(pair.value) for pair in span.attributes},
    }


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


async def serve(address: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(Receiver().app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, address, port).start()
    sys.stdout.write(f"The OTLP receiver listens on http://{address}:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="otlp_receiver", description="Print the spans of OTLP traces.")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4318, help="0 takes a free one")
    options = parser.parse_args()
    asyncio.run(serve(options.address, options.port))


if __name__ == "__main__":
    main()
