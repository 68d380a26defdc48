import re

import pytest

from filters.api import RESPONSE_HEADERS, TRACE
from filters.tracing.filter import TracingFilter, parse_traceparent

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
VALID = f"00-{TRACE_ID}-{SPAN_ID}-01"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "garbage",
        VALID.upper(),
        VALID + "-extra",
        "ff" + VALID[2:],
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        VALID[:-1],
        VALID.replace("-", "_"),
    ],
)
def test_a_malformed_traceparent_is_none(value):
    assert parse_traceparent(value) is None


def test_a_valid_traceparent_is_read_also_of_a_later_version():
    assert parse_traceparent(VALID) == (TRACE_ID, SPAN_ID, 1)
    assert parse_traceparent(f" cc{VALID[2:]}-more ") == (TRACE_ID, SPAN_ID, 1)


@pytest.fixture
async def client(serve):
    return await serve([TracingFilter()], tell)


def tell(request):
    trace = request[TRACE]
    return {
        "trace": trace.trace_id,
        "span": trace.span_id,
        "parent": trace.parent_id,
        "flags": trace.flags,
        "state": trace.tracestate,
        "request": trace.request_id,
    }


async def test_a_trace_starts_with_32_lower_case_hex_digits_and_each_request_has_its_own(client):
    facts = [await (await client.get("/")).json() for _ in range(2)]
    assert all(re.fullmatch("[0-9a-f]{32}", fact["trace"]) for fact in facts)
    assert facts[0]["trace"] != facts[1]["trace"]
    assert facts[0]["parent"] is None
    assert facts[0]["flags"] == 1


async def test_a_valid_trace_is_joined_under_a_span_of_its_own(client):
    headers = {"traceparent": VALID[:-2] + "00", "tracestate": "a=1"}
    fact = await (await client.get("/", headers=headers)).json()
    assert (fact["trace"], fact["parent"], fact["flags"], fact["state"]) == (TRACE_ID, SPAN_ID, 0, "a=1")
    assert fact["span"] != SPAN_ID


async def test_a_malformed_trace_is_ignored_with_its_state(client):
    fact = await (await client.get("/", headers={"traceparent": "00-zz", "tracestate": "a=1"})).json()
    assert fact["parent"] is None
    assert fact["state"] is None


async def test_of_two_traces_neither_is_joined(client):
    headers = [("traceparent", VALID), ("traceparent", VALID.replace("b7", "c7"))]
    assert (await (await client.get("/", headers=headers)).json())["parent"] is None


async def test_a_request_id_is_kept_where_it_is_sane_and_made_where_it_is_not(client):
    assert (await (await client.get("/", headers={"X-Request-Id": "r-1"})).json())["request"] == "r-1"
    fact = await (await client.get("/", headers={"X-Request-Id": "x" * 1000})).json()
    assert fact["request"] == fact["trace"]


async def test_the_request_id_goes_back_to_the_caller(serve):
    client = await serve([TracingFilter()], lambda request: request[RESPONSE_HEADERS])
    assert await (await client.get("/", headers={"X-Request-Id": "r-1"})).json() == {"X-Request-Id": "r-1"}


async def test_only_the_configured_share_of_new_traces_is_sampled(serve):
    never = await serve([TracingFilter(0)], tell)
    assert (await (await never.get("/")).json())["flags"] == 0
    joined = await (await never.get("/", headers={"traceparent": VALID})).json()
    assert joined["flags"] == 1
