import pytest

from gateway.config.tracing import SpanAttributes, TracingSection
from gateway.telemetry.traces.exporter import OtlpExporter
from gateway.telemetry.traces.sink import ExportError
from gateway.version import VERSION
from tests.support.otlp import grpc_receiver, http_receiver
from tests.support.records import PROXIED

RECEIVERS = [("otlp_http_endpoint", http_receiver), ("opentracing_grpc_endpoint", grpc_receiver)]


def exported(records, **section):
    exporter = OtlpExporter(TracingSection.model_validate(section))
    try:
        exporter.export(records)
    finally:
        exporter.close()


@pytest.mark.parametrize(("key", "receiver"), RECEIVERS)
def test_a_trace_arrives_over_either_protocol(key, receiver):
    with receiver() as (url, received):
        exported([PROXIED], **{key: url}, headers={"X-Api-Key": "k"}, service_name="eu", timeout_seconds=5)
    assert [span.name for span in received.spans] == [
        "POST /v1/chat/completions",
        "chat gpt",
        "chat gpt",
        "chat claude",
    ]
    assert received.headers["x-api-key"] == "k"
    [resource] = received.resources
    assert (resource["service.name"], resource["service.version"]) == ("eu", VERSION)


def test_a_path_that_is_given_is_kept():
    with http_receiver() as (url, received):
        exported([PROXIED], otlp_http_endpoint=f"{url}/own/path")
        assert received.path == "/own/path"
        exported([PROXIED], otlp_http_endpoint=f"{url}/")
        assert received.path == "/v1/traces"


def test_static_attributes_go_with_every_span():
    with http_receiver() as (url, received):
        exported([PROXIED], otlp_http_endpoint=url, span_attributes=SpanAttributes(static={"env": "prod"}))
    assert received.attributes("chat claude")[0]["env"] == "prod"


def test_a_receiver_that_refuses_is_an_error_that_says_nothing_of_it():
    with http_receiver() as (url, received):
        received.status = 400
        with pytest.raises(ExportError, match="did not take"):
            exported([PROXIED], otlp_http_endpoint=url, timeout_seconds=1)


@pytest.mark.parametrize("key", [key for key, _ in RECEIVERS])
def test_so_is_one_that_is_not_there(key):
    with pytest.raises(ExportError):
        exported([PROXIED], **{key: "http://127.0.0.1:9"}, timeout_seconds=0.5)
