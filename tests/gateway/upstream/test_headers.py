import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict
from yarl import URL

from filters.api import TRACE as TRACE_FACT
from filters.context import TraceContext
from filters.record import Attempt
from filters.tracing.ids import attempt_span_id
from gateway.telemetry.recording import RECORDING, Recording
from gateway.upstream.headers import (
    add_trace,
    authenticate,
    drop_betas,
    header_text,
    to_caller,
    to_provider,
    trace_id_of,
    trace_of_attempt,
    with_query,
)
from tests.support.gateway import config_text, load

TRACE = TraceContext("a" * 32, "b" * 16, None, 1, "v=1", "r")
CALLERS = {
    "Authorization": "Bearer callers-key",
    "x-api-key": "callers-key",
    "Cookie": "c=1",
    "X-Session-Id": "s",
    "X-Internal-Token": "t",
    "X-Forwarded-For": "10.0.0.1",
    "Connection": "keep-alive",
    "Host": "gateway",
    "Content-Length": "3",
    "Accept-Encoding": "br",
    "anthropic-version": "2024-01-01",
    "anthropic-beta": "b1",
    "x-stainless-lang": "python",
    "User-Agent": "sdk/1",
    "traceparent": "00-old",
}


@pytest.fixture
def provider(tmp_path):
    def make(model="openai/gpt-4o", **more):
        entry = {"model": model, "access_key": "gateway-key", **more}
        return load(tmp_path, config_text([entry]), {"EXTRA": "extra"}).providers[0]

    return make


def sent(wire="openai_chat", same_format=True, headers=CALLERS):
    given = CIMultiDictProxy(CIMultiDict(headers))
    return {k.lower(): v for k, v in to_provider(given, wire, TRACE, same_format=same_format).items()}


def signed(provider, caller=CALLERS):
    headers = CIMultiDict({"content-type": "application/json"})
    authenticate(headers, provider, "POST", URL("http://h/v1/x"), b"{}", CIMultiDict(caller))
    return {name.lower(): value for name, value in headers.items()}


def test_only_what_a_provider_should_see_is_sent():
    assert sent() == {
        "anthropic-version": "2024-01-01",
        "anthropic-beta": "b1",
        "x-stainless-lang": "python",
        "user-agent": "sdk/1",
        "content-type": "application/json",
        "traceparent": TRACE.traceparent(),
        "tracestate": "v=1",
    }


def test_where_the_format_changes_the_callers_vendor_headers_stay_here():
    assert set(sent(same_format=False)) == {"content-type", "traceparent", "tracestate"}
    anthropic = sent("anthropic_messages", same_format=False)
    assert anthropic["anthropic-version"] == "2023-06-01"


def test_each_vendor_gets_its_key_as_it_wants_it(provider):
    assert signed(provider())["authorization"] == "Bearer gateway-key"
    anthropic = signed(provider("anthropic/claude"))
    assert anthropic["x-api-key"] == "gateway-key"
    assert "authorization" not in anthropic
    assert signed(provider("azure_openai/gpt", base_url="https://a.example"))["api-key"] == "gateway-key"


def test_with_passthrough_the_callers_credential_goes_and_the_gateways_key_does_not(provider):
    headers = signed(provider(passthrough_auth="true"))
    assert headers == {"content-type": "application/json", "authorization": "Bearer callers-key"}


def test_configured_headers_are_added(provider):
    headers = signed(provider(headers='{x-extra: "$EXTRA"}', http_host="models.internal"))
    assert headers["x-extra"] == "extra"
    assert headers["host"] == "models.internal"


def test_the_caller_sees_what_concerns_it():
    given = CIMultiDictProxy(
        CIMultiDict(
            {
                "Content-Type": "application/json",
                "Retry-After": "3",
                "x-ratelimit-remaining": "9",
                "openai-processing-ms": "4",
                "anthropic-ratelimit-x": "1",
                "request-id": "req_1",
                "x-request-id": "req_2",
                "Set-Cookie": "c=1",
                "Content-Encoding": "gzip",
                "Content-Length": "10",
                "Transfer-Encoding": "chunked",
                "Server": "s",
            }
        )
    )
    assert {name.lower(): value for name, value in to_caller(given).items()} == {
        "content-type": "application/json",
        "retry-after": "3",
        "x-ratelimit-remaining": "9",
        "openai-processing-ms": "4",
        "anthropic-ratelimit-x": "1",
        "request-id": "req_1",
        "x-pointsman-upstream-request-id": "req_2",
    }


