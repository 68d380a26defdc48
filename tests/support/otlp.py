"""A receiver of OTLP traces on a real socket, over HTTP or gRPC."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)


class Received:
    """What a receiver was sent: `spans`, and the `headers` of the last export. `status` is what it answers by HTTP."""

    def __init__(self):
        self.exports = []
        self.headers = {}
        self.path = ""
        self.status = 200
        self.some = threading.Event()

    def take(self, export, headers):
        self.exports.append(export)
        self.headers = {name.lower(): value for name, value in headers}
        self.some.set()

    @property
    def resources(self):
        return [
            dict(_attributes(each.resource.attributes)) for export in self.exports for each in export.resource_spans
        ]

    @property
    def spans(self):
        return [
            span
            for export in self.exports
            for resource in export.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def attributes(self, name):
        """Return the attributes of the spans of a name, in order."""
        return [dict(_attributes(span.attributes)) for span in self.spans if span.name == name]


def _attributes(pairs):
    return ((pair.key, getattr(pair.value, pair.value.WhichOneof("value"))) for pair in pairs)


@contextmanager
def http_receiver():
    """Serve OTLP over HTTP; gives its address and what it received."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.path = self.path
            if received.status == 200:
                received.take(ExportTraceServiceRequest.FromString(body), self.headers.items())
            self.send_response(received.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def grpc_receiver():
    """Serve OTLP over gRPC; gives its address and what it received."""
    received = Received()

    class Service(TraceServiceServicer):
        def Export(self, request, context):  # noqa: N802 - the name is the protocol's
            received.take(request, context.invocation_metadata())
            return ExportTraceServiceResponse()

    server = grpc.server(ThreadPoolExecutor(2))
    add_TraceServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}", received
    finally:
        server.stop(0).wait()
