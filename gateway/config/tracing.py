"""The `tracing` section of config.yaml: what the filter is told of it, and where traces are exported to."""

from typing import Literal, Self

from pydantic import Field, model_validator

from filters.address import BaseUrl
from filters.credential import HeaderValue
from filters.section import Seconds, Section, Text
from filters.tracing.config import TracingConfig


class SpanAttributes(Section):
    """What every span is given."""

    static: dict[str, str] = Field(default={})
    """Attributes by name, the same for every span: `deployment.environment`, say."""


class TracingSection(TracingConfig):
    """How traces are started, and where they are exported to; nowhere unless one of the endpoints is given."""

    opentracing_grpc_endpoint: BaseUrl | None = None
    """Where OTLP is spoken over gRPC, for example `http://localhost:4317`. The name is Plano's."""

    otlp_http_endpoint: BaseUrl | None = None
    """Where OTLP is spoken over HTTP, for example `http://localhost:4318`; without a path, `/v1/traces` is added."""

    headers: dict[str, HeaderValue] = Field(default={})
    """Headers of each export, such as a vendor's key."""

    timeout_seconds: Seconds = 10
    """How long one export may take, its retries included."""

    service_name: Text = "pointsman"
    """What the gateway is called in traces (`service.name`)."""

    span_attributes: SpanAttributes = SpanAttributes()
    """What every span is given."""

    @property
    def exports(self) -> bool:
        """Whether traces go anywhere."""
        return self.opentracing_grpc_endpoint is not None or self.otlp_http_endpoint is not None

    @property
    def protocol(self) -> Literal["grpc", "http"]:
        """What the endpoint speaks."""
        return "grpc" if self.opentracing_grpc_endpoint is not None else "http"

    @model_validator(mode="after")
    def _one_endpoint(self) -> Self:
        if self.opentracing_grpc_endpoint is not None and self.otlp_http_endpoint is not None:
            raise ValueError("opentracing_grpc_endpoint and otlp_http_endpoint exclude each other; keep one of them")
        return self
