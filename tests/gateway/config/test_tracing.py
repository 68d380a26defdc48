import pytest

from gateway.config.tracing import TracingSection
from tests.support.config_files import PROVIDERS, load, problems


def section(tmp_path, text, environ=None):
    return load(tmp_path, f"{PROVIDERS}tracing: {text}\n", environ).config.tracing


def test_nothing_is_exported_unless_the_file_says_where():
    assert not TracingSection().exports


@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        ("{opentracing_grpc_endpoint: 'http://localhost:4317'}", "grpc"),
        ("{otlp_http_endpoint: 'http://localhost:4318'}", "http"),
    ],
)
def test_the_endpoint_says_what_is_spoken(tmp_path, text, protocol):
    found = section(tmp_path, text)
    assert (found.exports, found.protocol) == (True, protocol)


def test_an_endpoint_and_a_key_may_stand_in_the_environment(tmp_path):
    text = "{otlp_http_endpoint: $WHERE, headers: {x-api-key: $KEY}, span_attributes: {static: {a: b}}}"
    found = section(tmp_path, text, {"WHERE": "https://collector.example.com", "KEY": "hush"})
    assert found.otlp_http_endpoint == "https://collector.example.com"
    assert found.headers["x-api-key"].reveal() == "hush"
    assert found.span_attributes.static == {"a": "b"}
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{otlp_http_endpoint: 'http://a', opentracing_grpc_endpoint: 'http://b'}", "exclude each other"),
        ("{otlp_http_endpoint: 'localhost:4318'}", "has no scheme"),
        ("{timeout_seconds: 0}", "greater than 0"),
        ("{exporters: []}", "otlp_http_endpoint"),
        ("{span_attributes: {header_prefixes: [x-]}}", "puts no headers into spans"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path, text, message):
    (problem,) = problems(tmp_path, f"{PROVIDERS}tracing: {text}\n")
    assert message in problem