@pytest.mark.parametrize("name", ["openai-organization", "openai-project", "anthropic-organization-id"])
def test_whose_account_is_used_is_not_told(name):
    told = to_caller(CIMultiDictProxy(CIMultiDict({name: "org-secret", "openai-version": "2020-10-01"})))
    assert told == {"openai-version": "2020-10-01"}


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("code 100%", "code 100%"), ("翻訳", "%E7%BF%BB%E8%A8%B3"), ("要約", "%E8%A6%81%E7%B4%84"),
        ("100% é", "100%25 %C3%A9"), ("a\r\nX: y", "a%0D%0AX: y"), ("", ""),
    ],
)  # fmt: skip
def test_what_no_header_can_carry_is_percent_encoded(text, header):
    assert header_text(text) == header


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["context-1m-2025-08-07"], None),
        (["a-1, context-1m-2025-08-07,b-2"], "a-1,b-2"),
        (["a-1", "context-1m-2025-08-07"], "a-1"),
        (["a-1,b-2"], "a-1,b-2"),
        ([], None),
    ],
)
def test_betas_that_the_model_refuses_are_left_out(given, kept):
    headers = CIMultiDict([("Anthropic-Beta", value) for value in given])
    drop_betas(headers, ("context-1m-",))
    assert headers.get("anthropic-beta") == kept


def test_without_a_refusal_betas_stay_as_they_are():
    headers = CIMultiDict([("anthropic-beta", "a-1"), ("anthropic-beta", "context-1m-2025-08-07")])
    drop_betas(headers, ())
    assert headers.getall("anthropic-beta") == ["a-1", "context-1m-2025-08-07"]


def test_bytes_of_a_provider_that_are_no_text_are_made_fit_for_a_header():
    text = header_text("a\udcff\x0b")
    assert text.startswith("a")
    assert text.isascii()
    assert text.isprintable()


def test_each_attempt_sends_on_a_span_of_its_own():
    request = make_mocked_request("POST", "/v1/messages")
    assert trace_of_attempt(request) is None
    assert trace_id_of(request) is None
    request[TRACE_FACT] = TRACE
    request[RECORDING] = Recording()
    assert trace_id_of(request) == "a" * 32
    first = trace_of_attempt(request)
    request[RECORDING].attempts.append(Attempt("a/b", "refused", None, 0.1))
    second = trace_of_attempt(request)
    assert (first.span_id, second.span_id) == (attempt_span_id(TRACE, 1), attempt_span_id(TRACE, 2))
    assert first.trace_id == second.trace_id == TRACE.trace_id


def test_a_trace_replaces_one_that_is_there():
    headers = CIMultiDict({"traceparent": "old"})
    add_trace(headers, None)
    assert headers["traceparent"] == "old"
    add_trace(headers, TRACE)
    assert headers.getall("traceparent") == [TRACE.traceparent()]


def test_the_state_of_a_trace_goes_with_it():
    headers = CIMultiDict()
    add_trace(headers, TRACE)
    assert headers["tracestate"] == "v=1"
    add_trace(bare := CIMultiDict(), TraceContext("a" * 32, "b" * 16, None, 1, "", "r"))
    assert "tracestate" not in bare


@pytest.mark.parametrize(
    ("url", "query", "more", "sent"),
    [
        ("http://h/v1", [("beta", "true")], (), "http://h/v1?beta=true"),
        ("http://h/v1", [("key", "sk-secret"), ("x", "1")], (), "http://h/v1"),
        ("http://h/v1", [("limit", "5"), ("after", "a/b c")], ("limit", "after"), "http://h/v1?limit=5&after=a/b+c"),
        (
            "http://h/v1?api-version=1",
            [("api-version", "2"), ("beta", "true")],
            (),
            "http://h/v1?api-version=1&beta=true",
        ),
        ("http://h/v1", [("beta", "a"), ("beta", "b")], (), "http://h/v1?beta=a&beta=b"),
    ],
)
def test_of_the_callers_query_only_what_concerns_the_provider_goes_on(url, query, more, sent):
    assert str(with_query(URL(url), MultiDict(query), frozenset(more))) == sent
