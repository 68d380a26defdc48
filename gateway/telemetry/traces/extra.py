"""The way to the OpenTelemetry SDK, which is an extra: imported only where traces are exported, for it is large."""

from importlib import import_module
from typing import Final

from filters.errors import ConfigError
from gateway.config.tracing import TracingSection
from gateway.telemetry.traces.sink import Exporter

_MODULE: Final = "gateway.telemetry.traces.exporter"


def require_exporter(section: TracingSection) -> None:
    """Import what a section's export needs, so that nothing is left to import while requests are served.

    Raises ConfigError where it is not installed.
    """
    if section.exports:
        try:
            import_module(_MODULE)
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith(("opentelemetry", "grpc", "requests")):
                raise
            raise ConfigError(
                "tracing: to export traces the OpenTelemetry SDK is needed, which is not installed:"
                " pip install opentelemetry-sdk opentelemetry-exporter-otlp"
            ) from None


def connect(section: TracingSection) -> Exporter:
    """Return the exporter of a section."""
    made: Exporter = import_module(_MODULE).OtlpExporter(section)
    return made
