import sys

import pytest

from filters.errors import ConfigError
from gateway.config.tracing import TracingSection
from gateway.telemetry.traces.extra import connect, require_exporter

SECTION = TracingSection(otlp_http_endpoint="http://127.0.0.1:9")
MODULE = "gateway.telemetry.traces.exporter"


def test_without_an_endpoint_nothing_is_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    require_exporter(TracingSection())
    assert MODULE not in sys.modules


def test_a_receiver_without_the_sdk_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    with pytest.raises(ConfigError, match="pip install opentelemetry-sdk opentelemetry-exporter-otlp"):
        require_exporter(SECTION)


def test_with_it_an_exporter_is_made():
    require_exporter(SECTION)
    exporter = connect(SECTION)
    assert type(exporter).__name__ == "OtlpExporter"
    exporter.close()
