"""OTLP over HTTP or gRPC, by the exporters of the OpenTelemetry SDK. Imported only where traces are exported.

The exporters retry by themselves, within the timeout of the section.
"""

import logging
from collections.abc import Mapping
from typing import Final

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from yarl import URL

from filters.record import RequestRecord
from gateway.config.tracing import TracingSection
from gateway.telemetry.traces.sink import ExportError
from gateway.telemetry.traces.spans import SpanMaker
from gateway.version import VERSION

_PATH: Final = "/v1/traces"


class OtlpExporter:
    """Sends spans to the endpoint of a section."""

    def __init__(self, section: TracingSection) -> None:
        for name in ("opentelemetry.exporter", "opentelemetry.sdk"):  # the sink says what fails, once
            logging.getLogger(name).setLevel(logging.CRITICAL)
        attributes = {"service.name": section.service_name, "service.version": VERSION}
        self._spans = SpanMaker(Resource.create(attributes), section.span_attributes.static)
        self._exporter = _exporter(section)

    def export(self, records: list[RequestRecord]) -> None:
        """Send the spans of these records. Raises ExportError."""
        spans = [span for record in records for span in self._spans.of(record)]
        if self._exporter.export(spans) is not SpanExportResult.SUCCESS:
            raise ExportError("the receiver did not take a batch")

    def close(self) -> None:
        """Give the connection up."""
        self._exporter.shutdown()


def _exporter(section: TracingSection) -> SpanExporter:
    headers = _headers(section)
    if section.protocol == "grpc":
        endpoint = section.opentracing_grpc_endpoint or ""
        insecure = endpoint.startswith("http://")
        return GrpcExporter(endpoint, insecure=insecure, headers=headers, timeout=section.timeout_seconds)
    return HttpExporter(_http(section.otlp_http_endpoint or ""), headers=headers, timeout=section.timeout_seconds)


def _http(endpoint: str) -> str:
    return endpoint.rstrip("/") + _PATH if URL(endpoint).path in {"", "/"} else endpoint


def _headers(section: TracingSection) -> dict[str, str]:
    """Return the headers whose values are set; gRPC has their names in lower case."""
    revealed: Mapping[str, str | None] = {name.lower(): each.reveal() for name, each in section.headers.items()}
    return {name: value for name, value in revealed.items() if value is not None}
